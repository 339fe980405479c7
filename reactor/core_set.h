// CoreSet: a set of core numbers as a fixed bitmap, for one thread.
#pragma once

#include <array>
#include <bit>
#include <cstddef>
#include <cstdint>

namespace rondo {

// Cores that one process can use: the two-socket machines of today have at most 768 threads.
inline constexpr int kMaxCores = 960;
inline constexpr int kCoreWords = kMaxCores / 64;

struct CoreSet {
  std::array<uint64_t, kCoreWords> words{};

  void add(int core) { words[static_cast<size_t>(core) / 64] |= uint64_t{1} << (core % 64); }
  void remove(int core) { words[static_cast<size_t>(core) / 64] &= ~(uint64_t{1} << (core % 64)); }
  bool contains(int core) const {
    return (words[static_cast<size_t>(core) / 64] >> (core % 64) & 1) != 0;
  }
};

// Calls on_core(int) for each bit of word `index` of a set, lowest first.
template <class F>
void for_each_core(size_t index, uint64_t word, F&& on_core) {
  while (word != 0) {
    on_core(static_cast<int>(index * 64) + std::countr_zero(word));
    word &= word - 1;
  }
}

}  // namespace rondo
