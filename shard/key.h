// Key: a key's bytes with its hash, computed once where the command is routed. The seed is one per
// process, so that every shard can use a hash made by any core, and secret, so that clients can not
// aim at one bucket.
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <string_view>

namespace rondo {

struct Key {
  std::string_view bytes;
  uint64_t hash = 0;
};

// XXH3 with the process's seed. Not the hash that chooses a shard: see protocol/slot.h.
uint64_t hash_key(std::string_view bytes);

// Sets the seed. REQUIRES: no key was hashed yet (tests call it first for a fixed order).
void set_hash_seed(uint64_t seed);

inline Key make_key(std::string_view bytes) {
  return Key{bytes, hash_key(bytes)};
}

// Whether the bytes are equal, without a call: then a look-up has none, saves no registers, and
// the processor is sooner at the next one. The last word may overlap the one before it.
inline bool equal_bytes(std::string_view one, std::string_view other) {
  const size_t size = one.size();
  if (other.size() != size) return false;
  const char* const a = one.data();
  const char* const b = other.data();
  const auto load = [](const char* from, auto word) {
    std::memcpy(&word, from, sizeof(word));
    return word;
  };
  constexpr uint64_t kWord = 0;
  constexpr uint32_t kHalf = 0;
  if (size >= sizeof(kWord)) [[likely]] {
    const size_t last = size - sizeof(kWord);
    for (size_t at = 0; at < last; at += sizeof(kWord)) {
      if (load(a + at, kWord) != load(b + at, kWord)) return false;
    }
    return load(a + last, kWord) == load(b + last, kWord);
  }
  if (size >= sizeof(kHalf)) {
    const size_t last = size - sizeof(kHalf);
    return load(a, kHalf) == load(b, kHalf) && load(a + last, kHalf) == load(b + last, kHalf);
  }
  if (size == 0) return true;
  return a[0] == b[0] && a[size / 2] == b[size / 2] && a[size - 1] == b[size - 1];
}

}  // namespace rondo
