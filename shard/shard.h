// Shard: one core's part of all databases, with everything that data commands need: time, random
// numbers, statistics, memory accounting and the door that every mutation passes. It owns no
// thread, socket or clock, so a whole Redis runs in a unit test. One thread executes for a shard at
// a time: its own core, or a coordinator for which the core has parked it.
#pragma once

#include <cstdint>
#include <memory>
#include <vector>

#include "reactor/base/check.h"
#include "reactor/base/clock.h"
#include "reactor/base/prng.h"
#include "shard/access_stamp.h"
#include "shard/effect.h"
#include "shard/graveyard.h"
#include "shard/keyspace.h"
#include "shard/list_limits.h"
#include "shard/memory.h"
#include "shard/waiters.h"
#include "shard/watches.h"

namespace rondo {

struct ShardOptions {
  int index = 0;
  int shard_count = 1;  // How many shards the process has; SCAN's cursor walks them all.
  int databases = 16;
  uint64_t seed = 1;  // Of the shard's random numbers.
};

struct ShardStats {
  uint64_t hits = 0;
  uint64_t misses = 0;
  // Changes as Redis counts them, rdb_changes_since_last_save: the effects that passed the door,
  // those that belong together as one. Of all shards together, since one may have the first part.
  uint64_t mutations = 0;
  uint64_t expired = 0;
  uint64_t expired_fields = 0;  // Of hashes, removed in the background.
  uint64_t evicted = 0;
};

// Up to where a collection is packed into one array of bytes.
struct PackedLimits {
  int64_t entries_max;      // Fields, members or elements.
  int64_t value_bytes_max;  // Of each.
};

// Limits that commands check; set from the configuration.
struct ShardLimits {
  int64_t string_bytes_max = 512ll * 1024 * 1024;  // proto-max-bulk-len.
  PackedLimits hash = {512, 64};                   // hash-max-listpack-entries and -value.
  PackedLimits set = {128, 64};                    // set-max-listpack-entries and -value.
  int64_t set_integers_max = 512;                  // set-max-intset-entries.
  ListLimits list = ListLimits::of(-2);            // list-max-listpack-size, -compress-depth.
  PackedLimits zset = {128, 64};                   // zset-max-listpack-entries and -value.
};

class Shard {
 public:
  explicit Shard(const ShardOptions& options);
  Shard(const Shard&) = delete;
  Shard& operator=(const Shard&) = delete;
  ~Shard();

  int index() const { return index_; }
  int shards() const { return shard_count_; }  // ShardOptions::shard_count.
  int databases() const { return static_cast<int>(databases_.size()); }
  Keyspace& db(int index) {
    CHECK(index >= 0 && index < databases());
    return *databases_[static_cast<size_t>(index)];
  }
  const Keyspace& db(int index) const { return const_cast<Shard*>(this)->db(index); }

  // Once per tick.
  void set_time(Time now) {
    now_ = now;
    now_ms_ = now.unix_ms();
    stamp_ = access_stamp(now_s());
  }
  Time now() const { return now_; }
  int64_t now_ms() const { return now_ms_; }
  // Monotonic seconds, for access times.
  int64_t now_s() const { return now_.mono_ns / 1'000'000'000; }

  // Until then keys whose time has come stay, unless they are written: CLIENT PAUSE. For readers
  // they are gone all the same.
  void keep_expired_until(int64_t unix_ms) { keep_expired_until_ms_ = unix_ms; }
  bool keeps_expired() const { return now_ms_ < keep_expired_until_ms_; }

  Prng& prng() { return prng_; }
  ShardStats& stats() { return stats_; }
  ShardLimits& limits() { return limits_; }
  Watches& watches() { return watches_; }
  Waiters& waiters() { return waiters_; }
  const Waiters& waiters() const { return waiters_; }

  // While off, find() does not count as a use of the key: CLIENT NO-TOUCH.
  void set_touch(bool on) { touch_ = on; }
  bool touch() const { return touch_; }
  AccessStamp stamp() const { return stamp_; }

  // The door. Keyspace calls it after each mutation with a function that makes the effect, which
  // is called only if anybody listens. The effect's views are valid during the call.
  template <class MakeEffect>
  void emit(MakeEffect&& make_effect) {
    ++stats_.mutations;
    if (!sinks_.empty()) [[unlikely]]
      notify(make_effect());
  }
  // The same for what time and memory did, not a client: expired and evicted keys.
  template <class MakeEffect>
  void emit_removal(MakeEffect&& make_effect) {
    if (!sinks_.empty()) [[unlikely]]
      notify(make_effect());
  }
  // Two effects of a command that Redis counts as one change: it moved something.
  void count_as_one() { --stats_.mutations; }
  // A command wanted to read a key that is not there: counts it.
  void note_miss(int db, std::string_view key) {
    ++stats_.misses;
    if (!sinks_.empty()) [[unlikely]]
      notify_miss(db, key);
  }
  bool has_sinks() const { return !sinks_.empty(); }
  // A sink must not mutate the shard from on_effect(), nor come or go there.
  void add_sink(EffectSink* sink);
  void remove_sink(EffectSink* sink);

  // Empties a database or all of them; constant time: the memory is freed by free_slice().
  // Returns how many keys were dropped.
  size_t flush(int db);
  size_t flush_all();
  void swap(int db, int other);

  // Background work in small bounded pieces (some tens of microseconds each); true: more to do.
  bool expire_slice();  // Removes expired keys and ages access times.
  bool free_slice() { return graveyard_.free_slice(); }  // Frees detached memory.
  void set_active_expiry(bool on) { active_expiry_ = on; }

  // Heap bytes that keys, values and tables of this shard use, what the allocator adds included.
  // Memory that waits for free_slice() counts.
  size_t memory_bytes() const { return account_.used(); }
  // For those who allocate on behalf of this shard.
  MemoryAccount& account() { return account_; }
  Graveyard& graveyard() { return graveyard_; }

  void verify() const;

 private:
  void notify(const Effect& effect);
  void notify_miss(int db, std::string_view key);
  void run_sweeps(Keyspace& keyspace);

  // What every command reads and writes is one cache line: it moves to another CPU when a core
  // lends its shard.
  alignas(64) Time now_;
  int64_t now_ms_ = 0;
  int64_t keep_expired_until_ms_ = 0;
  AccessStamp stamp_ = 0;
  bool touch_ = true;
  bool active_expiry_ = true;
  ShardStats stats_;
  // What nearly no command writes.
  const int index_;
  const int shard_count_;
  std::vector<EffectSink*> sinks_;
  std::vector<std::unique_ptr<Keyspace>> databases_;
  ShardLimits limits_;
  int sweep_db_ = 0;  // Whose turn it is in expire_slice().
  Prng prng_;
  MemoryAccount account_;
  Graveyard graveyard_;
  Watches watches_;
  Waiters waiters_;
};

}  // namespace rondo
