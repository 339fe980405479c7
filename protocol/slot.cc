#include "protocol/slot.h"

#include <array>
#include <bit>
#include <cstring>

#if defined(__PCLMUL__)
#include <immintrin.h>
#endif

namespace rondo {
namespace {

inline uint64_t load_big_endian(const char* from) {
  static_assert(std::endian::native == std::endian::little);
  uint64_t word;
  std::memcpy(&word, from, sizeof(word));
  return __builtin_bswap64(word);
}

// The CRC of a message is the remainder of its polynomial times x^16 by x^16 + x^12 + x^5 + 1, with
// the first bit of the message as the highest power. Zero bytes in front do not change one that
// starts at 0.
constexpr uint64_t kPolynomial = 0x11021;

#if defined(__PCLMUL__)

// Carry-less multiplication and Barrett's reduction, as in Intel's "Fast CRC Computation for
// Generic Polynomials Using PCLMULQDQ Instruction" (2009), for blocks of 16 bytes.

// x^power modulo the polynomial.
constexpr uint64_t power_modulo(int power) {
  uint64_t rest = 1;
  for (int i = 0; i < power; ++i) {
    rest <<= 1;
    if ((rest & 0x10000) != 0) rest ^= kPolynomial;
  }
  return rest;
}

// The quotient of x^64 by the polynomial: 49 bits.
constexpr uint64_t barrett_quotient() {
  uint64_t quotient = 0;
  uint64_t rest = 0;
  for (int power = 64; power >= 0; --power) {
    rest = rest << 1 | (power == 64 ? 1 : 0);
    quotient <<= 1;
    if ((rest & 0x10000) != 0) {
      rest ^= kPolynomial;
      quotient |= 1;
    }
  }
  return quotient;
}

inline __m128i multiply(uint64_t a, uint64_t b) {
  return _mm_clmulepi64_si128(_mm_cvtsi64_si128(static_cast<int64_t>(a)),
                              _mm_cvtsi64_si128(static_cast<int64_t>(b)), 0);
}
inline uint64_t low(__m128i value) {
  return static_cast<uint64_t>(_mm_cvtsi128_si64(value));
}
inline uint64_t high(__m128i value) {
  return static_cast<uint64_t>(_mm_extract_epi64(value, 1));
}

// The CRC of 16 bytes: `first` and `second` eight, the earliest byte the most significant.
inline uint16_t crc_of_block(uint64_t first, uint64_t second) {
  // first * x^80 + second * x^16, folded to 80 bits, then to 64.
  const __m128i folded = multiply(first, power_modulo(80));
  const uint64_t top = high(folded) ^ second >> 48;
  const uint64_t rest = low(folded) ^ second << 16 ^ low(multiply(top, power_modulo(64)));
  const __m128i product = multiply(rest >> 16, barrett_quotient());
  const uint64_t quotient = high(product) << 16 | low(product) >> 48;
  return static_cast<uint16_t>(rest ^ low(multiply(quotient, kPolynomial)));
}

#else

// kTables[k][b] is the CRC of byte b followed by k zero bytes. The CRC is linear, so that of eight
// bytes is the XOR of eight independent look-ups.
using Tables = std::array<std::array<uint16_t, 256>, 8>;

constexpr Tables make_tables() {
  Tables tables{};
  for (unsigned byte = 0; byte < 256; ++byte) {
    unsigned crc = byte << 8;
    for (int bit = 0; bit < 8; ++bit)
      crc = (crc << 1) ^ ((crc & 0x8000) != 0 ? kPolynomial & 0xffff : 0);
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

inline uint16_t crc_of_word(uint64_t word) {
  unsigned crc = 0;
  for (unsigned k = 0; k < 8; ++k)
    crc ^= kTables[k][(word >> (8 * k)) & 0xff];
  return static_cast<uint16_t>(crc);
}

// The CRC of 16 bytes: `first` and `second` eight, the earliest byte the most significant.
inline uint16_t crc_of_block(uint64_t first, uint64_t second) {
  return crc_of_word(second ^ uint64_t{crc_of_word(first)} << 48);
}

#endif

// Up to eight bytes as one number, the first the most significant.
inline uint64_t load_few(const char* from, size_t count) {
  if (count >= 4) {
    uint32_t head;
    uint32_t tail;
    std::memcpy(&head, from, 4);
    std::memcpy(&tail, from + count - 4, 4);
    const uint64_t shifted = uint64_t{__builtin_bswap32(head)} << (8 * (count - 4));
    return shifted | __builtin_bswap32(tail);
  }
  uint64_t word = 0;
  for (size_t i = 0; i < count; ++i)
    word = word << 8 | static_cast<uint8_t>(from[i]);
  return word;
}

// Whether some byte is a '{': one that is becomes zero, and borrows.
inline bool has_brace(uint64_t word) {
  const uint64_t zero_where_brace = word ^ 0x7b7b7b7b7b7b7b7b;
  return ((zero_where_brace - 0x0101010101010101) & ~zero_where_brace & 0x8080808080808080) != 0;
}

// What a hash tag makes of a key: the part of it that chooses the slot.
std::string_view hashed_part(std::string_view key) {
  const size_t open = key.find('{');
  if (open == std::string_view::npos) return key;
  const size_t close = key.find('}', open + 1);
  if (close == std::string_view::npos || close == open + 1) return key;
  return key.substr(open + 1, close - open - 1);
}

}  // namespace

// The odd bytes go first, with zeros in front, and everything behind them is whole blocks.
uint16_t crc16(std::string_view bytes) {
  const char* from = bytes.data();
  const char* end = from + bytes.size();
  size_t odd = bytes.size() % 16;
  uint16_t crc = 0;
  if (odd != 0) {
    uint64_t first = 0;
    if (odd > 8) {
      first = load_few(from, odd - 8);
      from += odd - 8;
      odd = 8;
    }
    crc = crc_of_block(first, odd == 8 ? load_big_endian(from) : load_few(from, odd));
    from += odd;
  }
  for (; from != end; from += 16) {
    crc = crc_of_block(load_big_endian(from) ^ uint64_t{crc} << 48, load_big_endian(from + 8));
  }
  return crc;
}

// Most keys have from 8 to 16 bytes: two words that may overlap, without a loop or a call.
uint16_t key_slot(std::string_view key) {
  if (key.size() >= 8 && key.size() <= 16) {
    const uint64_t head = load_big_endian(key.data());
    const uint64_t tail = load_big_endian(key.data() + key.size() - 8);
    if (!has_brace(head) && !has_brace(tail)) [[likely]] {
      // What the tail repeats of the head is shifted out; a shift by 64 would be one by 0.
      const auto repeated = static_cast<unsigned>(8 * (16 - key.size()));
      const uint64_t first = repeated < 64 ? head >> repeated : 0;
      return crc_of_block(first, tail) % kSlots;
    }
  }
  return crc16(hashed_part(key)) % kSlots;
}

}  // namespace rondo
