#include "shard/key.h"

#define XXH_INLINE_ALL
#include <xxhash.h>

namespace rondo {

namespace {

// Written once, before any other thread exists.
uint64_t hash_seed = 0;

}  // namespace

uint64_t hash_key(std::string_view bytes) {
  return XXH3_64bits_withSeed(bytes.data(), bytes.size(), hash_seed);
}

void set_hash_seed(uint64_t seed) {
  hash_seed = seed;
}

}  // namespace rondo
