// The repository itself, against every rule. Each violation is printed as path:line: reason.
#include "tests/tidy/rules.h"

#include <doctest/doctest.h>

#include <cstdio>
#include <string>

namespace rondo::tidy {
namespace {

const Tree& repository() {
  static const Tree tree = Tree::read_working_directory();
  return tree;
}

void report(const Violations& violations) {
  for (const Violation& violation : violations) {
    const std::string text =
        violation.path + ":" + std::to_string(violation.line) + ": " + violation.reason;
    FAIL_CHECK(text);
  }
}

// True when a program of this one line compiles. The command comes from the build, which knows the
// compiler and where its packages lie.
bool compiles(const std::string& line) {
  FILE* pipe = ::popen(TIDY_COMPILE, "w");
  if (!pipe) return false;
  std::fputs((line + "\n").c_str(), pipe);
  return ::pclose(pipe) == 0;
}

TEST_CASE("the repository is there") {
  REQUIRE(repository().find("meson.build") != nullptr);
  REQUIRE(repository().find("tests/tidy/rules.h") != nullptr);
  CHECK(repository().files().size() > 20);
}
TEST_CASE("tree: text") { report(check_text(repository())); }
TEST_CASE("tree: includes") { report(check_includes(repository())); }
TEST_CASE("tree: banned names") { report(check_banned_names(repository())); }
TEST_CASE("tree: headers") { report(check_headers(repository())); }
TEST_CASE("tree: headers compile alone") {
  REQUIRE(compiles("#include <vector>"));
  REQUIRE_FALSE(compiles("#include <vector> // and then\n#error this must not pass"));
  for (const std::string& header : headers_to_compile(repository())) {
    CHECK_MESSAGE(compiles("#include \"" + header + "\""), header << ":0: compiles not alone");
  }
}
TEST_CASE("tree: every source is in the build") { report(check_in_build(repository())); }
TEST_CASE("tree: every source has a test") { report(check_tested(repository())); }
TEST_CASE("tree: named paths exist") { report(check_named_paths(repository())); }
TEST_CASE("tree: lengths") { report(check_lengths(repository())); }

}  // namespace
}  // namespace rondo::tidy
