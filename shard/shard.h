// Shard: one core's part of all databases, with everything that data commands need: time, random
// numbers, statistics, memory accounting and the door that every mutation passes. It owns no
// thread, socket or clock, so a whole Redis runs in a unit test. One thread executes for a shard at
// a time: its own core, or a coordinator for which the core has parked it.
#pragma once

#include <cstdint>
#include <memory>
#include <vector>

#include "reactor/base/clock.h"
#include "reactor/base/prng.h"
#include "shard/effect.h"
#include "shard/keyspace.h"

namespace rondo {

struct ShardOptions {
  int index = 0;
  int databases = 16;
  uint64_t seed = 1;  // Of the shard's random numbers.
};

struct ShardStats {
  uint64_t hits = 0;
  uint64_t misses = 0;
  uint64_t expired = 0;
  uint64_t evicted = 0;
  uint64_t mutations = 0;  // Effects that passed the door: rdb_changes_since_last_save.
};

// Limits that commands check; set from the configuration.
struct ShardLimits {
  int64_t string_bytes_max = 512ll * 1024 * 1024;  // proto-max-bulk-len.
};

class Shard {
 public:
  explicit Shard(const ShardOptions& options);
  ~Shard();

  int index() const;
  int databases() const;
  Keyspace& db(int index);

  void set_time(Time now);  // Once per tick.
  Time now() const;
  int64_t now_ms() const;

  Prng& prng();
  ShardStats& stats();
  ShardLimits& limits();

  // The door. Keyspace calls it after each mutation.
  void emit(const Effect& effect);
  void add_sink(EffectSink* sink);
  void remove_sink(EffectSink* sink);

  // Empties a database or all of them; constant time: the memory is freed by free_slice().
  // Returns how many keys were dropped.
  size_t flush(int db);
  size_t flush_all();
  void swap(int db, int other);

  // Background work in small bounded pieces (some tens of microseconds each); true: more to do.
  bool expire_slice();  // Removes expired keys.
  bool free_slice();    // Frees detached memory.
  void set_active_expiry(bool on);

  // Heap bytes that keys, values and tables of this shard use, what the allocator adds included.
  size_t memory_bytes() const;

  void verify() const;
};

}  // namespace rondo
