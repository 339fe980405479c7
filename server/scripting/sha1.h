// SHA-1 as FIPS 180-4 defines it: the name under which a script is kept. Pure functions.
#pragma once

#include <array>
#include <string_view>

namespace rondo {

// 40 hexadecimal digits in lower case.
struct Sha1Hex {
  std::array<char, 40> digits{};

  std::string_view view() const { return {digits.data(), digits.size()}; }
  bool operator==(const Sha1Hex&) const = default;
};

Sha1Hex sha1_hex(std::string_view bytes);

// The digits of a name that a client wrote, in lower case; false: it can be no such name.
bool parse_sha1_hex(std::string_view text, Sha1Hex& sha);

}  // namespace rondo
