// RdbWriter: lengths, strings and numbers as RDB files and dumps have them:
//
//   length   00llllll | 01llllll l | 0x80 llll (big-endian) | 0x81 llllllll (big-endian)
//   string   length, bytes
//            or, for a small integer, 0xc0 i8 | 0xc1 i16 | 0xc2 i32 (little-endian)
//   double   8 bytes, little-endian IEEE 754
//
// A plain value; its bytes are in memory.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace rondo {

class RdbWriter {
 public:
  void byte(uint8_t value) { bytes_ += static_cast<char>(value); }
  void length(uint64_t value);
  // Short decimal integers are written as such. Nothing is compressed: readers do not mind.
  void string(std::string_view text);
  void integer_text(int64_t value);  // The string of its digits.
  void binary_double(double value);
  void fixed16(uint16_t value);
  void fixed64(uint64_t value);

  std::string& bytes() { return bytes_; }

 private:
  template <class Integer>
  void fixed(Integer value);

  std::string bytes_;
};

}  // namespace rondo
