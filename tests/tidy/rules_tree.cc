// Rules about how files refer to each other: the build, the tests, and paths named in prose.
#include <cctype>

#include "tests/tidy/rules.h"

namespace rondo::tidy {
namespace {

constexpr const char* kUntested = "tests/tidy/untested.txt";
constexpr std::string_view kTestedRooms[] = {"reactor", "protocol", "shard", "server", "tools"};
constexpr std::string_view kPathRoots[] = {"reactor", "protocol", "shard", "server",
                                           "tests",   "bench",    "tools"};

// True when the meson.build in `folder` names the source relative to itself.
bool is_named_by(const Tree& tree, std::string_view folder, const SourceFile& source) {
  const std::string script = folder.empty() ? "meson.build" : std::string(folder) + "/meson.build";
  const SourceFile* build = tree.find(script);
  if (!build) return false;
  const size_t skip = folder.empty() ? 0 : folder.size() + 1;
  const std::string quoted = "'" + source.path.substr(skip) + "'";
  for (const Line& line : build->lines) {
    if (line.comment.empty() && line.text.find(quoted) != std::string::npos) return true;
  }
  return false;
}

bool is_in_build(const Tree& tree, const SourceFile& source) {
  std::string_view folder = source.folder();
  while (true) {
    if (is_named_by(tree, folder, source)) return true;
    if (folder.empty()) return false;
    const size_t slash = folder.rfind('/');
    folder = slash == std::string_view::npos ? std::string_view() : folder.substr(0, slash);
  }
}

bool is_named_in_comments(const SourceFile& file, const std::string& path) {
  for (const Line& line : file.lines) {
    if (line.comment.find(path) != std::string::npos) return true;
  }
  return false;
}

bool has_test(const Tree& tree, const SourceFile& source) {
  const std::string folder = "tests/" + std::string(source.room());
  const std::string stem = "test_" + std::string(source.stem());
  for (const SourceFile& file : tree.files()) {
    if (!file.is_source() || !is_below(file.path, "tests")) continue;
    if (file.stem() == stem && is_below(file.path, folder)) return true;
    if (file.stem().starts_with("test_") && is_named_in_comments(file, source.path)) return true;
  }
  return false;
}

bool is_path_char(char c) {
  return std::isalnum(static_cast<unsigned char>(c)) || c == '_' || c == '-' || c == '.' ||
         c == '/';
}

// The paths that a piece of prose names: words that begin with a room and a slash. A pattern with
// '*' or '<' stands for many files and is cut back to its folder.
std::vector<std::string> named_paths(std::string_view text) {
  std::vector<std::string> paths;
  for (const std::string_view root : kPathRoots) {
    for (size_t at = text.find(root); at != text.npos; at = text.find(root, at + 1)) {
      if (at > 0 && (is_path_char(text[at - 1]) || text[at - 1] == '<')) continue;
      size_t end = at + root.size();
      if (end >= text.size() || text[end] != '/') continue;
      while (end < text.size() && is_path_char(text[end]))
        ++end;
      std::string_view path = text.substr(at, end - at);
      const bool is_pattern = end < text.size() && (text[end] == '*' || text[end] == '<' ||
                                                    text[end] == '{' || text[end] == '$');
      if (is_pattern) path = path.substr(0, path.rfind('/'));
      while (path.ends_with('.') || path.ends_with('/'))
        path.remove_suffix(1);
      paths.emplace_back(path);
    }
  }
  return paths;
}

// The targets of [text](target) that are files of this project.
std::vector<std::string> link_targets(std::string_view text) {
  std::vector<std::string> targets;
  for (size_t at = text.find("]("); at != text.npos; at = text.find("](", at + 1)) {
    const size_t close = text.find(')', at);
    if (close == text.npos) break;
    std::string_view target = text.substr(at + 2, close - at - 2);
    target = target.substr(0, target.find('#'));
    if (target.ends_with('/')) target.remove_suffix(1);
    if (!target.empty() && target.find("://") == target.npos) targets.emplace_back(target);
  }
  return targets;
}

// A link is relative to the folder of its page.
std::string resolve(std::string_view folder, std::string_view target) {
  while (target.starts_with("../")) {
    target.remove_prefix(3);
    const size_t slash = folder.rfind('/');
    folder = slash == folder.npos ? std::string_view() : folder.substr(0, slash);
  }
  return folder.empty() ? std::string(target) : std::string(folder) + "/" + std::string(target);
}

}  // namespace

Violations check_in_build(const Tree& tree) {
  Violations found;
  for (const SourceFile& file : tree.files()) {
    if (!file.is_source() || is_in_build(tree, file)) continue;
    found.push_back({file.path, 0, "no meson.build names this source"});
  }
  return found;
}

Violations check_tested(const Tree& tree) {
  Violations found;
  std::set<std::string, std::less<>> exempt;
  if (const SourceFile* list = tree.find(kUntested)) {
    for (size_t index = 0; index < list->lines.size(); ++index) {
      const std::string_view text = list->lines[index].text;
      if (text.empty() || text.starts_with('#')) continue;
      const size_t colon = text.find(": ");
      const std::string_view path = text.substr(0, colon);
      const SourceFile* source = tree.find(path);
      if (colon == text.npos || colon + 2 >= text.size()) {
        found.push_back({kUntested, index + 1, "an entry is `path: why`"});
      } else if (!source) {
        found.push_back({kUntested, index + 1, std::string(path) + " is no file; remove the line"});
      } else if (has_test(tree, *source)) {
        found.push_back({kUntested, index + 1, std::string(path) + " has a test; remove the line"});
      }
      exempt.emplace(path);
    }
  }
  for (const SourceFile& file : tree.files()) {
    if (!file.is_source() || !is_in_any(file.path, kTestedRooms)) continue;
    if (exempt.contains(file.path) || has_test(tree, file)) continue;
    found.push_back({file.path, 0,
                     "no test_" + std::string(file.stem()) + ".cc below tests/" +
                         std::string(file.room()) + "/, and no line in " + kUntested});
  }
  return found;
}

Violations check_named_paths(const Tree& tree) {
  Violations found;
  for (const SourceFile& file : tree.files()) {
    for (size_t index = 0; index < file.lines.size(); ++index) {
      const Line& line = file.lines[index];
      const std::string& prose = file.is_markdown() ? line.text : line.comment;
      for (const std::string& path : named_paths(prose)) {
        if (tree.has_path(path)) continue;
        found.push_back({file.path, index + 1, "names " + path + ", which does not exist"});
      }
      if (!file.is_markdown()) continue;
      for (const std::string& target : link_targets(prose)) {
        if (tree.has_path(resolve(file.folder(), target))) continue;
        found.push_back({file.path, index + 1, "links to " + target + ", which does not exist"});
      }
    }
  }
  return found;
}

}  // namespace rondo::tidy
