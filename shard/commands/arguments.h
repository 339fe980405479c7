// Reading arguments: words in any case, integers and database numbers, with Redis's error texts.
// Pure functions; any thread.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>

#include "protocol/error.h"

namespace rondo {

// True if `argument` is `word` in any case. REQUIRES: `word` is in lower case, letters only.
inline bool is_word(std::string_view argument, std::string_view word) {
  if (argument.size() != word.size()) return false;
  for (size_t i = 0; i < word.size(); i++) {
    const auto byte = static_cast<unsigned char>(argument[i]);
    const bool upper = byte >= 'A' && byte <= 'Z';
    if (static_cast<char>(upper ? byte + 32 : byte) != word[i]) return false;
  }
  return true;
}

// A signed 64-bit decimal integer in canonical form.
Error read_integer(std::string_view argument, int64_t& value);

// A database number that only has to fit an int: whether there is such a database is for the
// caller to say, because Redis's commands say it in different words.
Error read_database(std::string_view argument, int64_t& database);

}  // namespace rondo
