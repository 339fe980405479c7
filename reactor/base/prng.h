// Prng: xoshiro256** (Blackman and Vigna, 2018), seeded by splitmix64. Deterministic for a seed,
// 32 bytes, not for secrets.
#pragma once

#include <cstdint>

namespace rondo {

class Prng {
 public:
  explicit Prng(uint64_t seed) {
    for (uint64_t& word : state_)
      word = splitmix(seed);
  }

  uint64_t next() {
    const uint64_t result = rotate(state_[1] * 5, 7) * 9;
    const uint64_t shifted = state_[1] << 17;
    state_[2] ^= state_[0];
    state_[3] ^= state_[1];
    state_[1] ^= state_[2];
    state_[0] ^= state_[3];
    state_[2] ^= shifted;
    state_[3] = rotate(state_[3], 45);
    return result;
  }

  // A number in [0, bound), bound > 0. The bias is below bound / 2^64.
  uint64_t below(uint64_t bound) {
    __extension__ using Wide = unsigned __int128;
    return static_cast<uint64_t>((static_cast<Wide>(next()) * bound) >> 64);
  }

  // True once in `n` calls on average, n > 0.
  bool one_in(uint64_t n) { return below(n) == 0; }

 private:
  __extension__ typedef unsigned __int128 Wide;

  static uint64_t splitmix(uint64_t& seed) {
    uint64_t z = (seed += 0x9e3779b97f4a7c15);
    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9;
    z = (z ^ (z >> 27)) * 0x94d049bb133111eb;
    return z ^ (z >> 31);
  }
  static uint64_t rotate(uint64_t x, int by) { return (x << by) | (x >> (64 - by)); }

  uint64_t state_[4];
};

}  // namespace rondo
