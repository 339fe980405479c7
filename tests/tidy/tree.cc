#include "tests/tidy/tree.h"

#include <algorithm>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <memory>

namespace rondo::tidy {
namespace {

namespace fs = std::filesystem;

// The paths that git knows, or nothing when this is not a repository.
std::vector<std::string> list_by_git() {
  // The root may belong to another user, as it does in containers.
  FILE* pipe = ::popen(
      "git -c safe.directory='*' ls-files -z --cached --others --exclude-standard 2>/dev/null",
      "r");
  std::vector<std::string> paths;
  if (!pipe) return paths;
  std::string path;
  for (int c = std::fgetc(pipe); c != EOF; c = std::fgetc(pipe)) {
    if (c != '\0') {
      path += static_cast<char>(c);
      continue;
    }
    paths.push_back(std::move(path));
    path.clear();
  }
  ::pclose(pipe);
  return paths;
}

std::vector<std::string> list_by_walking() {
  std::vector<std::string> paths;
  for (const char* room : {"reactor", "protocol", "shard", "server", "tests", "bench", "tools"}) {
    if (!fs::exists(room)) continue;
    for (auto it = fs::recursive_directory_iterator(room); it != fs::end(it); ++it) {
      if (it->path().filename() == "node_modules") it.disable_recursion_pending();
      if (it->is_regular_file()) paths.push_back(it->path().generic_string());
    }
  }
  for (const char* name : {"README.md", "meson.build"})
    paths.push_back(name);
  return paths;
}

std::string read_file(const std::string& path) {
  std::ifstream in(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(in), std::istreambuf_iterator<char>()};
}

}  // namespace

Tree Tree::read_working_directory() {
  std::vector<std::string> paths = list_by_git();
  if (paths.empty()) paths = list_by_walking();
  std::vector<SourceFile> files;
  std::vector<std::string> binaries;
  for (std::string& path : paths) {
    if (!fs::is_regular_file(path)) continue;  // Deleted and not yet committed, or a link.
    const std::string text = read_file(path);
    if (text.find('\0') != std::string::npos) {
      binaries.push_back(std::move(path));
    } else {
      files.push_back(SourceFile::parse(std::move(path), text));
    }
  }
  Tree tree(std::move(files));
  for (const std::string& path : binaries)
    tree.add_path(path);
  return tree;
}

Tree::Tree(std::vector<SourceFile> files) : files_(std::move(files)) {
  std::sort(files_.begin(), files_.end(),
            [](const SourceFile& a, const SourceFile& b) { return a.path < b.path; });
  for (const SourceFile& file : files_)
    add_path(file.path);
}

void Tree::add_path(std::string_view path) {
  while (!path.empty()) {
    paths_.emplace(path);
    const size_t slash = path.rfind('/');
    path = slash == std::string_view::npos ? std::string_view() : path.substr(0, slash);
  }
}

const SourceFile* Tree::find(std::string_view path) const {
  const auto at = std::lower_bound(
      files_.begin(), files_.end(), path,
      [](const SourceFile& file, std::string_view wanted) { return file.path < wanted; });
  return at != files_.end() && at->path == path ? &*at : nullptr;
}

}  // namespace rondo::tidy
