// HashField: one field of a large hash with its value, in one block that a word of the hash's table
// points to.
//
//   word    [ fingerprint 16 | address bits 47..3 | 0 | pooled 1 | expires 1 ]
//   block   [ name length 1, 3 or 5 ][ value length 1, 3 or 5 ][ name ][ value ]
//           [ expiry 8, if it expires ]
//
// A length below 254 takes one byte, else a mark and two or four bytes. So a name of 14 bytes with
// a value of 8 has a block of 24. The name can be read without the word. Blocks are aligned to 8
// bytes; those that are pooled belong to a MemberPool, the others to the allocator. Expiries are
// Unix milliseconds.
//
// The class is a handle for reading: one word, valid until the next change of the hash. Writing is
// for HashObject alone. Touched only by the thread that executes for the shard.
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <string_view>

#include "shard/entry.h"
#include "shard/key.h"
#include "shard/segment.h"

namespace rondo {

class HashField {
 public:
  HashField() = default;
  explicit HashField(uint64_t word) : word_(word) {}

  explicit operator bool() const { return word_ != 0; }
  bool operator==(const HashField&) const = default;

  std::string_view name() const { return name_at(block()); }
  static std::string_view name_at(const char* block) {
    const Layout parts = layout_at(block);
    return {parts.name, parts.name_size};
  }
  std::string_view value() const {
    const Layout parts = layout();
    return {parts.name + parts.name_size, parts.value_size};
  }
  bool has_expiry() const { return (word_ & kExpires) != 0; }
  // The time at which the field is gone, or kNoExpiry.
  int64_t expire_at_ms() const {
    if (!has_expiry()) return kNoExpiry;
    int64_t at_ms;
    std::memcpy(&at_ms, end(), sizeof(at_ms));
    return at_ms;
  }

  uint64_t word() const { return word_; }
  bool is_pooled() const { return (word_ & kPooled) != 0; }
  char* block() const { return reinterpret_cast<char*>(word_ & kAddressMask); }
  // Bytes of the block that are used.
  size_t block_bytes() const {
    return static_cast<size_t>(end() - block()) + (has_expiry() ? sizeof(int64_t) : 0);
  }

  // The same for a block that is to be written.
  static size_t block_bytes(size_t name, size_t value, bool expires) {
    return (expires ? sizeof(int64_t) : 0) + length_bytes(name) + length_bytes(value) + name +
           value;
  }
  // Makes a field of the block, which has so many bytes; returns the payload of its word. REQUIRES:
  // neither text is in the block.
  static uint64_t write(char* block, bool pooled, std::string_view name, std::string_view value,
                        int64_t expire_at_ms);
  // The payload of the same field in another block of its pool.
  uint64_t payload_at(const char* block) const {
    return reinterpret_cast<uint64_t>(block) | (word_ & kTagMask);
  }
  // Writes the expiry, or removes it; returns the payload then. REQUIRES: the block is large
  // enough.
  uint64_t set_expiry(int64_t expire_at_ms) const;

 private:
  static constexpr uint64_t kExpires = 1;
  static constexpr uint64_t kPooled = 2;
  static constexpr uint64_t kTagMask = 7;
  static constexpr uint64_t kAddressMask = 0x0000'ffff'ffff'fff8;
  static constexpr uint8_t kMark16 = 254;
  static constexpr uint8_t kMark32 = 255;

  struct Layout {
    const char* name;
    size_t name_size;
    size_t value_size;
  };

  Layout layout() const { return layout_at(block()); }
  static Layout layout_at(const char* at) {
    const size_t name_size = read_length(at);
    const size_t value_size = read_length(at);
    return {at, name_size, value_size};
  }
  // Where the expiry stands.
  char* end() const {
    const Layout parts = layout();
    return const_cast<char*>(parts.name) + parts.name_size + parts.value_size;
  }
  static size_t length_bytes(size_t length) {
    return length < kMark16 ? 1 : length <= UINT16_MAX ? 3 : 5;
  }
  static size_t read_length(const char*& at) {
    const auto first = static_cast<uint8_t>(*at++);
    if (first < kMark16) [[likely]]
      return first;
    uint32_t length = 0;
    const size_t bytes = first == kMark16 ? 2 : 4;
    std::memcpy(&length, at, bytes);  // The low bytes stand first.
    at += bytes;
    return length;
  }
  static char* write_length(char* at, size_t length);

  uint64_t word_ = 0;
};

// What the table of a hash needs to know of its fields.
struct HashFieldPolicy {
  using Probe = std::string_view;
  static uint64_t hash(uint64_t word) { return hash_key(HashField(word).name()); }
  static bool equal(uint64_t word, const Probe& probe) {
    return equal_bytes(HashField(word).name(), probe);
  }
  static void prefetch(uint64_t word) { prefetch_line(HashField(word).block()); }
  static void prefetch_all(uint64_t word) { prefetch(word); }
};

}  // namespace rondo
