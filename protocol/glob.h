// glob_match: Redis's patterns, as in KEYS, SCAN MATCH, PSUBSCRIBE and CONFIG GET.
//
//   *        any bytes, also none        [abc]   one of these       [^abc]  one, but none of these
//   ?        any one byte                [a-z]   one of a range, whose ends may be swapped
//   \x       the byte x itself, also inside a class
//
// A class that is not closed ends with the pattern. Any thread. Time is at most the product of
// both lengths, whatever the pattern: a star that failed is never tried again with another one
// before it.
#pragma once

#include <cstdint>
#include <string_view>

namespace rondo {

// kIgnore folds ASCII letters, except the ones behind a backslash in a class, as Redis does.
enum class LetterCase : uint8_t { kExact, kIgnore };

bool glob_match(std::string_view pattern, std::string_view text,
                LetterCase letter_case = LetterCase::kExact);

}  // namespace rondo
