// ChannelFilter: which cores may have listeners for a channel, so that a message goes to those only
// and one without listeners goes nowhere. Shared by all cores. Channels fall into buckets by their
// hash; each bucket is a bitmap of cores, and so is the row of those who listen to patterns:
//
//   bucket 0     | core 0 ... 63 | core 64 ... |      A core sets its bit before it confirms the
//   ...                                               first subscription of a bucket, and clears it
//   bucket 1023  |               |             |      after the last one, so a set bit may be one
//   patterns     |               |             |      that is no longer needed: never the reverse.
//
// Any thread may read; a core writes its own bits only.
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <vector>

#include "reactor/base/check.h"
#include "reactor/core_set.h"

namespace rondo {

class ChannelFilter {
 public:
  static constexpr size_t kBuckets = 1024;
  static constexpr size_t kPatterns = kBuckets;  // The row of patterns.
  static size_t bucket(uint64_t hash) { return hash % kBuckets; }

  explicit ChannelFilter(int cores)
      : words_((static_cast<size_t>(cores) + 63) / 64), bits_((kBuckets + 1) * words_) {}

  // `row` is a bucket, or kPatterns.
  void set(size_t row, int core) { word(row, core).fetch_or(bit(core), std::memory_order_seq_cst); }
  void clear(size_t row, int core) {
    word(row, core).fetch_and(~bit(core), std::memory_order_release);
  }

  // visit(core) for each core that may have listeners for a channel of this bucket.
  template <class Visit>
  void for_each(size_t row, bool with_patterns, Visit&& visit) const {
    for (size_t i = 0; i < words_; ++i) {
      uint64_t cores = bits_[row * words_ + i].load(std::memory_order_acquire);
      if (with_patterns) cores |= bits_[kPatterns * words_ + i].load(std::memory_order_acquire);
      for_each_core(i, cores, visit);
    }
  }

 private:
  static uint64_t bit(int core) { return uint64_t{1} << (core % 64); }
  std::atomic<uint64_t>& word(size_t row, int core) {
    CHECK(row <= kPatterns);
    return bits_[row * words_ + static_cast<size_t>(core) / 64];
  }

  const size_t words_;  // Of one row.
  std::vector<std::atomic<uint64_t>> bits_;
};

}  // namespace rondo
