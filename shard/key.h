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

// Whether `size` bytes are equal. Most keys have from 8 to 16: two words that may overlap, so that
// a look-up makes no call and the processor is sooner at the next one.
inline bool equal_bytes(const char* a, const char* b, size_t size) {
  if (size < 8 || size > 16) return std::memcmp(a, b, size) == 0;
  const auto load = [](const char* from) {
    uint64_t word;
    std::memcpy(&word, from, sizeof(word));
    return word;
  };
  return ((load(a) ^ load(b)) | (load(a + size - 8) ^ load(b + size - 8))) == 0;
}

}  // namespace rondo
