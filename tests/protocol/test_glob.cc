#include "protocol/glob.h"

#include <string>

#include "reactor/base/prng.h"
#include "tests/testing.h"

namespace rondo {
namespace {

bool ignoring_case(std::string_view pattern, std::string_view text) {
  return glob_match(pattern, text, LetterCase::kIgnore);
}

TEST_CASE("stars and question marks") {
  CHECK(glob_match("", ""));
  CHECK(!glob_match("", "a"));
  CHECK(glob_match("*", ""));
  CHECK(glob_match("**", ""));
  CHECK(glob_match("*", "anything"));
  CHECK(glob_match("a*", "a"));
  CHECK(glob_match("a*c", "abbbc"));
  CHECK(!glob_match("a*c", "abbb"));
  CHECK(glob_match("*b*", "abc"));
  CHECK(glob_match("h?llo", "hello"));
  CHECK(!glob_match("h?llo", "hllo"));
  CHECK(!glob_match("?", ""));
  CHECK(!glob_match("a?", "a"));
  CHECK(glob_match("user:*:name", "user:1:2:name"));
  CHECK(glob_match("***a***", "bab"));
  CHECK(!glob_match("a", "ab"));
  CHECK(!glob_match("ab", "a"));
}

TEST_CASE("classes") {
  CHECK(glob_match("h[ae]llo", "hello"));
  CHECK(!glob_match("h[ae]llo", "hillo"));
  CHECK(glob_match("h[^e]llo", "hallo"));
  CHECK(!glob_match("h[^e]llo", "hello"));
  CHECK(glob_match("[a-c]", "b"));
  CHECK(glob_match("[c-a]", "b"));
  CHECK(!glob_match("[a-c]", "d"));
  CHECK(glob_match("[a-cx-z]", "y"));
  CHECK(glob_match("[-a]", "-"));
  CHECK(glob_match("[\\]]", "]"));
  CHECK(glob_match("[\\-]", "-"));
  CHECK(!glob_match("[]", "a"));
  CHECK(glob_match("[^]", "a"));
  CHECK(!glob_match("[]a]", "a"));
  CHECK(!glob_match("[a", ""));
  CHECK(glob_match("[\x80-\xff]", "\xc3"));
}

// As in Redis: the third byte of a range is its end, whichever it is.
TEST_CASE("a range may end with the bracket") {
  CHECK(!glob_match("[a-]", "-"));
  CHECK(glob_match("[a-]", "_"));
  CHECK(glob_match("[a-]x]", "x"));
}

TEST_CASE("a class that is not closed ends with the pattern") {
  CHECK(glob_match("[abc", "b"));
  CHECK(!glob_match("[abc", "d"));
  CHECK(glob_match("[^abc", "d"));
  CHECK(!glob_match("[", "["));
  CHECK(glob_match("[^", "a"));
  CHECK(glob_match("[a-", "-"));
  CHECK(glob_match("[a\\", "\\"));
}

TEST_CASE("escapes") {
  CHECK(glob_match("\\*", "*"));
  CHECK(!glob_match("\\*", "a"));
  CHECK(glob_match("\\?", "?"));
  CHECK(glob_match("\\a", "a"));
  CHECK(glob_match("a\\", "a\\"));
  CHECK(glob_match("\\\\", "\\"));
  CHECK(glob_match("\\[a]", "[a]"));
}

TEST_CASE("letter case") {
  CHECK(!glob_match("ABC", "abc"));
  CHECK(ignoring_case("ABC", "abc"));
  CHECK(ignoring_case("a*C", "AbbC"));
  CHECK(ignoring_case("[A-C]", "b"));
  CHECK(ignoring_case("[abc]", "B"));
  CHECK(!ignoring_case("[^abc]", "B"));
  CHECK(ignoring_case("\\A", "a"));
  CHECK(!ignoring_case("[\\A]", "a"));
  CHECK(!ignoring_case("[", "{"));
}

// Tries every reach of every star: slow, and plainly right.
bool slow_match(std::string_view pattern, std::string_view text) {
  if (pattern.empty()) return text.empty();
  if (pattern[0] == '*') {
    for (size_t skip = 0; skip <= text.size(); ++skip) {
      if (slow_match(pattern.substr(1), text.substr(skip))) return true;
    }
    return false;
  }
  if (text.empty()) return false;
  size_t length = 1;
  if (pattern[0] == '[') {
    const size_t close = pattern.find(']');
    length = close == std::string_view::npos ? pattern.size() : close + 1;
  }
  // A single element and a single byte: there is no star to try.
  return glob_match(pattern.substr(0, length), text.substr(0, 1)) &&
         slow_match(pattern.substr(length), text.substr(1));
}

TEST_CASE("random patterns agree with trying everything") {
  Prng prng(21);
  constexpr std::string_view kPatternBytes = "aab**?[]^";
  int matches = 0;
  for (int round = 0; round < 100'000; ++round) {
    std::string pattern(prng.below(8), '\0');
    for (char& c : pattern)
      c = kPatternBytes[prng.below(kPatternBytes.size())];
    std::string text(prng.below(7), '\0');
    for (char& c : text)
      c = "abc"[prng.below(3)];
    CAPTURE(pattern);
    CAPTURE(text);
    const bool expected = slow_match(pattern, text);
    matches += expected ? 1 : 0;
    REQUIRE(glob_match(pattern, text) == expected);
  }
  CHECK(matches > 5000);
}

TEST_CASE("many stars do not make it slow") {
  std::string pattern;
  for (int i = 0; i < 2000; ++i)
    pattern += "a*";
  pattern += 'b';
  CHECK(!glob_match(pattern, std::string(20'000, 'a')));
  CHECK(glob_match(pattern, std::string(20'000, 'a') + "b"));
  CHECK(!glob_match(std::string(20'000, '*') + "b", std::string(20'000, 'a')));
}

}  // namespace
}  // namespace rondo
