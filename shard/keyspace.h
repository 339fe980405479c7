// Keyspace: one logical database of one shard: keys, their values and their expiry. Owned by a
// Shard and touched only by the thread that executes for that shard. Every mutation here passes the
// shard's door (Shard::emit) with its effect, so callers do no bookkeeping.
//
// A key whose time has come is gone for every call below, whether or not its memory has been taken
// back: find() removes it on the way (with an "expired" effect).
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>

#include "reactor/base/shared_bytes.h"
#include "shard/effect.h"
#include "shard/entry.h"
#include "shard/key.h"
#include "shard/table.h"

namespace rondo {

class Shard;

inline constexpr int64_t kNoExpiry = -1;

// What a put does with the expiry: an absolute time in milliseconds, kNoExpiry, or kKeepExpiry.
inline constexpr int64_t kKeepExpiry = -2;

// A value taken out of a keyspace, with its expiry, on its way to another key, database or shard.
class DetachedValue;

class Keyspace {
 public:
  Keyspace(Shard& shard, int index);
  ~Keyspace();

  size_t size() const;            // Keys, expired ones not yet removed included.
  size_t expires() const;         // Keys among them with an expiry.
  int index() const;              // Database number; changes with SWAPDB.

  // The live entry of `key`, or a false handle. Counts a hit or a miss in the shard's statistics
  // and stamps the access time. A handle is valid until the next mutation of this keyspace.
  Entry find(const Key& key);
  // The same without statistics and access time: EXISTS-like checks inside writes, OBJECT, DEBUG.
  Entry peek(const Key& key);
  // Brings the cache lines that find(key) will touch closer.
  void prefetch(const Key& key) const;

  // Writes a whole string value. A decimal integer in canonical form is stored as one; a value of
  // at least OutBuffer::kShareBytesMin bytes becomes a SharedBytes.
  void put_string(const Key& key, std::string_view value, int64_t expire_at_ms, Event event);
  // The same, adopting `value` without copying it when it is large.
  void put_shared(const Key& key, SharedBytes value, int64_t expire_at_ms, Event event);
  void put_integer(const Key& key, int64_t value, int64_t expire_at_ms, Event event);
  // Replaces bytes [offset, offset + bytes.size()) of a string, creating the key or filling with
  // zero bytes as needed. In place and amortised when the value grows; the encoding becomes raw.
  // REQUIRES: the key is absent or a string. Returns the new length.
  size_t patch_string(const Key& key, size_t offset, std::string_view bytes, Event event);

  // Removes `key`; false when there was none. The memory of a large value is freed in slices.
  bool erase(const Key& key, Event event = events::kDel);

  // Sets or removes (kNoExpiry) the expiry of an existing key. A time in the past is the caller's
  // business: Redis deletes the key instead.
  void set_expiry(const Key& key, int64_t expire_at_ms, Event event);

  // Takes the value out (effect kErase with `event`), or copies it. REQUIRES: the key exists.
  DetachedValue take(const Key& key, Event event);
  DetachedValue copy(const Key& key);
  // Stores a detached value under `key` with its expiry, replacing what was there.
  void put(const Key& key, DetachedValue value, Event event);

  // Calls visit(Entry) for the live keys at the cursor's position and returns the next cursor, 0
  // at the end; `count` is how many slots to look at, a hint as in SCAN. A cursor has 53 bits.
  // Guarantee: a key present from the first call to the last is visited at least once. `visit`
  // must not mutate.
  uint64_t scan(uint64_t cursor, size_t count, const std::function<void(Entry)>& visit);
  // True if `cursor` can have come from scan(); anything may be passed to scan() all the same.

  // A live key chosen nearly uniformly, or a false handle.
  Entry random();

  // Checks every invariant; CHECK-fails on a violation. Slow.
  void verify() const;
};

}  // namespace rondo
