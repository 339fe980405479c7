// Entry: one key with its value and expiry, in one allocation that a word of the table points to.
//
//   word, 64 bits    [ fingerprint 16 | address bits 47..4 | has_expiry 1 | kind 3 ]
//   allocation       [ expiry 8, if has_expiry ][ key length ] and then, by kind:
//     string, raw    [ value length ][ key ][ value ]
//     packed         the same; the value is a small collection, drawn in shard/packed.h
//     integer        [ key ][ int64 ]
//     shared         [ key ][ released SharedBytes ]
//     object         [ key ][ Object* ]
//
// A length takes one byte below 254, else a mark and two or four bytes. So a key of 14 bytes and a
// value of 64 bytes are exactly 80 bytes, which is a size class of the allocator: nothing is lost,
// and the fixed cost of a key is its 8-byte word, its access stamp and two length bytes.
//
// Why the kind is in the word: the sweep for expired keys and the check of a type need not touch
// the entry. Why keys stand after the lengths: a comparison reads one cache line for short keys.
// Blocks are aligned to 16 bytes and lie below 2^48; both are checked when a word is made.
//
// The class Entry is a handle for reading. It is made by a Keyspace, is two words, and is valid
// until the next mutation of that keyspace. Writing is entry_write.h, used by Keyspace alone.
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <string_view>

#include "reactor/base/check.h"
#include "reactor/base/shared_bytes.h"
#include "shard/key.h"
#include "shard/object.h"
#include "shard/segment.h"

namespace rondo {

// Expiry times are Unix milliseconds.
inline constexpr int64_t kNoExpiry = -1;

enum class EntryKind : uint8_t {
  kString = 0,  // Bytes in the entry.
  kRaw = 1,     // The same; was modified in place, which OBJECT ENCODING shows.
  kInteger = 2,
  kShared = 3,  // Bytes in a block that replies can refer to: OutBuffer::kShareBytesMin and more.
  kObject = 4,
  kPacked = 5,  // A small collection: its elements are bytes in the entry.
};

class Entry {
 public:
  // Longest string whose encoding is "embstr", as in Redis.
  static constexpr size_t kEmbeddedMax = 44;

  Entry() = default;
  explicit Entry(uint64_t word, uint32_t idle_s = 0) : word_(word), idle_s_(idle_s) {}

  explicit operator bool() const { return word_ != 0; }

  EntryKind kind() const { return static_cast<EntryKind>(word_ & 7); }
  Type type() const;
  bool is_string() const { return kind() < EntryKind::kObject; }
  bool is_packed() const { return kind() == EntryKind::kPacked; }
  bool is_integer() const { return kind() == EntryKind::kInteger; }
  // As OBJECT ENCODING prints it: "int", "embstr", "raw", or the collection's.
  const char* encoding() const;

  std::string_view key() const;

  bool has_expiry() const { return (word_ & kExpiryBit) != 0; }
  // The time at which the key is gone, or kNoExpiry.
  int64_t expire_at_ms() const;

  // REQUIRES: is_integer().
  int64_t integer() const;
  // REQUIRES for these two: is_string(). The bytes of an integer are written to `scratch`; others
  // are views into the keyspace's memory.
  size_t string_length() const;
  std::string_view string(char (&scratch)[24]) const;
  // A handle to the block of a large string, for a reply that refers to it; false for others.
  SharedBytes shared() const;
  // REQUIRES: is_packed(). For a PackedView.
  std::string_view packed() const;
  // REQUIRES: kind() == EntryKind::kObject.
  Object* object() const;

  // Seconds since the key was last found; exact for a minute, later with an error of about a fifth.
  uint32_t idle_seconds() const { return idle_s_; }
  // Heap bytes of the allocation and of the value that it refers to.
  size_t footprint() const;

  uint64_t word() const { return word_; }

  static constexpr uint64_t kExpiryBit = 8;
  static constexpr uint64_t kAddressMask = 0x0000'ffff'ffff'fff0;

 private:
  friend class EntryWriter;

  // The kinds whose value's length and bytes are in the entry, as bits.
  static constexpr uint32_t kInlineKinds = 1u << static_cast<int>(EntryKind::kString) |
                                           1u << static_cast<int>(EntryKind::kRaw) |
                                           1u << static_cast<int>(EntryKind::kPacked);

  // Where the parts of the allocation are.
  struct Layout {
    char* key;
    size_t key_size;
    char* value;        // Bytes of a string or collection, or the 8 bytes of the other kinds.
    size_t value_size;  // 8 for the other kinds.
  };

  char* base() const { return reinterpret_cast<char*>(word_ & kAddressMask); }
  bool is_inline() const { return (kInlineKinds >> (word_ & 7) & 1) != 0; }
  Layout layout() const;
  void* pointer() const;
  std::string_view shared_view() const;

  static size_t read_length(const char*& from) {
    const auto first = static_cast<uint8_t>(*from++);
    if (first < 254) [[likely]]
      return first;
    if (first == 254) {
      uint16_t length;
      std::memcpy(&length, from, sizeof(length));
      from += sizeof(length);
      return length;
    }
    uint32_t length;
    std::memcpy(&length, from, sizeof(length));
    from += sizeof(length);
    return length;
  }

  uint64_t word_ = 0;
  uint32_t idle_s_ = 0;
};

inline Entry::Layout Entry::layout() const {
  const char* at = base() + (has_expiry() ? 8 : 0);
  const size_t key_size = read_length(at);
  const size_t value_size = is_inline() ? read_length(at) : 8;
  char* key = const_cast<char*>(at);
  return Layout{key, key_size, key + key_size, value_size};
}

inline std::string_view Entry::key() const {
  const Layout parts = layout();
  return {parts.key, parts.key_size};
}

inline int64_t Entry::expire_at_ms() const {
  if (!has_expiry()) return kNoExpiry;
  int64_t at_ms;
  std::memcpy(&at_ms, base(), sizeof(at_ms));
  return at_ms;
}

inline int64_t Entry::integer() const {
  DCHECK(is_integer());
  int64_t value;
  std::memcpy(&value, layout().value, sizeof(value));
  return value;
}

// What the table needs to know of entries.
struct EntryPolicy {
  using Probe = std::string_view;
  static uint64_t hash(uint64_t word) { return hash_key(Entry(word).key()); }
  static bool equal(uint64_t word, const Probe& probe) {
    return equal_bytes(Entry(word).key(), probe);
  }
  static void prefetch(uint64_t word) {
    prefetch_line(reinterpret_cast<const void*>(word & Entry::kAddressMask));
  }
  // A key of 14 bytes with a value of 64 reaches into a second line, which costs a batch of GETs 24
  // of 80 ns when it is not asked for too. Behind the end of a block it does no harm.
  static void prefetch_all(uint64_t word) {
    prefetch(word);
    prefetch(word + 64);
  }
};

}  // namespace rondo
