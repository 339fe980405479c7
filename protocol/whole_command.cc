#include "protocol/whole_command.h"

#include <cstdint>

#include "protocol/request_parser.h"

namespace rondo {
namespace {

constexpr size_t kLineEndBytes = 2;
// The shortest argument: "$0\r\n\r\n". In front of a count there is always more.
constexpr ptrdiff_t kArgumentBytesMin = 6;
constexpr uint32_t kLengthsMax = RequestParser::kBigArgumentMin;

// Reads "<type><digits>\r\n" and moves behind it; false for anything else, such as a number with a
// leading zero or more than five digits. REQUIRES: kArgumentBytesMin bytes are there.
inline bool read_header(const char*& at, const char* end, char type, uint32_t& value) {
  if (at[0] != type) return false;
  uint32_t number = static_cast<uint8_t>(at[1] - '0');
  if (number > 9) return false;
  const char* digit = at + 2;
  if (*digit != '\r') {
    if (number == 0) return false;
    // At most five digits: eight bytes of header, and what it counts has ten bytes or more.
    constexpr ptrdiff_t kDigitsMax = 5;
    if (end - at < kDigitsMax + 1 + kArgumentBytesMin) return false;
    const char* const stop = at + 1 + kDigitsMax;
    do {
      const uint32_t next = static_cast<uint8_t>(*digit - '0');
      if (next > 9) return false;
      number = number * 10 + next;
      ++digit;
    } while (*digit != '\r' && digit != stop);
    if (*digit != '\r') return false;
  }
  if (digit[1] != '\n') return false;
  at = digit + kLineEndBytes;
  value = number;
  return true;
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
