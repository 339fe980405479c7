#include "shard/rdb/byte_writer.h"

#include <fmt/format.h>

#include <bit>
#include <limits>

#include "protocol/number.h"

namespace rondo {
namespace {

constexpr uint8_t kLength32 = 0x80;
constexpr uint8_t kLength64 = 0x81;
constexpr uint8_t kInteger8 = 0xc0;
constexpr uint8_t kInteger16 = 0xc1;
constexpr uint8_t kInteger32 = 0xc2;

template <class Integer>
bool fits(int64_t value) {
  return value >= std::numeric_limits<Integer>::min() &&
         value <= std::numeric_limits<Integer>::max();
}

}  // namespace

static_assert(std::endian::native == std::endian::little);

template <class Integer>
void RdbWriter::fixed(Integer value) {
  bytes_.append(reinterpret_cast<const char*>(&value), sizeof(value));
}

void RdbWriter::fixed16(uint16_t value) {
  fixed(value);
}

void RdbWriter::fixed64(uint64_t value) {
  fixed(value);
}

void RdbWriter::binary_double(double value) {
  fixed(value);
}

void RdbWriter::length(uint64_t value) {
  if (value < 1u << 6) {
    byte(static_cast<uint8_t>(value));
  } else if (value < 1u << 14) {
    byte(static_cast<uint8_t>(0x40 | value >> 8));
    byte(static_cast<uint8_t>(value));
  } else if (value <= std::numeric_limits<uint32_t>::max()) {
    byte(kLength32);
    fixed(__builtin_bswap32(static_cast<uint32_t>(value)));
  } else {
    byte(kLength64);
    fixed(__builtin_bswap64(value));
  }
}

void RdbWriter::integer_text(int64_t value) {
  if (fits<int8_t>(value)) {
    byte(kInteger8);
    fixed(static_cast<int8_t>(value));
  } else if (fits<int16_t>(value)) {
    byte(kInteger16);
    fixed(static_cast<int16_t>(value));
  } else if (fits<int32_t>(value)) {
    byte(kInteger32);
    fixed(static_cast<int32_t>(value));
  } else {
    const fmt::format_int digits(value);
    length(digits.size());
    bytes_.append(digits.data(), digits.size());
  }
}

void RdbWriter::string(std::string_view text) {
  constexpr size_t kDigitsMax = 11;
  if (text.size() <= kDigitsMax) {
    const auto value = parse_integer(text);
    if (value && fits<int32_t>(*value)) {
      integer_text(*value);
      return;
    }
  }
  length(text.size());
  bytes_.append(text);
}

}  // namespace rondo
