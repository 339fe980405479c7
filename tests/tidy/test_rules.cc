// Every rule has to catch a bad snippet and to let a good one pass: a rule that finds nothing in
// the repository is worth something only then.
#include "tests/tidy/rules.h"

#include <doctest/doctest.h>

#include <initializer_list>
#include <utility>

namespace rondo::tidy {
namespace {

using Rule = Violations (*)(const Tree&);
using Files = std::initializer_list<std::pair<const char*, std::string>>;

Violations run(Rule rule, Files files) {
  std::vector<SourceFile> parsed;
  for (const auto& [path, text] : files)
    parsed.push_back(SourceFile::parse(path, text));
  return rule(Tree(std::move(parsed)));
}

// Exactly one violation, at this place, whose reason holds `words`.
void catches(Rule rule, Files files, const std::string& path, size_t line,
             const std::string& words) {
  const Violations found = run(rule, files);
  for (const Violation& violation : found)
    INFO(violation.path << ": " << violation.reason);
  REQUIRE(found.size() == 1);
  CHECK(found[0].path == path);
  CHECK(found[0].line == line);
  CHECK_MESSAGE(found[0].reason.find(words) != std::string::npos, found[0].reason);
}

void passes(Rule rule, Files files) {
  const Violations found = run(rule, files);
  for (const Violation& violation : found) {
    FAIL_CHECK(violation.path << ":" << violation.line << ": " << violation.reason);
  }
}

std::string lines(size_t count, const std::string& line = "x;\n") {
  std::string text;
  for (size_t i = 0; i < count; ++i)
    text += line;
  return text;
}

// A function of exactly `count` lines.
std::string function(const std::string& head, size_t count) {
  return head + " {\n" + lines(count - 2) + "}\n";
}

TEST_CASE("rule: text") {
  catches(check_text, {{"a.cc", std::string(101, 'x') + "\n"}}, "a.cc", 1, "101 columns");
  passes(check_text, {{"a.cc", std::string(100, 'x') + "\n"}});
  passes(check_text, {{"a.md", lines(100, "\u00b5") + "\n"}});  // 100 columns in 200 bytes.
  passes(check_text, {{"a.md", "|" + std::string(200, 'x') + "|\n"}});
  catches(check_text, {{"a.md", std::string(101, 'x') + "\n"}}, "a.md", 1, "101 columns");
  catches(check_text, {{"a.cc", "x\n\ty\n"}}, "a.cc", 2, "tab");
  catches(check_text, {{"tools/lib/a.sh", "x \n"}}, "tools/lib/a.sh", 1, "blank at the end");
  catches(check_text, {{"a.h", "x"}}, "a.h", 1, "no newline");
  catches(check_text, {{"ATable.cc", "x\n"}}, "ATable.cc", 0, "snake_case");
  catches(check_text, {{"a.cc", "// TODO: later\n"}}, "a.cc", 1, "owner");
  catches(check_text, {{"a.cc", "// FIXME() later\n"}}, "a.cc", 1, "owner");
  passes(check_text, {{"a.cc", "// TODO(ann): later\n"}});
  passes(check_text, {{"package-lock.json", std::string(300, 'x')}});
}

TEST_CASE("rule: include direction") {
  const auto one = [](const char* from, const char* to) {
    return run(check_includes, {{from, "#include \"" + std::string(to) + "\"\n"}, {to, ""}});
  };
  CHECK(one("reactor/base/a.h", "reactor/ring.h").size() == 1);
  CHECK(one("reactor/a.h", "protocol/b.h").size() == 1);
  CHECK(one("protocol/a.h", "shard/b.h").size() == 1);
  CHECK(one("protocol/a.h", "reactor/ring.h").size() == 1);
  CHECK(one("shard/a.h", "server/b.h").size() == 1);
  CHECK(one("shard/a.h", "reactor/ring.h").size() == 1);
  CHECK(one("server/a.h", "tests/b.h").size() == 1);
  CHECK(one("tools/a.h", "server/b.h").size() == 1);
  CHECK(one("reactor/a.h", "reactor/base/b.h").empty());
  CHECK(one("protocol/a.h", "reactor/base/b.h").empty());
  CHECK(one("shard/a.h", "protocol/b.h").empty());
  CHECK(one("server/a.h", "shard/b.h").empty());
  CHECK(one("server/a.h", "reactor/ring.h").empty());
  CHECK(one("tests/a.h", "server/b.h").empty());
}

TEST_CASE("rule: includes name files from the root") {
  catches(check_includes, {{"shard/a.cc", "\n#include \"a.h\"\n"}, {"shard/a.h", ""}}, "shard/a.cc",
          2, "no file of the project");
  catches(check_includes, {{"shard/a.cc", "#include <shard/a.h>\n"}, {"shard/a.h", ""}},
          "shard/a.cc", 1, "quote it");
  catches(check_includes, {{"shard/a.cc", "#include <sys/socket.h>\n"}}, "shard/a.cc", 1,
          "sockets");
  catches(check_includes, {{"server/a.cc", "#include <liburing.h>\n"}}, "server/a.cc", 1,
          "liburing");
  passes(check_includes, {{"reactor/a.cc", "#include <liburing.h>\n"}});
}

TEST_CASE("rule: banned names") {
  const auto in = [](const char* path, const char* code) {
    return run(check_banned_names, {{path, std::string(code) + "\n"}}).size();
  };
  CHECK(in("server/a.cc", "assert(x);") == 1);
  CHECK(in("server/a.cc", "#include <cassert>") == 1);
  CHECK(in("server/a.cc", "throw 1;") == 1);
  CHECK(in("server/a.cc", "std::mutex m;") == 1);
  CHECK(in("shard/a.cc", "std::shared_ptr<int> p;") == 1);
  CHECK(in("shard/a.cc", "std::atomic<int> n;") == 1);
  CHECK(in("shard/a.cc", "thread_local int n;") == 1);
  CHECK(in("server/a.cc", "clock_gettime(CLOCK_REALTIME, &ts);") == 1);
  CHECK(in("server/a.cc", "x = time(nullptr);") == 1);
  CHECK(in("server/a.cc", "x = ::time(nullptr);") == 1);
  CHECK(in("server/a.cc", "return time(nullptr);") == 1);
  CHECK(in("server/a.cc", "x = std::chrono::steady_clock::now();") == 1);
  CHECK(in("server/a.cc", "#include <iostream>") == 1);
  CHECK(in("tests/a.cc", "std::mt19937 r;") == 1);
  CHECK(in("server/a.cc", "int* p = NULL;") == 1);

  CHECK(in("server/a.cc", "static_assert(x);") == 0);
  CHECK(in("server/a.cc", "// throw std::mutex") == 0);
  CHECK(in("server/a.cc", "f(\"throw\");") == 0);
  CHECK(in("server/a.cc", "x = tick.time();") == 0);
  CHECK(in("server/a.cc", "Time time() const;") == 0);
  CHECK(in("reactor/a.cc", "std::mutex m;") == 0);
  CHECK(in("reactor/base/clock.h", "clock_gettime(CLOCK_REALTIME, &ts);") == 0);
  CHECK(in("server/a.cc", "std::atomic<int> n;") == 0);
}

TEST_CASE("rule: headers") {
  const std::string good = "// What it is.\n#pragma once\n\nint a;\n";
  passes(check_headers, {{"shard/a.h", good}});
  catches(check_headers, {{"shard/a.h", "#pragma once\n"}}, "shard/a.h", 1,
          "begins with a comment");
  catches(check_headers, {{"shard/a.h", "// What.\n#include <vector>\n"}}, "shard/a.h", 2,
          "#pragma once");
  catches(check_headers, {{"shard/a.h", good + "using namespace x;\n"}}, "shard/a.h", 5,
          "using namespace");
}

TEST_CASE("rule: headers compile alone") {
  const SourceFile header = SourceFile::parse("shard/a.h", "");
  const SourceFile first = SourceFile::parse("shard/a.cc", "#include \"shard/a.h\"\n");
  const SourceFile later =
      SourceFile::parse("shard/a.cc", "#include <vector>\n#include \"shard/a.h\"\n");
  CHECK(headers_to_compile(Tree({header, first})).empty());
  CHECK(headers_to_compile(Tree({header, later})) == std::vector<std::string>{"shard/a.h"});
}

TEST_CASE("rule: every source is in the build") {
  passes(check_in_build, {{"shard/a.cc", ""}, {"shard/meson.build", "['a.cc']\n"}});
  passes(check_in_build, {{"shard/b/a.cc", ""}, {"shard/meson.build", "['b/a.cc']\n"}});
  catches(check_in_build, {{"shard/a.cc", ""}, {"shard/meson.build", "['ba.cc']\n"}}, "shard/a.cc",
          0, "no meson.build");
  catches(check_in_build, {{"shard/a.cc", ""}, {"shard/meson.build", "# 'a.cc'\n"}}, "shard/a.cc",
          0, "no meson.build");
  catches(check_in_build, {{"shard/a.cc", ""}}, "shard/a.cc", 0, "no meson.build");
}

TEST_CASE("rule: every source has a test") {
  const char* list = "tests/tidy/untested.txt";
  passes(check_tested, {{"shard/a.cc", ""}, {"tests/shard/test_a.cc", ""}});
  passes(check_tested, {{"shard/b/a.cc", ""}, {"tests/shard/b/test_a.cc", ""}});
  passes(check_tested, {{"shard/a.cc", ""}, {list, "# Why.\nshard/a.cc: only a main\n"}});
  passes(check_tested, {{"shard/a.cc", ""}, {"tests/shard/test_b.cc", "// Of shard/a.cc.\n"}});
  catches(check_tested, {{"shard/a.cc", ""}, {"tests/shard/b.cc", "// Of shard/a.cc.\n"}},
          "shard/a.cc", 0, "no test_a.cc");
  catches(check_tested, {{"shard/a.cc", ""}, {"tests/server/test_a.cc", ""}}, "shard/a.cc", 0,
          "no test_a.cc");
  catches(check_tested, {{"shard/a.cc", ""}, {list, "shard/a.cc\n"}}, list, 1, "`path: why`");
  catches(check_tested, {{list, "shard/a.cc: gone\n"}}, list, 1, "no file");
  catches(check_tested,
          {{"shard/a.cc", ""}, {"tests/shard/test_a.cc", ""}, {list, "shard/a.cc: why\n"}}, list, 1,
          "has a test");
}

TEST_CASE("rule: named paths exist") {
  passes(check_named_paths, {{"shard/a.cc", "// See shard/a.cc, and shard/.\n"}});
  passes(check_named_paths, {{"shard/a.cc", "f(\"shard/none.h\");\n"}});
  passes(check_named_paths, {{"shard/a.cc", "// In shard/test_*.cc, or build/server/rondo.\n"}});
  passes(check_named_paths, {{"shard/README.md", "[a](a.cc) [b](../x.md)\n"},
                             {"shard/a.cc", ""},
                             {"x.md", "[web](https://example.org/server/x.h)\n"}});
  catches(check_named_paths, {{"shard/a.cc", "\n// See shard/none.h.\n"}}, "shard/a.cc", 2,
          "shard/none.h");
  catches(check_named_paths, {{"README.md", "Look at `server/none.cc`.\n"}}, "README.md", 1,
          "server/none.cc");
  catches(check_named_paths, {{"shard/README.md", "[a](none.cc)\n"}}, "shard/README.md", 1,
          "none.cc");
  catches(check_named_paths, {{"tools/lib/x.sh", "# Runs tools/none.\n"}}, "tools/lib/x.sh", 1,
          "tools/none");
}

TEST_CASE("rule: length of files") {
  const char* list = "tests/tidy/ratchet.txt";
  passes(check_lengths, {{"a.cc", lines(400)}});
  catches(check_lengths, {{"a.cc", lines(401)}}, "a.cc", 0, "401 lines; at most 400");
  passes(check_lengths, {{"a.cc", lines(450)}, {list, "# Why.\na.cc 455\n"}});
  catches(check_lengths, {{"a.cc", lines(450)}, {list, "a.cc 449\n"}}, "a.cc", 0, "ratchet");
  catches(check_lengths, {{"a.cc", lines(450)}, {list, "a.cc 470\n"}}, list, 1, "lower its limit");
  catches(check_lengths, {{"a.cc", lines(50)}, {list, "a.cc 450\n"}}, list, 1, "needs no entry");
  catches(check_lengths, {{"a.cc", lines(900)}, {list, "a.cc 900\n"}}, "a.cc", 0, "never more");
  catches(check_lengths, {{list, "a.cc many\n"}}, list, 1, "an entry is");
}

TEST_CASE("rule: length of functions") {
  const char* list = "tests/tidy/ratchet.txt";
  const auto catches_function = [](const std::string& code, const std::string& name) {
    catches(check_lengths, {{"a.cc", code}}, "a.cc", 1, "a.cc:" + name + ": 71 lines");
  };
  passes(check_lengths, {{"a.cc", function("int f()", 70)}});
  catches_function(function("int f()", 71), "f");
  catches_function(function("bool A::g(int x) const", 71), "A::g");
  catches_function(function("A::A(int x) : x_(x)", 71), "A::A");
  catches_function(function("TEST_CASE(\"name\")", 71), "\"name\"");
  const std::string method = "namespace x {\nclass A {\n" + function("void f()", 71);
  catches(check_lengths, {{"a.cc", method}}, "a.cc", 3, "a.cc:f: 71 lines");
  // Tables and types may be long, and braces in literals count for nothing.
  passes(check_lengths, {{"a.cc", function("constexpr Row kRows[] =", 100)}});
  passes(check_lengths, {{"a.cc", function("struct A", 100)}});
  passes(check_lengths, {{"a.cc", lines(40, "void f() { g('{', \"{\"); }\n")}});
  passes(check_lengths, {{"a.cc", function("int f()", 80)}, {list, "a.cc:f 80\n"}});
}

}  // namespace
}  // namespace rondo::tidy
