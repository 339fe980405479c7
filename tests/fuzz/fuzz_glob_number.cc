#include <algorithm>
#include <string>
#include <vector>

#include "protocol/glob.h"
#include "protocol/number.h"
#include "protocol/quote.h"
#include "protocol/slot.h"
#include "reactor/base/check.h"
#include "tests/fuzz/targets.h"

namespace rondo {
namespace {

void check_numbers(std::string_view text) {
  char out[kLongDoubleBytesMax];
  if (const auto integer = parse_integer(text)) {
    CHECK(text == std::string_view(out, format_integer(*integer, out)));
    CHECK(parse_double(text).has_value());
  }
  if (const auto real = parse_double(text)) {
    const size_t length = format_double(*real, out);
    CHECK(length <= kDoubleBytesMax);
    CHECK(parse_double({out, length}) == real);
    CHECK(parse_long_double(text).has_value());
  }
  if (const auto real = parse_long_double(text)) {
    const size_t length = format_long_double(*real, out);
    CHECK(length <= kLongDoubleBytesMax);
    CHECK(parse_long_double({out, length}).has_value());
  }
}

void check_quoting(std::string_view text) {
  const auto words = split_words(quoted(text));
  CHECK(words.has_value());
  CHECK(*words == std::vector<std::string>{std::string(text)});
  const auto split = split_words(text);
  if (!split) return;
  std::string line;
  for (const std::string& word : *split)
    line += quoted(word) + "\t";
  CHECK(split_words(line) == split);
}

void check_glob(std::string_view pattern, std::string_view text) {
  const bool matches = glob_match(pattern, text);
  // Without upper-case letters, ignoring case only admits what an escape in a class refused.
  const auto is_upper = [](char c) { return c >= 'A' && c <= 'Z'; };
  const bool any_upper = std::any_of(pattern.begin(), pattern.end(), is_upper) ||
                         std::any_of(text.begin(), text.end(), is_upper);
  if (!any_upper) CHECK(glob_match(pattern, text, LetterCase::kIgnore) == matches);
  // A star in front or behind only adds matches.
  if (matches) CHECK(glob_match("*" + std::string(pattern), "x" + std::string(text)));
  // The text itself, escaped, is a pattern for it.
  std::string escaped;
  for (const char c : text)
    escaped += {'\\', c};
  CHECK(glob_match(escaped, text));
  CHECK(glob_match(escaped + "*", std::string(text) + "tail"));
}

}  // namespace

// The first byte tells where the rest is cut into a pattern and a text.
void fuzz_glob_number(std::string_view bytes) {
  constexpr size_t kBytesMax = 4096;
  if (bytes.empty()) return;
  const size_t cut = static_cast<uint8_t>(bytes[0]);
  bytes = bytes.substr(1, kBytesMax);
  const std::string_view pattern = bytes.substr(0, cut);
  const std::string_view text = bytes.substr(pattern.size());
  check_glob(pattern, text);
  check_numbers(text);
  check_quoting(text);
  CHECK(key_slot(text) < kSlots);
}

}  // namespace rondo
