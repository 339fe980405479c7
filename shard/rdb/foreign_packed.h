// Readers of the packed forms that Redis keeps small collections in and writes to dumps as they
// are: listpack (src/listpack.c), ziplist (src/ziplist.c, until Redis 6), intset (src/intset.c) and
// zipmap (src/zipmap.c, until Redis 2.4).
// The bytes may be anybody's: a reader stops at the first one that makes no sense.
//
//   listpack  u32 bytes in all | u16 count | elements | 0xff
//             element: head and bytes | their size in 1 to 5 groups of 7 bits
//   ziplist   u32 bytes in all | u32 offset of the last | u16 count | elements | 0xff
//             element: size of the one before (1 byte, or 0xfe and u32) | head and bytes
//   intset    u32 width (2, 4, 8) | u32 count | integers in ascending order
//   zipmap    u8 count (from 254 on: unknown) | fields and values in turns | 0xff
//             field: size (1 byte, or 0xfe and u32) | bytes
//             value: size | u8 free bytes | bytes | the free bytes
//
// Plain values; they refer to the caller's bytes.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>

namespace rondo {

// What the readers share: next() until it is false, then sound() says whether that was the end.
class ForeignPacked {
 public:
  // True: nothing was wrong up to where next() said false.
  bool sound() const { return sound_; }

 protected:
  bool fail() {
    sound_ = false;
    return false;
  }
  bool end() const { return false; }
  // Bytes [at_, at_ + size) are there, in front of the end mark.
  bool has(size_t size) const { return size < bytes_.size() && at_ < bytes_.size() - size; }
  uint8_t at(size_t offset) const { return static_cast<uint8_t>(bytes_[at_ + offset]); }
  template <class Integer>
  Integer read(size_t offset) const;
  bool integer(int64_t value, std::string_view& text);

  std::string_view bytes_;
  size_t at_ = 0;
  bool sound_ = true;
  char digits_[24];
};

class ListpackReader : public ForeignPacked {
 public:
  explicit ListpackReader(std::string_view bytes);
  // The next element's text, valid until the next call.
  bool next(std::string_view& text);

 private:
  bool element(std::string_view& text, size_t& size);
};

class ZiplistReader : public ForeignPacked {
 public:
  explicit ZiplistReader(std::string_view bytes);
  bool next(std::string_view& text);

 private:
  bool element(std::string_view& text, size_t& size);
  bool number(uint8_t head, std::string_view& text, size_t& size);
};

class IntsetReader : public ForeignPacked {
 public:
  explicit IntsetReader(std::string_view bytes);
  bool next(std::string_view& text);

 private:
  uint32_t width_ = 0;
  bool first_ = true;
  int64_t last_ = 0;
};

class ZipmapReader : public ForeignPacked {
 public:
  explicit ZipmapReader(std::string_view bytes);
  // A field and its value in turns.
  bool next(std::string_view& text);

 private:
  uint8_t count_ = 0;
  size_t read_ = 0;  // Fields and values.
};

}  // namespace rondo
