#include "shard/rdb/foreign_packed.h"

#include <fmt/format.h>

#include <cstring>

namespace rondo {
namespace {

constexpr uint8_t kEndMark = 0xff;
constexpr size_t kListpackHeader = 6;
constexpr size_t kZiplistHeader = 10;
constexpr size_t kIntsetHeader = 8;
constexpr uint8_t kLongSize = 0xfe;  // Of a zipmap: the size is in the four bytes that follow.

// The `bits` low bits as a signed number.
int64_t sign_extended(uint32_t value, int bits) {
  return static_cast<int32_t>(value << (32 - bits)) >> (32 - bits);
}

// Bytes of a listpack's element size, behind the element.
size_t back_size(size_t element) {
  size_t groups = 1;
  while (element >>= 7)
    ++groups;
  return groups;
}

}  // namespace

template <class Integer>
Integer ForeignPacked::read(size_t offset) const {
  Integer value;
  std::memcpy(&value, bytes_.data() + at_ + offset, sizeof(value));
  return value;
}

bool ForeignPacked::integer(int64_t value, std::string_view& text) {
  const fmt::format_int digits(value);
  std::memcpy(digits_, digits.data(), digits.size());
  text = {digits_, digits.size()};
  return true;
}

// --- Listpack ----------------------------------------------------------------------------------

ListpackReader::ListpackReader(std::string_view bytes) {
  bytes_ = bytes;
  sound_ = bytes.size() > kListpackHeader && read<uint32_t>(0) == bytes.size() &&
           static_cast<uint8_t>(bytes.back()) == kEndMark;
  at_ = kListpackHeader;
}

bool ListpackReader::next(std::string_view& text) {
  if (!sound_) return false;
  if (at_ + 1 == bytes_.size()) return end();
  size_t size = 0;
  if (!element(text, size)) return fail();
  const size_t back = back_size(size);
  if (!has(size + back)) return fail();
  at_ += size + back;
  return true;
}

// The element at at_; `size` without the size behind it. Its head is there; nothing else is known.
bool ListpackReader::element(std::string_view& text, size_t& size) {
  const uint8_t head = at(0);
  size_t prefix = 0;
  size_t length = 0;
  if (head < 0x80) {
    size = 1;
    return integer(head, text);
  }
  if (head < 0xc0) {
    prefix = 1;
    length = head & 0x3f;
  } else if (head < 0xe0) {
    size = 2;
    return has(size) && integer(sign_extended((head & 0x1fu) << 8 | at(1), 13), text);
  } else if (head < 0xf0) {
    prefix = 2;
    if (!has(prefix)) return false;
    length = (head & 0x0fu) << 8 | at(1);
  } else if (head == 0xf0) {
    prefix = 5;
    if (!has(prefix)) return false;
    length = read<uint32_t>(1);
  } else {
    constexpr size_t kWidths[] = {2, 3, 4, 8};
    if (head > 0xf4) return false;
    const size_t width = kWidths[head - 0xf1];
    size = 1 + width;
    if (!has(size)) return false;
    if (width == 2) return integer(read<int16_t>(1), text);
    if (width == 3) return integer(sign_extended(read<uint16_t>(1) | at(3) << 16, 24), text);
    if (width == 4) return integer(read<int32_t>(1), text);
    return integer(read<int64_t>(1), text);
  }
  size = prefix + length;
  if (!has(size)) return false;
  text = bytes_.substr(at_ + prefix, length);
  return true;
}

// --- Ziplist -----------------------------------------------------------------------------------

ZiplistReader::ZiplistReader(std::string_view bytes) {
  bytes_ = bytes;
  sound_ = bytes.size() > kZiplistHeader && read<uint32_t>(0) == bytes.size() &&
           static_cast<uint8_t>(bytes.back()) == kEndMark;
  at_ = kZiplistHeader;
}

bool ZiplistReader::next(std::string_view& text) {
  if (!sound_) return false;
  if (at_ + 1 == bytes_.size()) return end();
  const size_t previous = at(0) == 0xfe ? 5 : 1;
  if (at(0) == kEndMark || !has(previous + 1)) return fail();
  at_ += previous;
  size_t size = 0;
  if (!element(text, size)) return fail();
  at_ += size;
  return true;
}

// The head and bytes at at_, whose first byte is there.
bool ZiplistReader::element(std::string_view& text, size_t& size) {
  const uint8_t head = at(0);
  if (head >= 0xc0) return number(head, text, size);
  size_t prefix = 1;
  size_t length = head & 0x3f;
  if (head >= 0x80) {
    prefix = 5;
    if (head != 0x80 || !has(prefix)) return false;
    length = __builtin_bswap32(read<uint32_t>(1));
  } else if (head >= 0x40) {
    prefix = 2;
    if (!has(prefix)) return false;
    length = length << 8 | at(1);
  }
  size = prefix + length;
  if (!has(size)) return false;
  text = bytes_.substr(at_ + prefix, length);
  return true;
}

bool ZiplistReader::number(uint8_t head, std::string_view& text, size_t& size) {
  size_t width = 0;
  switch (head) {
    case 0xc0:
      width = 2;
      break;
    case 0xd0:
      width = 4;
      break;
    case 0xe0:
      width = 8;
      break;
    case 0xf0:
      width = 3;
      break;
    case 0xfe:
      width = 1;
      break;
    default:
      // The value itself, 0 to 12.
      if (head < 0xf1 || head > 0xfd) return false;
      size = 1;
      return integer((head & 0x0f) - 1, text);
  }
  size = 1 + width;
  if (!has(size)) return false;
  if (width == 1) return integer(read<int8_t>(1), text);
  if (width == 2) return integer(read<int16_t>(1), text);
  if (width == 3) return integer(sign_extended(read<uint16_t>(1) | at(3) << 16, 24), text);
  if (width == 4) return integer(read<int32_t>(1), text);
  return integer(read<int64_t>(1), text);
}

// --- Intset ------------------------------------------------------------------------------------

IntsetReader::IntsetReader(std::string_view bytes) {
  bytes_ = bytes;
  sound_ = bytes.size() >= kIntsetHeader;
  if (!sound_) return;
  width_ = read<uint32_t>(0);
  const uint64_t count = read<uint32_t>(4);
  sound_ =
      (width_ == 2 || width_ == 4 || width_ == 8) && count * width_ == bytes.size() - kIntsetHeader;
  at_ = kIntsetHeader;
}

bool IntsetReader::next(std::string_view& text) {
  if (!sound_ || at_ == bytes_.size()) return false;
  const int64_t value = width_ == 2   ? read<int16_t>(0)
                        : width_ == 4 ? read<int32_t>(0)
                                      : read<int64_t>(0);
  if (!first_ && value <= last_) return fail();
  first_ = false;
  last_ = value;
  at_ += width_;
  return integer(value, text);
}

// --- Zipmap ------------------------------------------------------------------------------------

ZipmapReader::ZipmapReader(std::string_view bytes) {
  bytes_ = bytes;
  sound_ = bytes.size() >= 2 && static_cast<uint8_t>(bytes.back()) == kEndMark;
  if (!sound_) return;
  count_ = at(0);
  at_ = 1;
}

bool ZipmapReader::next(std::string_view& text) {
  if (!sound_) return false;
  const bool is_value = read_ % 2 == 1;
  if (at_ + 1 == bytes_.size()) {
    const bool counted = count_ >= kLongSize || count_ == read_ / 2;
    return !is_value && counted ? end() : fail();
  }
  const bool is_long = at(0) == kLongSize;
  size_t head = is_long ? 5 : 1;
  if (at(0) == kEndMark || !has(head + 1)) return fail();
  const size_t length = is_long ? read<uint32_t>(1) : at(0);
  const size_t free = is_value ? at(head++) : 0;
  if (!has(head + length + free)) return fail();
  text = bytes_.substr(at_ + head, length);
  at_ += head + length + free;
  ++read_;
  return true;
}

}  // namespace rondo
