// Tree: every text file of the repository, as `git ls-files` names them, with the folders that
// they make. Files that are new and not ignored count too, so that a mistake shows before the
// commit. In a tarball without .git the folders themselves are walked.
#pragma once

#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "tests/tidy/source_file.h"

namespace rondo::tidy {

class Tree {
 public:
  // Reads the repository whose root is the working directory.
  static Tree read_working_directory();
  // A tree made of these files, for the tests of the rules.
  explicit Tree(std::vector<SourceFile> files);

  const std::vector<SourceFile>& files() const { return files_; }
  const SourceFile* find(std::string_view path) const;
  // True for a file or a folder of the tree.
  bool has_path(std::string_view path) const { return paths_.contains(path); }

 private:
  void add_path(std::string_view path);

  std::vector<SourceFile> files_;             // Sorted by path.
  std::set<std::string, std::less<>> paths_;  // Of every file, also binary ones, and folders.
};

}  // namespace rondo::tidy
