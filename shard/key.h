// Key: a key's bytes with its hash, computed once where the command is routed. The seed is one per
// process, so that every shard can use a hash made by any core, and secret, so that clients can not
// aim at one bucket.
#pragma once

#include <cstdint>
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

}  // namespace rondo
