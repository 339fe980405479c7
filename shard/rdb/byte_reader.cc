#include "shard/rdb/byte_reader.h"

#include <fmt/format.h>
#include <liblzf/lzf.h>

#include <algorithm>
#include <cstring>
#include <limits>

#include "protocol/number.h"

namespace rondo {
namespace {

// LZF's longest copy is 264 bytes and takes three, so no honest string shrinks by more; a claim to
// the contrary must not make us allocate.
constexpr uint64_t kCompressionMax = 264 / 3 + 1;

}  // namespace

bool RdbReader::take(uint64_t bytes, std::string_view& taken) {
  if (bytes > rest_.size()) return false;
  taken = rest_.substr(0, bytes);
  rest_.remove_prefix(bytes);
  return true;
}

template <class Integer>
bool RdbReader::fixed(Integer& value) {
  std::string_view bytes;
  if (!take(sizeof(value), bytes)) return false;
  std::memcpy(&value, bytes.data(), sizeof(value));
  return true;
}

bool RdbReader::byte(uint8_t& value) {
  return fixed(value);
}

bool RdbReader::binary_double(double& value) {
  return fixed(value);
}

bool RdbReader::fixed64(uint64_t& value) {
  return fixed(value);
}

bool RdbReader::length_or_special(uint64_t& value, bool& special) {
  uint8_t head;
  if (!byte(head)) return false;
  special = head >> 6 == 3;
  if (head >> 6 == 0 || special) {
    value = head & 0x3f;
    return true;
  }
  if (head >> 6 == 1) {
    uint8_t low;
    if (!byte(low)) return false;
    value = (head & 0x3fu) << 8 | low;
    return true;
  }
  if (head == 0x80) {
    uint32_t big_endian;
    if (!fixed(big_endian)) return false;
    value = __builtin_bswap32(big_endian);
    return true;
  }
  if (head != 0x81 || !fixed(value)) return false;
  value = __builtin_bswap64(value);
  return true;
}

bool RdbReader::length(uint64_t& value) {
  bool special;
  return length_or_special(value, special) && !special;
}

bool RdbReader::count(size_t bytes_each, uint64_t& value) {
  return length(value) && value <= rest_.size() / bytes_each;
}

bool RdbReader::string(std::string_view& text, std::string& scratch) {
  uint64_t value;
  bool special;
  if (!length_or_special(value, special)) return false;
  return special ? special_string(value, text, scratch) : take(value, text);
}

bool RdbReader::special_string(uint64_t kind, std::string_view& text, std::string& scratch) {
  int8_t value8;
  int16_t value16;
  int32_t value32;
  switch (kind) {
    case 0:
      if (!fixed(value8)) return false;
      value32 = value8;
      break;
    case 1:
      if (!fixed(value16)) return false;
      value32 = value16;
      break;
    case 2:
      if (!fixed(value32)) return false;
      break;
    case 3:
      return compressed_string(text, scratch);
    default:
      return false;
  }
  const fmt::format_int digits(value32);
  scratch.assign(digits.data(), digits.size());
  text = scratch;
  return true;
}

bool RdbReader::compressed_string(std::string_view& text, std::string& scratch) {
  uint64_t packed_bytes;
  uint64_t bytes;
  std::string_view packed;
  if (!length(packed_bytes) || !length(bytes) || !take(packed_bytes, packed)) return false;
  constexpr uint64_t kBytesMax = std::numeric_limits<unsigned>::max();
  if (packed_bytes > kBytesMax || bytes > std::min(kBytesMax, string_bytes_max_)) return false;
  if (bytes == 0 || bytes > packed_bytes * kCompressionMax) return false;
  scratch.resize(bytes);
  const unsigned made = lzf_decompress(packed.data(), static_cast<unsigned>(packed_bytes),
                                       scratch.data(), static_cast<unsigned>(bytes));
  if (made != bytes) return false;
  text = scratch;
  return true;
}

bool RdbReader::text_double(double& value) {
  constexpr double kInfinity = std::numeric_limits<double>::infinity();
  uint8_t size;
  std::string_view text;
  if (!byte(size)) return false;
  if (size == 253) return false;  // Not a number, which no score is.
  if (size >= 254) {
    value = size == 254 ? kInfinity : -kInfinity;
    return true;
  }
  if (!take(size, text)) return false;
  const auto parsed = parse_double(text);
  if (!parsed) return false;
  value = *parsed;
  return true;
}

}  // namespace rondo
