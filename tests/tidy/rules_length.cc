// Rules about length, and the ratchet of those that are longer.
#include <cctype>
#include <charconv>
#include <map>

#include "tests/tidy/rules.h"

namespace rondo::tidy {
namespace {

constexpr const char* kRatchet = "tests/tidy/ratchet.txt";
constexpr size_t kFileLinesMax = 400;
constexpr size_t kFileLinesEver = 800;
constexpr size_t kFunctionLinesMax = 70;
constexpr size_t kRatchetSlack = 10;

struct Length {
  std::string name;  // `path` or `path:function`.
  std::string path;
  size_t line = 0;
  size_t lines = 0;
  size_t limit = 0;
};

// Finds function bodies by their braces. At the scope of a namespace or a type, a '{' after text
// with a '(' in it, and without a '=' before that, opens a function.
class FunctionScanner {
 public:
  explicit FunctionScanner(const SourceFile& file) : file_(file) {}

  std::vector<Length> scan() {
    for (size_t index = 0; index < file_.lines.size(); ++index) {
      const std::string& code = file_.lines[index].code;
      const size_t first = code.find_first_not_of(' ');
      if (first != code.npos && code[first] == '#') continue;
      for (const char c : code)
        step(c, index + 1);
      step(' ', index + 1);
    }
    return std::move(found_);
  }

 private:
  void step(char c, size_t line) {
    if (body_depth_ > 0) {  // Inside a function only its end matters.
      if (c == '{') ++body_depth_;
      if (c == '}' && --body_depth_ == 0) finish(line);
      return;
    }
    if (c == '{') {
      if (opens_function()) {
        body_depth_ = 1;
      } else {
        statement_.clear();
      }
    } else if (c == '}' || c == ';') {
      statement_.clear();
    } else if (!statement_.empty() || c != ' ') {
      if (statement_.empty()) start_line_ = line;
      statement_ += c;
    }
  }

  bool opens_function() const {
    const size_t paren = statement_.find('(');
    if (paren == std::string::npos) return false;
    const size_t equals = statement_.find('=');
    const bool is_operator = statement_.find("operator") != std::string::npos;
    return equals == std::string::npos || equals > paren || is_operator;
  }

  // The identifier before the first '('; of a test case its title.
  std::string function_name() const {
    const size_t paren = statement_.find('(');
    size_t end = paren;
    while (end > 0 && statement_[end - 1] == ' ')
      --end;
    size_t begin = end;
    while (begin > 0 && (std::isalnum(static_cast<unsigned char>(statement_[begin - 1])) ||
                         statement_[begin - 1] == '_' || statement_[begin - 1] == ':')) {
      --begin;
    }
    const std::string name = statement_.substr(begin, end - begin);
    return name == "TEST_CASE" ? title(file_.lines[start_line_ - 1].text) : name;
  }

  static std::string title(const std::string& text) {
    const size_t open = text.find('"');
    if (open == text.npos) return "TEST_CASE";
    return text.substr(open, text.find('"', open + 1) - open + 1);
  }

  void finish(size_t line) {
    found_.push_back({file_.path + ":" + function_name(), file_.path, start_line_,
                      line - start_line_ + 1, kFunctionLinesMax});
    statement_.clear();
  }

  const SourceFile& file_;
  std::vector<Length> found_;
  std::string statement_;
  size_t start_line_ = 0;
  int body_depth_ = 0;
};

struct RatchetEntry {
  size_t limit = 0;
  size_t line = 0;
  bool used = false;
};

std::map<std::string, RatchetEntry> read_ratchet(const Tree& tree, Violations& found) {
  std::map<std::string, RatchetEntry> entries;
  const SourceFile* list = tree.find(kRatchet);
  if (!list) return entries;
  for (size_t index = 0; index < list->lines.size(); ++index) {
    const std::string& text = list->lines[index].text;
    if (text.empty() || text.starts_with('#')) continue;
    const size_t space = text.rfind(' ');
    RatchetEntry entry{.line = index + 1};
    const char* end = text.data() + text.size();
    if (space == text.npos ||
        std::from_chars(text.data() + space + 1, end, entry.limit).ptr != end) {
      found.push_back({kRatchet, index + 1, "an entry is `path lines` or `path:function lines`"});
      continue;
    }
    entries[text.substr(0, space)] = entry;
  }
  return entries;
}

void check_length(const Length& length, std::map<std::string, RatchetEntry>& ratchet,
                  Violations& found) {
  if (length.lines <= length.limit) return;
  const std::string count = std::to_string(length.lines) + " lines; at most ";
  const auto entry = ratchet.find(length.name);
  if (entry == ratchet.end()) {
    found.push_back(
        {length.path, length.line, length.name + ": " + count + std::to_string(length.limit)});
    return;
  }
  entry->second.used = true;
  const size_t allowed = entry->second.limit;
  if (length.lines > allowed) {
    found.push_back({length.path, length.line,
                     length.name + ": " + count + std::to_string(allowed) + " by the ratchet"});
  } else if (length.lines + kRatchetSlack < allowed) {
    found.push_back({kRatchet, entry->second.line,
                     length.name + " has shrunk to " + std::to_string(length.lines) +
                         " lines; lower its limit"});
  }
}

}  // namespace

Violations check_lengths(const Tree& tree) {
  Violations found;
  auto ratchet = read_ratchet(tree, found);
  for (const SourceFile& file : tree.files()) {
    if (!file.is_cpp()) continue;
    const size_t lines = file.lines.size();
    check_length({file.path, file.path, 0, lines, kFileLinesMax}, ratchet, found);
    if (lines > kFileLinesEver) {
      found.push_back(
          {file.path, 0,
           std::to_string(lines) + " lines; never more than " + std::to_string(kFileLinesEver)});
    }
    for (const Length& function : FunctionScanner(file).scan()) {
      check_length(function, ratchet, found);
    }
  }
  for (const auto& [name, entry] : ratchet) {
    if (entry.used) continue;
    found.push_back({kRatchet, entry.line, name + " needs no entry; remove the line"});
  }
  return found;
}

}  // namespace rondo::tidy
