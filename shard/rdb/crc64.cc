#include "shard/rdb/crc64.h"

#include <array>
#include <bit>
#include <cstring>

namespace rondo {
namespace {

constexpr uint64_t kPolynomialReflected = 0x95ac9329ac4bc9b5;
constexpr size_t kStride = 8;

static_assert(std::endian::native == std::endian::little);

// Row 0 advances the remainder by one byte; row k by that byte and k zero bytes behind it, so that
// eight bytes are looked up side by side ("slicing by 8", Kounavis and Berry, 2008).
using Tables = std::array<std::array<uint64_t, 256>, kStride>;

constexpr Tables make_tables() {
  Tables tables{};
  for (uint64_t byte = 0; byte < 256; ++byte) {
    uint64_t remainder = byte;
    for (int bit = 0; bit < 8; ++bit)
      remainder = remainder & 1 ? remainder >> 1 ^ kPolynomialReflected : remainder >> 1;
    tables[0][byte] = remainder;
  }
  for (size_t row = 1; row < kStride; ++row) {
    for (size_t byte = 0; byte < 256; ++byte) {
      const uint64_t before = tables[row - 1][byte];
      tables[row][byte] = before >> 8 ^ tables[0][before & 255];
    }
  }
  return tables;
}

constexpr Tables kTables = make_tables();

}  // namespace

uint64_t crc64(uint64_t crc, std::string_view bytes) {
  while (bytes.size() >= kStride) {
    uint64_t word;
    std::memcpy(&word, bytes.data(), sizeof(word));
    word ^= crc;
    crc = 0;
    for (size_t i = 0; i < kStride; ++i)
      crc ^= kTables[kStride - 1 - i][word >> 8 * i & 255];
    bytes.remove_prefix(kStride);
  }
  for (const char byte : bytes)
    crc = crc >> 8 ^ kTables[0][(crc ^ static_cast<uint8_t>(byte)) & 255];
  return crc;
}

}  // namespace rondo
