#include "server/stats.h"

#include <algorithm>
#include <cmath>

namespace rondo {

void Histogram::add(const Histogram& other) {
  for (size_t i = 0; i < kBuckets; ++i) counts_[i] += other.counts_[i];
}

uint64_t Histogram::count() const {
  uint64_t sum = 0;
  for (const uint32_t count : counts_) sum += count;
  return sum;
}

uint64_t Histogram::upper_bound(size_t bucket) {
  constexpr size_t kSub = size_t{1} << kSubBits;
  if (bucket < kSub) return bucket;
  const size_t shift = (bucket >> kSubBits) - 1;
  const uint64_t first = (kSub + (bucket & (kSub - 1))) << shift;
  return first + (uint64_t{1} << shift) - 1;
}

uint64_t Histogram::percentile(double percentile) const {
  const uint64_t total = count();
  if (total == 0) return 0;
  const double share = std::clamp(percentile, 0.0, 100.0) / 100.0;
  const auto wanted =
      std::max<uint64_t>(1, static_cast<uint64_t>(std::ceil(share * static_cast<double>(total))));
  uint64_t seen = 0;
  for (size_t i = 0; i < kBuckets; ++i) {
    seen += counts_[i];
    if (seen >= wanted) return upper_bound(i);
  }
  return upper_bound(kBuckets - 1);
}

uint64_t Histogram::count_below(uint64_t value) const {
  uint64_t seen = 0;
  for (size_t i = 0; i < kBuckets && upper_bound(i) <= value; ++i) seen += counts_[i];
  return seen;
}

void CoreStats::reset() {
  CoreStats fresh;
  fresh.commands.resize(commands.size());
  *this = std::move(fresh);
}

}  // namespace rondo
