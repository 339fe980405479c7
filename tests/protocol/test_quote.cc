#include "protocol/quote.h"

#include <string>
#include <vector>

#include "reactor/base/prng.h"
#include "tests/testing.h"

namespace rondo {
namespace {

using Words = std::vector<std::string>;

TEST_CASE("words of a line") {
  CHECK(split_words("") == Words{});
  CHECK(split_words(" \t\r\n\v\f ") == Words{});
  CHECK(split_words("SET key value") == Words{"SET", "key", "value"});
  CHECK(split_words("  SET\tkey \r\n") == Words{"SET", "key"});
  CHECK(split_words("a \"b c\" 'd e'") == Words{"a", "b c", "d e"});
  CHECK(split_words("\"\" ''") == Words{"", ""});
  CHECK(split_words(R"("\x41\n\r\t\b\a\q\"\\")") == Words{"A\n\r\t\b\aq\"\\"});
  CHECK(split_words(R"("\x4" "\xzz" "\xAf")") == Words{"x4", "xzz", "\xaf"});
  CHECK(split_words(R"('a\'b' 'a\nb' 'a"b')") == Words{"a'b", "a\\nb", "a\"b"});
  CHECK(split_words("fo\"o bar\" x") == Words{"foo bar", "x"});
  CHECK(split_words("fo'o bar' x") == Words{"foo bar", "x"});
  CHECK(split_words("a\vb \vc") == Words{"a\vb", "c"});
  CHECK(split_words("\"a\"\vb") == Words{"a", "b"});
  CHECK(split_words("back\\slash") == Words{"back\\slash"});
}

TEST_CASE("unbalanced quotes") {
  for (const char* line : {"\"", "'", "\"abc", "'abc", "\"abc\"d", "'abc'd", "a \"b", "ab\"c\"d",
                           "\"abc\\", "\"abc\\\"", "'abc\\'", "\"\"\"\"", "a'b'\"c\"", "\"\\x4"}) {
    CAPTURE(line);
    CHECK(!split_words(line));
  }
}

TEST_CASE("a word without escapes is a part of the line") {
  const std::string text = "plain \"in quotes\" 'single' x\"y\"";
  std::string_view line = text;
  std::string_view word;
  std::string scratch;
  for (const char* expected : {"plain", "in quotes", "single"}) {
    REQUIRE(next_word(line, word, scratch) == WordStatus::kWord);
    CHECK(word == expected);
    CHECK(word.data() >= text.data());
    CHECK(word.data() < text.data() + text.size());
  }
  REQUIRE(next_word(line, word, scratch) == WordStatus::kWord);
  CHECK(word == "xy");
  CHECK(word.data() == scratch.data());
  CHECK(next_word(line, word, scratch) == WordStatus::kEnd);
}

TEST_CASE("the quoted form") {
  CHECK(quoted("") == "\"\"");
  CHECK(quoted("a b'c") == "\"a b'c\"");
  CHECK(quoted("\"\\\n\r\t\a\b") == R"("\"\\\n\r\t\a\b")");
  CHECK(quoted(std::string_view("\0\x01\x7f\xff\x1b", 5)) == R"("\x00\x01\x7f\xff\x1b")");
  std::string line = "x ";
  append_quoted(line, "y");
  CHECK(line == "x \"y\"");
}

TEST_CASE("what was quoted reads back") {
  Prng prng(5);
  for (int round = 0; round < 2000; ++round) {
    std::string bytes(prng.below(12), '\0');
    for (char& c : bytes)
      c = static_cast<char>(prng.next());
    const auto words = split_words(quoted(bytes) + " " + quoted(bytes));
    REQUIRE(words == Words{bytes, bytes});
  }
}

}  // namespace
}  // namespace rondo
