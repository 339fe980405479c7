#include "protocol/glob.h"

#include <utility>

namespace rondo {
namespace {

constexpr size_t kNone = std::string_view::npos;

inline uint8_t fold(char c, LetterCase letter_case) {
  const bool upper = c >= 'A' && c <= 'Z' && letter_case == LetterCase::kIgnore;
  return static_cast<uint8_t>(upper ? c + ('a' - 'A') : c);
}

// Matches `c` against the class whose '[' is at `at`. Returns where the pattern goes on behind it,
// or kNone.
size_t match_class(std::string_view pattern, size_t at, char c, LetterCase letter_case) {
  const uint8_t folded = fold(c, letter_case);
  ++at;
  const bool negated = at < pattern.size() && pattern[at] == '^';
  if (negated) ++at;
  bool found = false;
  for (; at < pattern.size() && pattern[at] != ']'; ++at) {
    const size_t left = pattern.size() - at;
    if (pattern[at] == '\\' && left >= 2) {
      ++at;
      found |= pattern[at] == c;
    } else if (left >= 3 && pattern[at + 1] == '-') {
      auto low = static_cast<uint8_t>(pattern[at]);
      auto high = static_cast<uint8_t>(pattern[at + 2]);
      if (low > high) std::swap(low, high);
      low = fold(static_cast<char>(low), letter_case);
      high = fold(static_cast<char>(high), letter_case);
      found |= folded >= low && folded <= high;
      at += 2;
    } else {
      found |= fold(pattern[at], letter_case) == folded;
    }
  }
  if (found == negated) return kNone;
  return at < pattern.size() ? at + 1 : at;
}

// Matches `c` against what stands at `at`, which is not a star; returns as match_class() does.
size_t match_one(std::string_view pattern, size_t at, char c, LetterCase letter_case) {
  switch (pattern[at]) {
    case '?':
      return at + 1;
    case '[':
      return match_class(pattern, at, c, letter_case);
    case '\\':
      if (at + 1 < pattern.size()) ++at;
      break;
    default:
      break;
  }
  return fold(pattern[at], letter_case) == fold(c, letter_case) ? at + 1 : kNone;
}

}  // namespace

bool glob_match(std::string_view pattern, std::string_view text, LetterCase letter_case) {
  size_t at = 0;
  size_t behind_star = kNone;  // Where the pattern goes on behind the last star met,
  size_t star_end = 0;         // and how far in the text that star reaches at the moment.
  size_t i = 0;
  while (i < text.size()) {
    if (at < pattern.size() && pattern[at] == '*') {
      behind_star = ++at;
      star_end = i;
      if (at == pattern.size()) return true;
      continue;
    }
    const size_t next = at < pattern.size() ? match_one(pattern, at, text[i], letter_case) : kNone;
    if (next != kNone) {
      at = next;
      ++i;
      continue;
    }
    if (behind_star == kNone) return false;
    at = behind_star;
    i = ++star_end;
  }
  while (at < pattern.size() && pattern[at] == '*')
    ++at;
  return at == pattern.size();
}

}  // namespace rondo
