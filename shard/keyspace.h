// Keyspace: one logical database of one shard: keys, their values and their expiry. Owned by a
// Shard and touched only by the thread that executes for that shard. Every mutation here passes the
// shard's door (Shard::emit) with its effect, so callers do no bookkeeping.
//
// A key whose time has come is gone for every call below, whether or not its memory has been taken
// back: whoever looks it up removes it on the way (with an "expired" effect). While the shard keeps
// expired keys (Shard::keep_expired_until) only those who write do.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <span>
#include <string_view>

#include "reactor/base/shared_bytes.h"
#include "shard/detached_value.h"
#include "shard/effect.h"
#include "shard/entry.h"
#include "shard/field_sweep.h"
#include "shard/key.h"
#include "shard/packed.h"
#include "shard/sweep.h"
#include "shard/table.h"

namespace rondo {

class Graveyard;
class Shard;

// What a put does with the expiry: an absolute time in milliseconds, kNoExpiry, or kKeepExpiry.
inline constexpr int64_t kKeepExpiry = -2;

class Keyspace {
 public:
  Keyspace(Shard& shard, int index);
  Keyspace(const Keyspace&) = delete;
  Keyspace& operator=(const Keyspace&) = delete;
  ~Keyspace();

  size_t size() const { return table_.size(); }  // Keys, expired ones not yet removed included.
  size_t expires() const { return expires_; }    // Keys among them with an expiry.
  size_t expiring_hashes() const { return fields_.size(); }  // With fields that have one.
  int index() const { return index_; }  // Database number; changes with SWAPDB.
  // Average time to live of the keys with an expiry, sampled; 0 for none. For INFO.
  int64_t average_ttl_ms() const { return sweep_.average_ttl_ms(); }

  // The live entry of `key`, or a false handle. Counts a hit or a miss in the shard's statistics
  // and stamps the access time. A handle is valid until the next mutation of this keyspace.
  Entry find(const Key& key);
  // The same without statistics and access time: EXISTS-like checks inside writes, OBJECT, DEBUG.
  Entry peek(const Key& key);
  // Whether `key` is live, and nothing else: for listeners at the door, who must not mutate.
  bool contains(const Key& key) const;
  // Brings the cache lines that find(key) will touch closer: for a batch, call the first for all
  // keys, then the second, which reads what the first asked for.
  void prefetch(const Key& key) const { table_.prefetch(key.hash); }
  void prefetch_entry(const Key& key) const { table_.prefetch_entry(key.hash); }

  // For all calls that write: `key` and values may be views of anything but this keyspace's own
  // memory (an Entry's bytes), except that erase() takes any key. An expiry in the past is stored:
  // the key is gone for the next reader.

  // Writes a whole string value. A decimal integer in canonical form is stored as one; a value of
  // at least OutBuffer::kShareBytesMin bytes becomes a SharedBytes.
  void put_string(const Key& key, std::string_view value, int64_t expire_at_ms, Event event);
  // The same, adopting `value` without copying it when it is large.
  void put_shared(const Key& key, SharedBytes value, int64_t expire_at_ms, Event event);
  void put_integer(const Key& key, int64_t value, int64_t expire_at_ms, Event event);
  // The same for a short text that stays one even if it looks like an integer.
  void put_text(const Key& key, std::string_view value, int64_t expire_at_ms, Event event);
  // Replaces bytes [offset, offset + bytes.size()) of a string, creating the key or filling with
  // zero bytes as needed. In place and amortised when the value grows; the encoding becomes raw.
  // REQUIRES: the key is absent or a string. Returns the new length.
  size_t patch_string(const Key& key, size_t offset, std::string_view bytes, Event event);

