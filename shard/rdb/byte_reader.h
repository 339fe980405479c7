// RdbReader: reads what RdbWriter writes, and strings compressed by LZF besides, from bytes that
// anybody may have made up. Every call returns false for bytes that make no sense or are not there;
// then the rest means nothing. A plain value; refers to the caller's bytes.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace rondo {

class RdbReader {
 public:
  // A compressed string that would be longer than `string_bytes_max` makes no sense.
  RdbReader(std::string_view bytes, uint64_t string_bytes_max)
      : rest_(bytes), string_bytes_max_(string_bytes_max) {}

  // What has not been read yet.
  std::string_view rest() const { return rest_; }

  [[nodiscard]] bool byte(uint8_t& value);
  [[nodiscard]] bool length(uint64_t& value);
  // A count of things that take at least `bytes_each` bytes each: more than can be there is false,
  // so that it may be trusted for an allocation.
  [[nodiscard]] bool count(size_t bytes_each, uint64_t& value);
  // A view into the bytes, or into `scratch` for an integer or a compressed string.
  [[nodiscard]] bool string(std::string_view& text, std::string& scratch);
  [[nodiscard]] bool binary_double(double& value);
  [[nodiscard]] bool fixed64(uint64_t& value);
  // A length of one byte and digits, or 253, 254, 255 for not-a-number, infinity, its opposite.
  [[nodiscard]] bool text_double(double& value);

 private:
  template <class Integer>
  bool fixed(Integer& value);
  bool take(uint64_t bytes, std::string_view& taken);
  // A length, or (special) which of the other forms of a string follows.
  bool length_or_special(uint64_t& value, bool& special);
  bool special_string(uint64_t kind, std::string_view& text, std::string& scratch);
  bool compressed_string(std::string_view& text, std::string& scratch);

  std::string_view rest_;
  uint64_t string_bytes_max_;
};

}  // namespace rondo
