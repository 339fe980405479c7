// HashObject: a hash that is too large to be packed. Every field is a block with its value
// (shard/hash_field.h) in a table of the kind that holds the keys of a database, so growth never
// stalls, scans keep SCAN's guarantee, and a field costs its bytes, two lengths and about 12 bytes
// of table. A field that expires is there, and counted, until somebody removes it.
//
// The blocks of short fields are pooled (shard/member_pool.h), where the allocator would round 24
// bytes up to 32; but those of the first kUnpooledMax are not, as a pool is worth its memory only
// for many.
//
// Owned by one entry or DetachedValue; touched only by the thread that executes for its shard. It
// counts its own memory, so that it can move between shards; so it must stand on the heap.
#pragma once

#include <cstddef>
#include <cstdint>
#include <limits>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "reactor/base/prng.h"
#include "shard/hash_field.h"
#include "shard/key.h"
#include "shard/member_pool.h"
#include "shard/memory.h"
#include "shard/object.h"
#include "shard/table.h"

namespace rondo {

class HashObject final : public Object {
 public:
  HashObject();
  ~HashObject() override;

  const char* encoding() const override { return "hashtable"; }
  size_t footprint() const override;
  bool free_some(size_t budget) override;
  std::unique_ptr<Object> clone() const override;

  size_t size() const { return table_.size(); }
  // False when there is no such field. Valid until the next change of this object.
  HashField find(const Key& field) const;
  // True when the field is new. The expiry is a time or kNoExpiry. REQUIRES for all changes: the
  // texts are not those of this object.
  bool set(const Key& field, std::string_view value, int64_t expire_at_ms = kNoExpiry);
  void set_expiry(const Key& field, int64_t expire_at_ms);  // REQUIRES: there is the field.
  bool erase(const Key& field);                             // False when there was none.

  // How many fields have an expiry.
  size_t expiring() const { return expiring_; }
  // Not before the first of them expires, and not so soon after the last walk that walks would cost
  // more than a few percent of the processor.
  int64_t next_expiry_ms() const override;
  // One step of a walk over all fields: removes those of about `budget` that have expired, and
  // appends their names. True when the walk has come to its end.
  bool expire_some(int64_t now_ms, size_t budget, std::vector<std::string>& removed);

  // A field chosen nearly uniformly. REQUIRES: size() > 0.
  HashField random(Prng& prng) const;
  // As Keyspace::scan: calls visit(HashField) for about `count` fields at the cursor and returns
  // the next cursor, 0 at the end.
  template <class Visit>
  uint64_t scan(uint64_t cursor, size_t count, Visit&& visit) const {
    return table_.scan(cursor, count, [&](Place place) { visit(HashField(place.word())); });
  }

  // Checks every invariant; CHECK-fails on a violation. Slow.
  void verify() const;

 private:
  static constexpr int64_t kNever = std::numeric_limits<int64_t>::max();
  static constexpr size_t kUnpooledMax = 64;

  void note_expiry(int64_t expire_at_ms);
  uint64_t create(std::string_view name, std::string_view value, int64_t expire_at_ms);
  // Whether the block of `field` is right for one of `bytes` bytes.
  static bool fits(const HashField& field, size_t bytes);
  // Frees a block that no word of the table refers to.
  void release(const HashField& field);
  void drop_pool();

  MemoryAccount account_;
  std::unique_ptr<MemberPool> pool_;  // None in small hashes.
  Table<HashFieldPolicy> table_;
  size_t expiring_ = 0;
  int64_t earliest_ms_ = kNever;       // No field expires before that.
  uint64_t walk_ = 0;                  // Where expire_some() goes on,
  int64_t walk_earliest_ms_ = kNever;  // and what it will know of the fields when it is through.
  int64_t next_walk_ms_ = 0;
};

}  // namespace rondo
