// Sweep: the background walk over the buckets of one keyspace. It removes keys whose time has come
// (active expiry) and ages the access stamps before they become ambiguous. Owned by its Keyspace.
//
// The words of a bucket say which entries have an expiry, so entries without one are never read.
// Pace: a whole turn in 32 s while no key has an expiry, for the stamps alone; in 8 s when some
// have, and at least 64 buckets each 100 ms, so that small databases expire promptly. As long as
// a slice finds that a tenth or more of the expiries it read had passed, the next one is due at
// once, as an expiry storm should cost processor time rather than memory.
#pragma once

#include <cstdint>

#include "reactor/base/prng.h"
#include "shard/table.h"

namespace rondo {

class Keyspace;

class Sweep {
 public:
  static constexpr uint32_t kSliceBuckets = 256;  // At most that many buckets in a slice,
  static constexpr uint32_t kSliceExpired = 32;   // and that many removed keys.

  // True if a slice should run now.
  bool due(const TableBase& table, size_t expires, int64_t now_ns) const;
  // Runs one slice. REQUIRES: due(). `remove_expired` is false while active expiry is off.
  void run(Keyspace& keyspace, bool remove_expired);

  // Average time to live of the keys with an expiry that the walk saw lately; 0 for none.
  int64_t average_ttl_ms() const { return average_ttl_ms_; }
  // The keyspace was emptied.
  void restart() { *this = Sweep(); }

 private:
  static constexpr int64_t kAgeingNs = 32'000'000'000;   // A turn for the stamps alone.
  static constexpr int64_t kExpiringNs = 8'000'000'000;  // A turn with expiring keys.
  static constexpr int64_t kTickNs = 100'000'000;
  static constexpr int64_t kTickBuckets = 64;
  static constexpr int64_t kLagMaxNs = 500'000'000;  // Of what was missed, so much is made up.

  int64_t due_at(const TableBase& table, size_t expires) const;
  void begin_turn(int64_t now_ns);
  void age(Bucket& bucket, int64_t now_s, Prng& prng) const;
  void expire(Keyspace& keyspace, int64_t now_ms);

  TableBase::Walk walk_;
  bool running_ = false;  // The times below are set.
  bool hot_ = false;      // The last slice found many expired keys.
  int64_t slice_ns_ = 0;  // When the last slice was due,
  uint32_t buckets_ = 0;  // and how many buckets it looked at.
  uint32_t read_ = 0;     // Expiries that this slice read,
  uint32_t removed_ = 0;  // and keys that it removed.

  bool ageing_ = false;     // This turn ages the stamps.
  int64_t aged_ns_ = 0;     // The last one that did began then,
  uint32_t elapsed_s_ = 0;  // so long after the one before.

  double ttl_sum_ms_ = 0;  // Of this turn; a sum of times that clients chose would overflow.
  int64_t ttl_count_ = 0;
  int64_t average_ttl_ms_ = 0;
};

}  // namespace rondo
