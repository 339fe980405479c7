// FieldSweep: which hashes of one keyspace have fields that expire, and the background work that
// removes those whose time has come. Owned by its Keyspace.
//
// Hashes without such fields are not here and pay nothing. For each of the others there is one
// entry in a table of the keyspace's own kind: the key, no value, and as its expiry the time at
// which the hash should next be looked at. It is there as long as the key holds that hash, and is
// never later than the first of its fields, but for the pause that HashObject::next_expiry_ms()
// asks for. A slice walks on over that table as a Sweep does over keys: a turn takes 8 s, and 100
// ms where there are few hashes; when a slice has more to do, the next one is due at once.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "shard/effect.h"
#include "shard/entry.h"
#include "shard/key.h"
#include "shard/memory.h"
#include "shard/segment.h"
#include "shard/table.h"

namespace rondo {

namespace events {
inline constexpr Event kHexpired{"hexpired", 'h'};
}

class Graveyard;
class Keyspace;

// When a field of the collection should next be looked for that has expired, or kNoExpiry.
int64_t next_field_expiry_ms(const Entry& entry);

class FieldSweep {
 public:
  static constexpr uint32_t kSliceBuckets = 64;  // At most that many buckets in a slice,
  static constexpr size_t kSliceFields = 512;    // and about that many fields.

  explicit FieldSweep(MemoryAccount& account) : account_(account), table_(account) {}
  FieldSweep(const FieldSweep&) = delete;
  FieldSweep& operator=(const FieldSweep&) = delete;

  bool empty() const { return table_.empty(); }
  size_t size() const { return table_.size(); }  // Hashes.
  // The hash of `key` has a field that expires at `at_ms`.
  void note(const Key& key, int64_t at_ms);
  // `key` is gone, or holds something else.
  void forget(const Key& key);
  // The keyspace was emptied.
  void bury(Graveyard& graveyard);

  // True if a slice should run now.
  bool due(int64_t now_ns) const { return !table_.empty() && next_ns_ <= now_ns; }
  // Runs one slice. REQUIRES: due().
  void run(Keyspace& keyspace);

  // Checks every invariant that is not about the hashes; CHECK-fails on a violation. Slow. Returns
  // the heap bytes of the table and its entries.
  size_t verify() const;
  // The time that is noted for `key`, or kNoExpiry.
  int64_t noted_ms(const Key& key) const;

 private:
  static constexpr int64_t kTurnNs = 8'000'000'000;
  static constexpr int64_t kTickNs = 100'000'000;

  void set(const Key& key, int64_t at_ms);
  std::vector<std::string> collect(int64_t now_ms);
  bool expire(Keyspace& keyspace, const Key& key, size_t& budget);
  size_t expire_packed(Keyspace& keyspace, Place place, std::vector<std::string>& removed);
  void tell(Keyspace& keyspace, const Key& key, Place place,
            const std::vector<std::string>& removed, bool is_empty);

  MemoryAccount& account_;
  Table<EntryPolicy> table_;
  TableBase::Walk walk_;
  int64_t next_ns_ = 0;  // When the next slice is due.
};

}  // namespace rondo
