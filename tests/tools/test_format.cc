#include "tools/cli/format.h"

#include <doctest/doctest.h>

namespace rondo::cli {
namespace {

// The one reply that `bytes` hold.
RespValue parse(std::string_view bytes) {
  RespReader reader;
  reader.feed(bytes);
  RespValue value;
  REQUIRE(reader.next(value) == RespReader::Status::kValue);
  REQUIRE(reader.pending_bytes() == 0);
  return value;
}

std::string readable(std::string_view bytes) {
  return format_readable(parse(bytes));
}
std::string raw(std::string_view bytes) {
  return format_raw(parse(bytes), "\n");
}
std::string csv(std::string_view bytes) {
  return format_csv(parse(bytes));
}
std::string json(std::string_view bytes) {
  return format_json(parse(bytes), false);
}

TEST_CASE("readable: scalars show their types") {
  CHECK(readable("+OK\r\n") == "OK");
  CHECK(readable("-ERR no\r\n") == "(error) ERR no");
  CHECK(readable(":-5\r\n") == "(integer) -5");
  CHECK(readable("$4\r\na\"\n\x01\r\n") == R"("a\"\n\x01")");
  CHECK(readable("$-1\r\n") == "(nil)");
  CHECK(readable("_\r\n") == "(nil)");
  CHECK(readable(",3.25\r\n") == "(double) 3.25");
  CHECK(readable("#t\r\n") == "(true)");
  CHECK(readable("#f\r\n") == "(false)");
  CHECK(readable("(123456789012345678901234567890\r\n") ==
        "(big number) 123456789012345678901234567890");
  CHECK(readable("=9\r\ntxt:a\nb c\r\n") == "a\nb c");
}

TEST_CASE("readable: aggregates are numbered and nested ones are indented") {
  CHECK(readable("*0\r\n") == "(empty array)");
  CHECK(readable("~0\r\n") == "(empty set)");
  CHECK(readable("%0\r\n") == "(empty hash)");
  CHECK(readable("*2\r\n:1\r\n*2\r\n$1\r\na\r\n*1\r\n:2\r\n") ==
        "1) (integer) 1\n2) 1) \"a\"\n   2) 1) (integer) 2");
  CHECK(readable("~2\r\n:1\r\n:2\r\n") == "1~ (integer) 1\n2~ (integer) 2");
}

TEST_CASE("readable: numbers are as wide as the last one") {
  std::string ten = "*10\r\n*2\r\n:1\r\n:2\r\n";
  for (int i = 0; i < 9; ++i)
    ten += "_\r\n";
  CHECK(readable(ten).starts_with(" 1) 1) (integer) 1\n    2) (integer) 2\n 2) (nil)\n"));
  CHECK(readable(ten).ends_with("\n10) (nil)"));
}

TEST_CASE("readable: a long value of a map starts on its own line") {
  CHECK(readable("%2\r\n+a\r\n:1\r\n+b\r\n*1\r\n:2\r\n") ==
        "1# a => (integer) 1\n2# b => 1) (integer) 2");
  CHECK(readable("%1\r\n+a\r\n*2\r\n:1\r\n:2\r\n") ==
        "1# a => \n   1) (integer) 1\n   2) (integer) 2");
}

TEST_CASE("raw: bytes, delimiters, and an empty line after an error") {
  CHECK(raw({"$3\r\na\0b\r\n", 9}) == std::string("a\0b", 3));
  CHECK(raw("$-1\r\n").empty());
  CHECK(raw("*3\r\n:1\r\n*2\r\n+a\r\n+b\r\n_\r\n") == "1\na\nb\n");
  CHECK(raw("%2\r\n+a\r\n:1\r\n+b\r\n:2\r\n") == "a 1\nb 2");
  CHECK(raw("-ERR no\r\n") == "ERR no\n");
  CHECK(format_raw(parse("*2\r\n:1\r\n:2\r\n"), "; ") == "1; 2");
}

TEST_CASE("csv: one flat line") {
  CHECK(csv("*4\r\n:1\r\n$1\r\na\r\n*2\r\n$-1\r\n#t\r\n,1.5\r\n") == "1,\"a\",NULL,true,1.5");
  CHECK(csv("-ERR no\r\n") == "ERROR,\"ERR no\"");
}

TEST_CASE("json: objects have text as keys, and text is UTF-8") {
  CHECK(json("%2\r\n+a\r\n:1\r\n:2\r\n*2\r\n_\r\n#f\r\n") == R"({"a":1,"2":[null,false]})");
  CHECK(json("$5\r\n\"\\\n\x01/\r\n") == R"("\"\\\n\u0001/")");
  CHECK(json("$2\r\n\xc3\xa9\r\n") == "\"\xc3\xa9\"");
  CHECK(json("$2\r\n\xff\xc3\r\n") == R"("\u00ff\u00c3")");
  CHECK(json(",inf\r\n") == "\"inf\"");
  CHECK(json(",1.5\r\n") == "1.5");
  CHECK(format_json(parse("$2\r\n\xc3\xa9\r\n"), true) == R"("\u00e9")");
  CHECK(format_json(parse("$4\r\n\xf0\x9f\x98\x80\r\n"), true) == R"("\ud83d\ude00")");
  // An overlong form and a surrogate are bytes, not text.
  CHECK(json("$2\r\n\xc0\x80\r\n") == R"("\u00c0\u0080")");
  CHECK(json("$3\r\n\xed\xa0\x80\r\n") == R"("\u00ed\u00a0\u0080")");
}

}  // namespace
}  // namespace rondo::cli
