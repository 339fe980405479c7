#include "protocol/slot.h"

#include <array>
#include <bit>
#include <cstring>

namespace rondo {
namespace {

// kTables[k][b] is the CRC of byte b followed by k zero bytes. The CRC is linear, so that of eight
// bytes is the XOR of eight independent look-ups.
using Tables = std::array<std::array<uint16_t, 256>, 8>;

constexpr Tables make_tables() {
  Tables tables{};
  for (unsigned byte = 0; byte < 256; ++byte) {
    unsigned crc = byte << 8;
    for (int bit = 0; bit < 8; ++bit)
      crc = (crc << 1) ^ ((crc & 0x8000) != 0 ? 0x1021u : 0u);
    tables[0][byte] = static_cast<uint16_t>(crc);
  }
  for (unsigned zeros = 1; zeros < 8; ++zeros) {
    for (unsigned byte = 0; byte < 256; ++byte) {
      const unsigned before = tables[zeros - 1][byte];
      tables[zeros][byte] = static_cast<uint16_t>((before << 8) ^ tables[0][before >> 8]);
    }
  }
  return tables;
}

constexpr Tables kTables = make_tables();

// The CRC of the eight bytes of `word`, the most significant one first, from a start of 0.
inline uint16_t crc_of_word(uint64_t word) {
  unsigned crc = 0;
  for (unsigned k = 0; k < 8; ++k)
    crc ^= kTables[k][(word >> (8 * k)) & 0xff];
  return static_cast<uint16_t>(crc);
}

inline uint64_t load_big_endian(const char* from) {
  static_assert(std::endian::native == std::endian::little);
  uint64_t word;
  std::memcpy(&word, from, sizeof(word));
  return __builtin_bswap64(word);
}

}  // namespace

// Zero bytes in front do not change a CRC that starts at 0. So the odd bytes go first, padded in
// front to a whole word, and everything behind them is whole words.
uint16_t crc16(std::string_view bytes) {
  const char* from = bytes.data();
  const char* end = from + bytes.size();
  const size_t odd = bytes.size() % 8;
  uint64_t head = 0;
  if (bytes.size() >= 8) {
    if (odd != 0) head = load_big_endian(from) >> (64 - 8 * odd);
  } else {
    for (size_t i = 0; i < odd; ++i)
      head = head << 8 | static_cast<uint8_t>(from[i]);
  }
  uint64_t crc = odd != 0 ? crc_of_word(head) : 0;
  for (from += odd; from != end; from += 8)
    crc = crc_of_word(load_big_endian(from) ^ crc << 48);
  return static_cast<uint16_t>(crc);
}

uint16_t key_slot(std::string_view key) {
  const size_t open = key.find('{');
  if (open != std::string_view::npos) [[unlikely]] {
    const size_t close = key.find('}', open + 1);
    if (close != std::string_view::npos && close != open + 1) {
      key = key.substr(open + 1, close - open - 1);
    }
  }
  return crc16(key) % kSlots;
}

}  // namespace rondo