  // Collections are changed where they are. A command looks its key up with find_to_change(), which
  // counts no hit or miss, changes the value by any of the calls that follow, and passes the door
  // once: with note_change(), or with erase() when nothing is left. A place is valid until a key
  // comes or goes. The calls are in keyspace_collections.cc.
  Place find_to_change(const Key& key);
  // A new collection without expiry. REQUIRES: the key is absent.
  Place create_packed(const Key& key, Type type, std::span<const PackedElement> elements);
  // The same for a value's bytes in any form.
  Place create_packed(const Key& key, std::string_view bytes);
  // REQUIRES: the entry at `place` is packed.
  void edit_packed(Place place, const PackedSplice& splice);
  // The same for bytes in any form: `removed` bytes at `offset` make room for `inserted` ones that
  // are not initialised. Returns the value's bytes; its count is for the caller to write.
  char* splice_packed(Place place, size_t offset, size_t removed, size_t inserted);
  // Makes the object the value of `key`, which may be absent; an expiry stays.
  Place put_object(const Key& key, Place place, std::unique_ptr<Object> object);
  // The opposite: the packed value `bytes`, which may be the object's own, takes its place. The
  // object has to be recounted before.
  void replace_object(const Key& key, Place place, std::string_view bytes);
  // An object's footprint was `before` and is `after` now.
  void recount_object(size_t before, size_t after);
  // `change` repeats what was done to the collection of `key`; see Effect::change.
  void note_change(const Key& key, Args change, Event event, bool created);
  // The hash of `key` has a field that expires at `at_ms`. To be called for every expiry that a
  // field is given, and whenever such a hash becomes an object.
  void note_field_expiry(const Key& key, int64_t at_ms) { fields_.note(key, at_ms); }
  // No field of it expires any more.
  void forget_field_expiry(const Key& key) { fields_.forget(key); }
  // Whether anybody hears of effects, for a `change` that is not simply the command.
  bool has_listeners() const;

  // Removes `key`; false when there was none. The memory of a large value is freed in slices.
  bool erase(const Key& key, Event event = events::kDel);

  // Sets or removes (kNoExpiry) the expiry of an existing key. A time in the past is the caller's
  // business: Redis deletes the key instead.
  void set_expiry(const Key& key, int64_t expire_at_ms, Event event);

  // The key was last used so many seconds ago.
  void set_idle(const Key& key, int64_t idle_s);

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
  static bool is_cursor(uint64_t cursor) { return TableBase::is_cursor(cursor); }

  // A live key chosen nearly uniformly, or a false handle. When none is found that is live, and
  // expired keys are kept, one of those, as Redis does.
  Entry random();

  // Checks every invariant; CHECK-fails on a violation. Slow. Returns the heap bytes of the table
  // and of all entries.
  size_t verify() const;

  // For statistics: DEBUG, MEMORY STATS.
  const TableBase& table() const { return table_; }

 private:
  friend class Shard;
  friend class Sweep;
  friend class FieldSweep;

  // The word of a live key, for a write or for a reader; removes an expired one if it may.
  Place locate(const Key& key);
  Place locate_to_read(const Key& key);
  // What find() and locate() do when a look-up is not of the usual kind.
  Entry find_any(const Key& key);
  Place locate_any(const Key& key);
  bool is_expired(const Entry& entry) const;
  Entry handle(Place place) const;
  Entry use(Place place);

  // Takes the word out of the table; its entry is for the caller to free after the effect, in which
  // `key` may be the entry's own.
  uint64_t unlink(const Key& key, Place place);
  void expire(const Key& key, Place place);
  // Makes `payload` the entry of `key`, instead of the one at `place` if there is one.
  void store(const Key& key, Place place, uint64_t payload);
  // The entry at `place` was changed where it is, or moved.
  void restore(Place place, uint64_t payload);
  void stamp(Place place);  // It was used now.
  // The value of this word is no longer that of `key`.
  void forget_fields(const Key& key, uint64_t word) {
    if (!fields_.empty() && !Entry(word).is_string()) [[unlikely]]
      fields_.forget(key);
  }
  void count_expiry(uint64_t word, int by);
  int64_t resolve_expiry(Place place, int64_t expire_at_ms) const;

  void put_bytes(const Key& key, Place place, std::string_view value, bool raw,
                 int64_t expire_at_ms);
  void put_number(const Key& key, Place place, int64_t value, int64_t expire_at_ms);
  void put_block(const Key& key, Place place, SharedBytes value, int64_t expire_at_ms);
  void put_packed(const Key& key, Place place, std::string_view bytes, int64_t expire_at_ms);
  void patch_inline(const Key& key, Place place, size_t offset, std::string_view bytes);
  void patch_block(Place place, size_t offset, std::string_view bytes);
  DetachedValue detach(uint64_t word);
  void note_fields(const Key& key);

  Effect effect_of(EffectKind kind, const Key& key, Event event) const;
  void emit_put(const Key& key, bool created, int64_t expire_at_ms, Event event);

  // Moves everything into the graveyard.
  void bury(Graveyard& graveyard);
  void set_index(int index) { index_ = index; }

  Shard& shard_;
  int index_;
  size_t expires_ = 0;
  Table<EntryPolicy> table_;
  Sweep sweep_;
  FieldSweep fields_;  // The hashes with fields that expire.
};

}  // namespace rondo
