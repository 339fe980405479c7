// CRC-64 as Redis's dumps end with: the "Jones" polynomial 0xad93d23594c935a9, bits reflected, no
// inversion; Redis's src/crc64.c names it. The check value of "123456789" is 0xe9c6d914c4b8d9ca.
// Pure function.
#pragma once

#include <cstdint>
#include <string_view>

namespace rondo {

// Continues from `crc`, which is 0 at the start.
uint64_t crc64(uint64_t crc, std::string_view bytes);

}  // namespace rondo
