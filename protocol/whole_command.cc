#include "protocol/whole_command.h"

#include <bit>
#include <cstdint>
#include <cstring>

#include "protocol/request_parser.h"

namespace rondo {
namespace {

constexpr size_t kLineEndBytes = 2;
// The shortest argument: "$0\r\n\r\n". In front of a count there is always more.
constexpr ptrdiff_t kArgumentBytesMin = 6;
constexpr uint32_t kLengthsMax = RequestParser::kBigArgumentMin;

// Reads "<digits>\r\n" behind `at`, for a number of three to five digits. One with a leading zero
// is refused.
[[gnu::cold]] bool read_long_number(const char*& at, const char* end, uint32_t& value) {
  // At most five digits: eight bytes of header, and what it counts has ten bytes or more.
  constexpr ptrdiff_t kDigitsMax = 5;
  if (at[1] == '0' || end - at < kDigitsMax + 1 + kArgumentBytesMin) return false;
  const char* digit = at + 1;
  const char* const stop = digit + kDigitsMax;
  uint32_t number = 0;
  do {
    const uint32_t next = static_cast<uint8_t>(*digit - '0');
    if (next > 9) return false;
    number = number * 10 + next;
    ++digit;
  } while (*digit != '\r' && digit != stop);
  if (digit[0] != '\r' || digit[1] != '\n') return false;
  at = digit + kLineEndBytes;
  value = number;
  return true;
}

// Reads "<type><digits>\r\n" and moves behind it; false for anything else, such as a number with a
// leading zero or more than five digits. Nearly all have one or two digits: those and the line end
// are four bytes, looked at together. REQUIRES: kArgumentBytesMin bytes are there.
inline bool read_header(const char*& at, const char* end, char type, uint32_t& value) {
  static_assert(std::endian::native == std::endian::little);
  constexpr uint32_t kLineEnd = '\r' | '\n' << 8;
  uint32_t word;
  std::memcpy(&word, at + 1, sizeof(word));
  const uint32_t first = (word & 0xff) - '0';
  if (at[0] != type || first > 9) return false;
  if ((word >> 8 & 0xffff) == kLineEnd) {
    value = first;
    at += 2 + kLineEndBytes;
    return true;
  }
  const uint32_t second = (word >> 8 & 0xff) - '0';
  if (word >> 16 == kLineEnd && second <= 9 && first != 0) {
    value = first * 10 + second;
    at += 3 + kLineEndBytes;
    return true;
  }
  return read_long_number(at, end, value);
}

}  // namespace

size_t parse_whole_command(std::string_view input, std::vector<std::string_view>& args) {
  const char* at = input.data();
  const char* const end = at + input.size();
  uint32_t count = 0;
  if (end - at < kArgumentBytesMin || !read_header(at, end, '*', count)) return 0;
  if (count == 0 || count > kWholeCommandArgumentsMax) return 0;
  const size_t before = args.size();
  args.resize(before + count);
  for (std::string_view* arg = args.data() + before; count > 0; --count, ++arg) {
    uint32_t length = 0;
    if (end - at < kArgumentBytesMin || !read_header(at, end, '$', length) ||
        length >= kLengthsMax || static_cast<size_t>(end - at) < length + kLineEndBytes) {
      args.resize(before);
      return 0;
    }
    *arg = {at, length};
    at += length + kLineEndBytes;
  }
  return static_cast<size_t>(at - input.data());
}

}  // namespace rondo
