#include "shard/sweep.h"

#include <algorithm>

#include "shard/access_stamp.h"
#include "shard/keyspace.h"
#include "shard/shard.h"

namespace rondo {

// The next slice is due when the buckets of the last one have used up their part of a turn.
int64_t Sweep::due_at(const TableBase& table, size_t expires) const {
  if (!running_) return INT64_MIN;
  const auto done = static_cast<int64_t>(buckets_);
  const auto buckets = std::max<int64_t>(1, static_cast<int64_t>(table.buckets()));
  if (expires == 0) return slice_ns_ + done * kAgeingNs / buckets;
  const int64_t at_least_ns = std::max(kTickNs, done * kTickNs / kTickBuckets);
  return slice_ns_ + std::min(done * kExpiringNs / buckets, at_least_ns);
}

bool Sweep::due(const TableBase& table, size_t expires, int64_t now_ns) const {
  if (table.empty()) return false;
  return hot_ || due_at(table, expires) <= now_ns;
}

void Sweep::begin_turn(int64_t now_ns) {
  const double average_ms = ttl_sum_ms_ / static_cast<double>(std::max<int64_t>(ttl_count_, 1));
  average_ttl_ms_ = static_cast<int64_t>(std::min(average_ms, 1e18));
  ttl_sum_ms_ = 0;
  ttl_count_ = 0;
  ageing_ = now_ns - aged_ns_ >= kAgeingNs / 2;
  if (!ageing_) return;
  elapsed_s_ = static_cast<uint32_t>((now_ns - aged_ns_) / 1'000'000'000);
  aged_ns_ = now_ns;
}

void Sweep::run(Keyspace& keyspace, bool remove_expired) {
  Shard& shard = keyspace.shard_;
  const TableBase& table = keyspace.table_;
  const int64_t now_ns = shard.now().mono_ns;
  if (!running_) {
    running_ = true;
    slice_ns_ = aged_ns_ = now_ns;
  } else {
    const int64_t due_ns = due_at(table, keyspace.expires());
    slice_ns_ = std::clamp(due_ns, now_ns - kLagMaxNs, now_ns);
  }

  buckets_ = read_ = removed_ = 0;
  while (buckets_ < kSliceBuckets && !table.empty()) {
    Bucket* bucket = table.at(walk_);
    if (bucket != nullptr && ageing_) age(*bucket, shard.now_s(), shard.prng());
    if (bucket != nullptr && keyspace.expires() > 0 && remove_expired) {
      expire(keyspace, shard.now_ms());
    }
    ++buckets_;
    if (removed_ == kSliceExpired) break;  // This bucket may hold more.
    if (table.advance(walk_)) {
      begin_turn(now_ns);
      break;
    }
  }
  hot_ = removed_ > 0 && removed_ * 10 >= read_;
}

void Sweep::age(Bucket& bucket, int64_t now_s, Prng& prng) const {
  const uint32_t n = bucket.count();
  for (uint32_t i = 0; i < n; ++i) {
    const AccessStamp aged = age_stamp(bucket.stamps[i], now_s, elapsed_s_, prng);
    if (aged != bucket.stamps[i]) bucket.stamps[i] = aged;
  }
}

// Removes the expired keys of the bucket at the walk's position, also those that removals bring
// there.
void Sweep::expire(Keyspace& keyspace, int64_t now_ms) {
  const TableBase& table = keyspace.table_;
  // The entries of a bucket further on are asked for while this one's are read.
  constexpr uint32_t kAhead = 2;
  if (const Bucket* ahead = table.at({walk_.hash, walk_.bucket + kAhead})) {
    for (uint64_t word : ahead->words) {
      if (Entry(word).has_expiry()) EntryPolicy::prefetch(word);
    }
  }
  uint32_t i = 0;
  while (i < Bucket::kWords && removed_ < kSliceExpired) {
    Bucket* bucket = table.at(walk_);  // A removal may have changed the segment.
    if (bucket == nullptr || bucket->words[i] == 0) return;
    const Entry entry(bucket->words[i]);
    if (!entry.has_expiry()) {
      ++i;
      continue;
    }
    ++read_;
    const int64_t at_ms = entry.expire_at_ms();
    if (at_ms > now_ms) {
      ttl_sum_ms_ += static_cast<double>(at_ms - now_ms);
      ++ttl_count_;
      ++i;
      continue;
    }
    // Another word takes this place.
    keyspace.expire(make_key(entry.key()), Place{bucket, i});
    ++removed_;
  }
}

}  // namespace rondo
