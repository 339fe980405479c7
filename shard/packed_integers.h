// PackedIntegers: a small set of integers only, in one array of bytes that stands in its entry.
//
//   value      [ type and form 1 ][ count 2 ][ integer ]...
//
// The first three bytes are those of all packed values (shard/packed.h). The integers follow in
// ascending order, each of them once and all of them 2, 4 or 8 bytes wide, little-endian: as wide
// as the widest one that was ever added needs. The width is not stored, since the number of bytes
// and the count tell it. A search halves the array.
//
// A view of bytes that somebody else owns; any thread. It trusts its bytes: those that came from
// outside have to pass is_sound() first.
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <string>
#include <string_view>
#include <vector>

#include "shard/packed.h"

namespace rondo {

class PackedIntegers {
 public:
  // REQUIRES: a packed value of form kIntegers.
  explicit PackedIntegers(std::string_view bytes)
      : integers_(bytes.data() + PackedView::kHeaderBytes),
        count_(PackedView(bytes).count()),
        width_(width_in(bytes.size() - PackedView::kHeaderBytes, count_)) {}

  size_t count() const { return count_; }
  size_t width() const { return width_; }
  int64_t at(size_t index) const { return read(integers_ + index * width_, width_); }
  // Where an integer is, in the value's bytes; also for count().
  size_t offset(size_t index) const { return PackedView::kHeaderBytes + index * width_; }
  // The index of the first integer that is not less; count() when there is none.
  size_t lower_bound(int64_t value) const;
  bool contains(int64_t value) const {
    const size_t index = lower_bound(value);
    return index < count_ && at(index) == value;
  }

  // How wide an integer has to be.
  static size_t width_of(int64_t value) {
    if (value == static_cast<int16_t>(value)) return 2;
    return value == static_cast<int32_t>(value) ? 4 : 8;
  }
  static void write(char* at, size_t width, int64_t value) { std::memcpy(at, &value, width); }
  // The `count` integers of `width` bytes at `value` become `wider`, and all move up by `skip`
  // integers. REQUIRES: there is room.
  static void widen(char* value, size_t count, size_t width, size_t wider, size_t skip);

  static bool is_sound(std::string_view bytes);

 private:
  static size_t width_in(size_t bytes, size_t count) {
    return bytes == 2 * count ? 2 : bytes == 4 * count ? 4 : 8;
  }
  static int64_t read(const char* at, size_t width);

  const char* integers_;
  size_t count_;
  size_t width_;
};

// The bytes of a packed set of these. REQUIRES: they ascend; 1 to PackedView::kCountMax.
std::string pack_integers(const std::vector<int64_t>& integers);

}  // namespace rondo
