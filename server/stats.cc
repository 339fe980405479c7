#include "server/stats.h"

#include <algorithm>
#include <cmath>

namespace rondo {

void Histogram::add(const Histogram& other) {
  for (size_t i = 0; i < kBuckets; ++i)
    counts_[i] += other.counts_[i];
}

uint64_t Histogram::count() const {
  uint64_t sum = 0;
  for (const uint32_t count : counts_)
    sum += count;
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
  for (size_t i = 0; i < kBuckets && upper_bound(i) <= value; ++i)
    seen += counts_[i];
  return seen;
}

void CoreCounters::add(const CoreCounters& other) {
  commands_total += other.commands_total;
  connections_total += other.connections_total;
  rejected_connections += other.rejected_connections;
  input_bytes += other.input_bytes;
  output_bytes += other.output_bytes;
  reads += other.reads;
  writes += other.writes;
  error_replies += other.error_replies;
  query_limit_disconnections += other.query_limit_disconnections;
  output_limit_disconnections += other.output_limit_disconnections;
  parcels_sent += other.parcels_sent;
  hops += other.hops;
  transactions += other.transactions;
  transaction_retries += other.transaction_retries;
  borrowed += other.borrowed;
  deferred += other.deferred;
}

void RateSampler::Rates::add(const Rates& other) {
  commands += other.commands;
  input_bytes += other.input_bytes;
  output_bytes += other.output_bytes;
}

// A core that slept takes its next sample late; it then counts for the time that it covers.
void RateSampler::take(int64_t mono_ns, const CoreCounters& now) {
  const int64_t elapsed_ns = mono_ns - sampled_ns_;
  const auto rate = [&](uint64_t from, uint64_t to) {
    return to <= from ? 0.0
                      : static_cast<double>(to - from) * 1e9 / static_cast<double>(elapsed_ns);
  };
  if (sampled_ns_ != 0) {
    const Rates sample = {rate(before_.commands_total, now.commands_total),
                          rate(before_.input_bytes, now.input_bytes),
                          rate(before_.output_bytes, now.output_bytes)};
    const auto periods = static_cast<size_t>(elapsed_ns / kPeriodNs);
    for (size_t i = 0; i < std::min(periods, kSamples); ++i) {
      samples_[next_] = sample;
      next_ = (next_ + 1) % kSamples;
    }
  }
  sampled_ns_ = mono_ns;
  before_ = now;
}

RateSampler::Rates RateSampler::rates() const {
  Rates sum;
  for (const Rates& sample : samples_)
    sum.add(sample);
  constexpr auto kCount = static_cast<double>(kSamples);
  return {sum.commands / kCount, sum.input_bytes / kCount, sum.output_bytes / kCount};
}

void CoreStats::reset() {
  CoreStats fresh;
  fresh.commands.resize(commands.size());
  *this = std::move(fresh);
}

}  // namespace rondo
