// How the tidy test reads files, on the spots where a reader of C++ goes wrong.
#include "tests/tidy/source_file.h"

#include <doctest/doctest.h>

#include "tests/tidy/tree.h"

namespace rondo::tidy {
namespace {

// The code of the first line, with runs of blanks as they are.
std::string code_of(std::string_view text) {
  return SourceFile::parse("a.cc", text).lines.at(0).code;
}

TEST_CASE("code and comments are told apart") {
  CHECK(code_of("f();  // throw") == "f();          ");
  CHECK(code_of("a /* b */ c") == "a         c");
  CHECK(SourceFile::parse("a.cc", "x; // why\n").lines[0].comment == " why");
  CHECK(SourceFile::parse("a.cc", "/* one\ntwo */ x;\n").lines[1].comment == "two ");
  CHECK(SourceFile::parse("a.cc", "/* one\ntwo */ x;\n").lines[1].code == "       x;");
}

TEST_CASE("the insides of literals are no code") {
  CHECK(code_of("f(\"throw\");") == "f(\"     \");");
  CHECK(code_of("f(\"a\\\"// b\"); g();") == "f(\"       \"); g();");
  CHECK(code_of("f('\"'); g();") == "f(' '); g();");
  CHECK(code_of("n = 1'000; f();") == "n = 1'000; f();");
  CHECK(code_of("#include \"a/b.h\"") == "#include \"a/b.h\"");
  const SourceFile raw = SourceFile::parse("a.cc", "f(R\"x(throw\n)\" still)x\"); g();\n");
  CHECK(raw.lines[0].code == "f(R\"x(     ");
  CHECK(raw.lines[1].code.find("still") == std::string::npos);
  CHECK(raw.lines[1].code.find("g();") != std::string::npos);
}

TEST_CASE("the text of a line is kept as it stands") {
  const SourceFile file = SourceFile::parse("a.cc", "int a;  // b \n\n\"c\"");
  REQUIRE(file.lines.size() == 3);
  CHECK(file.lines[0].text == "int a;  // b ");
  CHECK(file.lines[1].text.empty());
  CHECK(file.lines[2].text == "\"c\"");
  CHECK_FALSE(file.ends_with_newline);
}

TEST_CASE("comments of scripts") {
  CHECK(SourceFile::parse("x.sh", "#!/bin/bash\n# why\na # b\n").lines[1].comment == " why");
  CHECK(SourceFile::parse("x.sh", "#!/bin/bash\n# why\na # b\n").lines[0].comment.empty());
  CHECK(SourceFile::parse("x.sh", "#!/bin/bash\n# why\na # b\n").lines[2].comment.empty());
}

TEST_CASE("parts of a path") {
  const SourceFile file = SourceFile::parse("shard/commands/strings.cc", "");
  CHECK(file.room() == "shard");
  CHECK(file.folder() == "shard/commands");
  CHECK(file.stem() == "strings");
  const SourceFile top = SourceFile::parse("README.md", "");
  CHECK(top.room().empty());
  CHECK(top.folder().empty());
  CHECK(top.stem() == "README");
  CHECK(is_below("shard/table.h", "shard"));
  CHECK_FALSE(is_below("shards/table.h", "shard"));
  CHECK_FALSE(is_below("shard", "shard"));
}

TEST_CASE("words are whole identifiers") {
  CHECK(find_word("static_assert(x)", "assert") == std::string_view::npos);
  CHECK(find_word("assert(x)", "assert") == 0);
  CHECK(find_word("a std::mutex_x b", "std::mutex") == std::string_view::npos);
  CHECK(find_word("::time(nullptr)", "time") == 2);
  CHECK(find_word("fmt::time(nullptr)", "time") == std::string_view::npos);
}

TEST_CASE("includes") {
  const SourceFile file =
      SourceFile::parse("a.cc", "#include \"x/y.h\"\n// #include \"no.h\"\n#include <vector>\n");
  const std::vector<Include> includes = file.includes();
  REQUIRE(includes.size() == 2);
  CHECK(includes[0].name == "x/y.h");
  CHECK(includes[0].quoted);
  CHECK(includes[1].name == "vector");
  CHECK(includes[1].line == 3);
}

TEST_CASE("a tree knows its files and folders") {
  const Tree tree({SourceFile::parse("b/c/d.h", ""), SourceFile::parse("a.cc", "")});
  CHECK(tree.has_path("b/c"));
  CHECK(tree.has_path("b/c/d.h"));
  CHECK_FALSE(tree.has_path("b/d.h"));
  REQUIRE(tree.find("a.cc") != nullptr);
  CHECK(tree.find("b/c") == nullptr);
}

}  // namespace
}  // namespace rondo::tidy
