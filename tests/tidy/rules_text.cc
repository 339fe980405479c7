// Rules about plain text, whatever the language.
#include <cctype>

#include "tests/tidy/rules.h"

namespace rondo::tidy {
namespace {

constexpr size_t kColumnsMax = 100;
constexpr const char* kMarks[] = {"TODO", "FIXME", "XXX", "HACK"};

// Files that a person writes; generated ones keep the shape that their tool gives them.
bool is_written_by_hand(const SourceFile& file) {
  return file.is_cpp() || file.is_script() || file.is_markdown() || file.path.ends_with(".js");
}

// UTF-8 code points: every byte but a continuation byte starts one.
size_t columns(std::string_view text) {
  size_t count = 0;
  for (const char c : text)
    count += (static_cast<unsigned char>(c) & 0xc0) != 0x80;
  return count;
}

bool is_snake_case(std::string_view stem) {
  for (const char c : stem) {
    if (!std::islower(static_cast<unsigned char>(c)) &&
        !std::isdigit(static_cast<unsigned char>(c)) && c != '_') {
      return false;
    }
  }
  return true;
}

// A mark is fine as MARK(owner).
bool has_mark_without_owner(std::string_view comment) {
  for (const std::string_view mark : kMarks) {
    const size_t at = find_word(comment, mark);
    if (at == std::string_view::npos) continue;
    const std::string_view rest = comment.substr(at + mark.size());
    if (!rest.starts_with('(') || rest.starts_with("()") || rest.find(')') == rest.npos) {
      return true;
    }
  }
  return false;
}

void check_line(const SourceFile& file, size_t index, Violations& found) {
  const Line& line = file.lines[index];
  const auto report = [&](std::string reason) {
    found.push_back({file.path, index + 1, std::move(reason)});
  };
  const bool is_table_row = file.is_markdown() && line.text.starts_with('|');  // Can't be wrapped.
  if (const size_t width = columns(line.text); width > kColumnsMax && !is_table_row) {
    report(std::to_string(width) + " columns; at most " + std::to_string(kColumnsMax));
  }
  if (line.text.find('\t') != std::string::npos) report("a tab; indent with spaces");
  if (!line.text.empty() && std::isspace(static_cast<unsigned char>(line.text.back()))) {
    report("blank at the end of the line");
  }
  if (has_mark_without_owner(line.comment)) report("a to-do mark without an owner");
}

}  // namespace

Violations check_text(const Tree& tree) {
  Violations found;
  for (const SourceFile& file : tree.files()) {
    if (!is_written_by_hand(file)) continue;
    for (size_t index = 0; index < file.lines.size(); ++index)
      check_line(file, index, found);
    if (!file.ends_with_newline) {
      found.push_back({file.path, file.lines.size(), "no newline at the end of the file"});
    }
    if (file.is_cpp() && !is_snake_case(file.stem())) {
      found.push_back({file.path, 0, "file names are snake_case"});
    }
  }
  return found;
}

}  // namespace rondo::tidy
