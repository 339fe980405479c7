#include "tests/tidy/source_file.h"

#include <algorithm>
#include <cctype>

namespace rondo::tidy {
namespace {

bool is_name_char(char c) {
  return std::isalnum(static_cast<unsigned char>(c)) || c == '_';
}

// Splits C++ text into code and comment. It knows what a rule can be fooled by: both kinds of
// comment, strings, raw strings, character literals and digit separators.
class Splitter {
 public:
  explicit Splitter(std::string_view text) : text_(text) {}

  std::vector<Line> split() {
    while (at_ < text_.size())
      step();
    if (!line_.text.empty()) end_line();
    return std::move(lines_);
  }

 private:
  enum class State { kCode, kLineComment, kBlockComment, kString, kChar, kRawString };

  bool starts_with(std::string_view what) const { return text_.substr(at_).starts_with(what); }

  void end_line() {
    lines_.push_back(std::move(line_));
    line_ = Line{};
  }

  // Consumes `n` bytes; `code` and `comment` say where they show.
  void take(size_t n, bool code, bool comment = false) {
    for (; n > 0 && at_ < text_.size(); --n, ++at_) {
      const char c = text_[at_];
      if (c == '\n') {
        end_line();
        continue;
      }
      line_.text += c;
      line_.code += code ? c : ' ';
      if (comment) line_.comment += c;
    }
  }

  void step() {
    switch (state_) {
      case State::kCode:
        return step_code();
      case State::kLineComment:
        return step_line_comment();
      case State::kBlockComment:
        return step_block_comment();
      case State::kString:
        return step_literal('"');
      case State::kChar:
        return step_literal('\'');
      case State::kRawString:
        return step_raw_string();
    }
  }

  void step_code() {
    const char c = text_[at_];
    if (starts_with("//")) {
      take(2, false);
      state_ = State::kLineComment;
    } else if (starts_with("/*")) {
      take(2, false);
      state_ = State::kBlockComment;
    } else if (c == '"') {
      const bool raw = at_ > 0 && text_[at_ - 1] == 'R';
      if (raw) {
        const size_t open = text_.find('(', at_);
        raw_end_ = ")" + std::string(text_.substr(at_ + 1, open - at_ - 1)) + "\"";
        take(open - at_ + 1, true);
      } else {
        take(1, true);
      }
      state_ = raw ? State::kRawString : State::kString;
    } else if (c == '\'' && !(at_ > 0 && is_name_char(text_[at_ - 1]))) {
      take(1, true);
      state_ = State::kChar;
    } else {
      take(1, true);
    }
  }

  void step_line_comment() {
    if (text_[at_] == '\n') {
      state_ = State::kCode;
      take(1, false);
    } else {
      take(1, false, true);
    }
  }

  void step_block_comment() {
    if (starts_with("*/")) {
      take(2, false);
      state_ = State::kCode;
    } else {
      take(1, false, true);
    }
  }

  void step_literal(char quote) {
    const char c = text_[at_];
    if (c == '\\') {
      take(2, false);
    } else if (c == quote || c == '\n') {  // A literal cannot span lines: recover there.
      take(1, true);
      state_ = State::kCode;
    } else {
      take(1, is_include_line());
    }
  }

  // The name in an #include is code, though it is quoted.
  bool is_include_line() const {
    const size_t first = line_.text.find_first_not_of(' ');
    return first != std::string::npos &&
           std::string_view(line_.text).substr(first).starts_with("#include");
  }

  void step_raw_string() {
    if (starts_with(raw_end_)) {
      take(raw_end_.size(), true);
      state_ = State::kCode;
    } else {
      take(1, false);
    }
  }

  std::string_view text_;
  size_t at_ = 0;
  State state_ = State::kCode;
  std::string raw_end_;
  Line line_;
  std::vector<Line> lines_;
};

std::vector<Line> split_plain(std::string_view text, bool hash_comments) {
  std::vector<Line> lines;
  while (!text.empty()) {
    const size_t end = text.find('\n');
    Line line;
    line.text = text.substr(0, end);
    const size_t first = line.text.find_first_not_of(" \t");
    if (hash_comments && first != std::string::npos && line.text[first] == '#') {
      line.comment = line.text.substr(first + 1);
    }
    lines.push_back(std::move(line));
    text.remove_prefix(end == std::string_view::npos ? text.size() : end + 1);
  }
  return lines;
}

}  // namespace

SourceFile SourceFile::parse(std::string path, std::string_view text) {
  SourceFile file;
  file.path = std::move(path);
  file.ends_with_newline = text.empty() || text.back() == '\n';
  file.lines = file.is_cpp() ? Splitter(text).split() : split_plain(text, file.is_script());
  if (file.is_script() && !file.lines.empty() && file.lines[0].text.starts_with("#!")) {
    file.lines[0].comment.clear();
  }
  return file;
}

std::vector<Include> SourceFile::includes() const {
  std::vector<Include> includes;
  for (size_t index = 0; index < lines.size(); ++index) {
    std::string_view code = lines[index].code;
    const size_t hash = code.find_first_not_of(' ');
    if (hash == code.npos || !code.substr(hash).starts_with("#include")) continue;
    const size_t open = code.find_first_of("\"<", hash);
    if (open == code.npos) continue;
    const bool quoted = code[open] == '"';
    const size_t close = code.find(quoted ? '"' : '>', open + 1);
    includes.push_back({code.substr(open + 1, close - open - 1), index + 1, quoted});
  }
  return includes;
}

bool SourceFile::is_script() const {
  return path.ends_with(".sh") || path.ends_with(".py") || path.ends_with("meson.build") ||
         path == "meson_options.txt" || path == ".ci/run" || path == "tools/serve" ||
         path == "tools/test" || path == "bench/compare";
}

std::string_view SourceFile::folder() const {
  const size_t slash = path.rfind('/');
  return slash == std::string::npos ? std::string_view() : std::string_view(path).substr(0, slash);
}

std::string_view SourceFile::stem() const {
  std::string_view name = path;
  name.remove_prefix(path.rfind('/') + 1);  // npos + 1 is 0.
  return name.substr(0, name.rfind('.'));
}

std::string_view SourceFile::room() const {
  const size_t slash = path.find('/');
  return slash == std::string::npos ? std::string_view() : std::string_view(path).substr(0, slash);
}

bool is_below(std::string_view path, std::string_view folder) {
  return folder.empty() ||
         (path.starts_with(folder) && path.size() > folder.size() && path[folder.size()] == '/');
}

bool is_in_any(std::string_view path, std::span<const std::string_view> places) {
  return std::any_of(places.begin(), places.end(), [&](std::string_view place) {
    return path == place || is_below(path, place);
  });
}

bool is_word_at(std::string_view text, std::string_view word, size_t at) {
  if (text.substr(at, word.size()) != word) return false;
  const size_t end = at + word.size();
  const bool starts = at == 0 || !(is_name_char(text[at - 1]) || text[at - 1] == ':');
  // A global function may be written ::time; that is the same word.
  const bool global = at >= 2 && text[at - 1] == ':' && text[at - 2] == ':' &&
                      (at == 2 || !(is_name_char(text[at - 3]) || text[at - 3] == '>'));
  const bool ends = end >= text.size() || !is_name_char(text[end]);
  return (starts || global) && ends;
}

size_t find_word(std::string_view text, std::string_view word, size_t from) {
  for (size_t at = text.find(word, from); at != std::string_view::npos;
       at = text.find(word, at + 1)) {
    if (is_word_at(text, word, at)) return at;
  }
  return std::string_view::npos;
}

}  // namespace rondo::tidy
