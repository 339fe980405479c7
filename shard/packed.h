// Packed values: a small collection in one array of bytes, which stands in its entry like a string.
//
//   value      [ type 4 bits | form 4 bits ][ count 2 ][ element ]...
//   element    [ head 1 to 9 ][ bytes of a string ]
//   in a list  [ head 1 to 9 ][ bytes of a string ][ size of what stands before, backwards ]
//   head       0xxxxxxx            the integer x
//              10xxxxxx            a string of x bytes
//              1100xxxx + 1 byte   a string of 64 to 4095 bytes
//              11010000 + 4 bytes  a longer one
//              11010nnn + n bytes  an integer of n = 1 to 8 bytes, as few as will do
//   backwards  in digits to the base of 128, the lowest one last; all but the first have bit 7 set
//
// That is the form of elements; PackedForm tells where others are drawn.
//
// Numbers of several bytes are little-endian. A string that is a decimal integer in canonical form
// is always stored as one, and every length in the shortest head. So equal strings have equal
// bytes, and a search compares them without decoding. The sizes behind the elements let lists be
// walked from their end; the other types, whose values are mostly looked for, go without them.
//
// All here are views of bytes that somebody else owns; any thread. A PackedView trusts its bytes:
// those that came from outside have to pass PackedView::is_sound() first.
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <span>
#include <string>
#include <string_view>

#include "protocol/number.h"
#include "reactor/base/check.h"
#include "shard/object.h"

namespace rondo {

// A text or an integer somewhere in memory: what the elements of all collections are read as.
struct Item {
  const char* bytes = nullptr;  // None: it is an integer.
  size_t size = 0;              // Of the text.
  int64_t number = 0;

  static Item of(std::string_view text) { return {text.data(), text.size(), 0}; }
  bool is_integer() const { return bytes == nullptr; }
  // An integer's digits are written to `scratch`.
  std::string_view text(char (&scratch)[24]) const {
    if (!is_integer()) return {bytes, size};
    return {scratch, format_integer(number, scratch)};
  }
  std::string to_string() const {
    char scratch[24];
    return std::string(text(scratch));
  }
};

// An element that is to be written or looked for. Refers to the text that it was made of.
class PackedElement {
 public:
  PackedElement() = default;             // For arrays: nothing may be done with it.
  PackedElement(std::string_view text);  // NOLINT: implicit so that lists of texts can be written.
  static PackedElement of(int64_t number) {
    char digits[24];
    return PackedElement({digits, format_integer(number, digits)});  // An integer keeps no text.
  }

  // Bytes in the array of a collection of that type.
  size_t size(Type type) const {
    return body_size() + (type == Type::kList ? back_size(body_size()) : 0);
  }
  char* write(char* at, Type type) const;  // Returns where the next one begins.
  // Whether the element at `at` is equal. Equal first bytes mean heads of equal length, so it reads
  // nothing beyond that element.
  bool equals(const char* at) const {
    // Most elements of a collection differ in the length, or else in the last byte. A head of one
    // byte is the whole length, so that byte is there.
    if (*at != head_[0]) return false;
    if (head_size_ == 1 && at[body_size() - 1] != last_byte()) return false;
    return has_bytes(at);
  }
  // The first place from `at` on, all of it before `end`, where the head and the text stand; null
  // when there is none. It need not be the beginning of an element.
  const char* search(const char* at, const char* end) const;
  size_t body_size() const { return head_size_ + text_.size(); }

  // Bytes of the size behind a body.
  static size_t back_size(size_t body) {
    size_t digits = 1;
    while (body >>= 7)
      ++digits;
    return digits;
  }

 private:
  char last_byte() const { return text_.empty() ? head_[head_size_ - 1] : text_.back(); }
  bool has_bytes(const char* at) const {
    return std::memcmp(at, head_, head_size_) == 0 &&
           (text_.empty() || std::memcmp(at + head_size_, text_.data(), text_.size()) == 0);
  }

  std::string_view text_;  // Empty for an integer.
  char head_[9];
  uint8_t head_size_;
};

// `removed` bytes at `offset`, which are `removed_count` elements, are replaced by `inserted`.
struct PackedSplice {
  size_t offset;
  size_t removed = 0;
  size_t removed_count = 0;
  std::span<const PackedElement> inserted = {};
};

enum class PackedForm : uint8_t {
  kElements = 0,  // "listpack".
  kIntegers = 1,  // "intset": drawn in shard/packed_integers.h.
  // "listpackex", a hash: elements in threes, a field, its value and the Unix milliseconds at which
  // the field expires, 0 for never.
  kExpiring = 2,
};

class PackedView {
 public:
  static constexpr size_t kHeaderBytes = 3;
  // Collections beyond these become objects whatever the configuration says.
  static constexpr size_t kCountMax = 65535;
  static constexpr size_t kBytesMax = 1024 * 1024;

  explicit PackedView(std::string_view bytes) : bytes_(bytes) {}

  Type type() const { return static_cast<Type>(bytes_[0] & 15); }
  PackedForm form() const { return static_cast<PackedForm>(static_cast<uint8_t>(bytes_[0]) >> 4); }
  const char* encoding() const;
  std::string_view bytes() const { return bytes_; }
  // How many elements: two for each field of a hash.
  size_t count() const {
    uint16_t count;
    std::memcpy(&count, bytes_.data() + 1, sizeof(count));
    return count;
  }

  // Elements are named by their offsets, from begin() until end(). REQUIRES for these: there are
  // elements, which is not so in the form kIntegers.
  size_t begin() const { return kHeaderBytes; }
  size_t end() const { return bytes_.size(); }
  size_t next(size_t offset) const {
    const size_t body = body_size(bytes_.data() + offset);
    return offset + body + (type() == Type::kList ? PackedElement::back_size(body) : 0);
  }
  // REQUIRES: offset > begin(), and it is a list.
  size_t previous(size_t offset) const;
  // The offset of element `index`, end() for count(); walks there, in a list from the nearer end.
  size_t seek(size_t index) const;
  Item at(size_t offset) const;

  // The first element equal to `wanted` among that at `from` and every `stride`th one behind it;
  // end() when there is none.
  size_t find(const PackedElement& wanted, size_t from, size_t stride) const;

  // Whether these are the bytes of a packed value of any form, each element in its one canonical
  // form.
  static bool is_sound(std::string_view bytes);

  // The first three bytes of a value.
  static void write_header(char* at, Type type, PackedForm form, size_t count);
  static void set_count(char* value, size_t count);

 private:
  size_t find_walking(const PackedElement& wanted, size_t from, size_t stride) const;
  size_t find_searching(const PackedElement& wanted, size_t from, size_t stride) const;
  // Head and bytes.
  static size_t body_size(const char* at);

  std::string_view bytes_;
};

// The bytes of a packed value with these elements. REQUIRES: at most PackedView::kCountMax.
std::string pack(Type type, std::span<const PackedElement> elements,
                 PackedForm form = PackedForm::kElements);

inline size_t PackedView::body_size(const char* at) {
  const auto head = static_cast<uint8_t>(*at);
  if (head < 0x80) return 1;
  if (head < 0xc0) return 1u + (head & 0x3f);
  if (head < 0xd0) return 2 + (size_t{head & 0x0fu} << 8 | static_cast<uint8_t>(at[1]));
  if (head > 0xd0) return 1u + (head & 0x0f);
  uint32_t length;
  std::memcpy(&length, at + 1, sizeof(length));
  return 5 + size_t{length};
}

}  // namespace rondo
