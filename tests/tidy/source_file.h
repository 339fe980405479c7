// SourceFile: one text file of the tree as the rules of the tidy test see it. For C++ every line
// is also split into code and comment, so that a rule about code is not fooled by a word in a
// string, and a rule about comments reads comments only.
#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace rondo::tidy {

struct Line {
  std::string text;     // As it stands in the file, without the line end.
  std::string code;     // C++ only: comments and the insides of literals became spaces.
  std::string comment;  // C++: the text of comments; scripts: what follows a leading '#'.
};

struct Include {
  std::string_view name;  // Without the quotes or brackets; points into the file's lines.
  size_t line = 0;        // From 1.
  bool quoted = false;
};

struct SourceFile {
  std::string path;  // From the repository root, '/' between the parts.
  std::vector<Line> lines;
  bool ends_with_newline = true;

  static SourceFile parse(std::string path, std::string_view text);

  std::vector<Include> includes() const;

  bool is_header() const { return path.ends_with(".h"); }
  bool is_source() const { return path.ends_with(".cc"); }
  bool is_cpp() const { return is_header() || is_source(); }
  bool is_markdown() const { return path.ends_with(".md"); }
  // Shell, Python and Meson files, whose comments begin with '#'.
  bool is_script() const;

  std::string_view folder() const;  // "" at the root, else without the last '/'.
  std::string_view stem() const;    // "check" of reactor/base/check.h.
  // The first part of the path, "" for a file at the root.
  std::string_view room() const;
};

// True when `path` lies in `folder` ("" contains everything).
bool is_below(std::string_view path, std::string_view folder);

// True when `path` is one of `places` or lies in one that is a folder.
bool is_in_any(std::string_view path, std::span<const std::string_view> places);

// True when `text` holds `word` as a whole identifier from position `at` on.
bool is_word_at(std::string_view text, std::string_view word, size_t at);

// The position of `word` as a whole identifier in `text`, or npos. A qualified name such as
// std::mutex is one word.
size_t find_word(std::string_view text, std::string_view word, size_t from = 0);

}  // namespace rondo::tidy
