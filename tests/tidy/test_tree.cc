// The repository itself, against every rule. Each violation is printed as path:line: reason.
#include "tests/tidy/rules.h"

#include <doctest/doctest.h>

#include <algorithm>
#include <cstdio>
#include <string>
#include <vector>

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

constexpr size_t kCompilersAtOnce = 2;

// A compiler that reads a program of this one line. The command comes from the build, which knows
// the compiler and where its packages lie.
FILE* start_compiler(const std::string& line, const char* redirection = "") {
  FILE* pipe = ::popen((TIDY_COMPILE + std::string(redirection)).c_str(), "w");
  REQUIRE(pipe != nullptr);
  std::fputs((line + "\n").c_str(), pipe);
  return pipe;
}

TEST_CASE("the repository is there") {
  REQUIRE(repository().find("meson.build") != nullptr);
  REQUIRE(repository().find("tests/tidy/rules.h") != nullptr);
  CHECK(repository().files().size() > 20);
}
TEST_CASE("tree: text") {
  report(check_text(repository()));
}
TEST_CASE("tree: includes") {
  report(check_includes(repository()));
}
TEST_CASE("tree: banned names") {
  report(check_banned_names(repository()));
}
TEST_CASE("tree: headers") {
  report(check_headers(repository()));
}
TEST_CASE("tree: headers compile alone") {
  REQUIRE(::pclose(start_compiler("#include <vector>")) == 0);
  REQUIRE(::pclose(start_compiler("static_assert(false);", " 2>/dev/null")) != 0);
  const std::vector<std::string> headers = headers_to_compile(repository());
  for (size_t from = 0; from < headers.size(); from += kCompilersAtOnce) {
    const size_t to = std::min(from + kCompilersAtOnce, headers.size());
    std::vector<FILE*> compilers;
    for (size_t at = from; at < to; ++at) {
      compilers.push_back(start_compiler("#include \"" + headers[at] + "\""));
      std::fflush(compilers.back());
    }
    for (size_t at = from; at < to; ++at) {
      const bool compiled = ::pclose(compilers[at - from]) == 0;
      CHECK_MESSAGE(compiled, headers[at] << ":0: does not compile alone");
    }
  }
}
TEST_CASE("tree: every source is in the build") {
  report(check_in_build(repository()));
}
TEST_CASE("tree: every source has a test") {
  report(check_tested(repository()));
}
TEST_CASE("tree: named paths exist") {
  report(check_named_paths(repository()));
}
TEST_CASE("tree: lengths") {
  report(check_lengths(repository()));
}

}  // namespace
}  // namespace rondo::tidy
