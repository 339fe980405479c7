// HashObject: a hash that is too large to be packed. Every field is an entry of its own (drawn in
// shard/entry.h: field, value and lengths in one allocation) in a table of the kind that holds the
// keys of a database, so growth never stalls, scans keep SCAN's guarantee, and a field costs its
// bytes, two lengths and about 12 bytes of table.
//
// Owned by one entry or DetachedValue; touched only by the thread that executes for its shard. It
// counts its own memory, so that it can move between shards; so it must stand on the heap.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string_view>

#include "reactor/base/prng.h"
#include "shard/entry.h"
#include "shard/key.h"
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
  // A field: key() is its name and value() its value. False when there is none. Valid until the
  // next change of this object.
  Entry find(const Key& field) const;
  // True when the field is new.
  bool set(const Key& field, std::string_view value);
  bool erase(const Key& field);  // False when there was none.

  // A field chosen nearly uniformly. REQUIRES: size() > 0.
  Entry random(Prng& prng) const;
  // As Keyspace::scan: calls visit(Entry) for about `count` fields at the cursor and returns the
  // next cursor, 0 at the end.
  template <class Visit>
  uint64_t scan(uint64_t cursor, size_t count, Visit&& visit) const {
    return table_.scan(cursor, count, [&](Place place) { visit(Entry(place.word())); });
  }

  static std::string_view value(const Entry& field) {
    char scratch[24];  // For integers: there are none here.
    return field.string(scratch);
  }

  // Checks every invariant; CHECK-fails on a violation. Slow.
  void verify() const;

 private:
  MemoryAccount account_;
  Table<EntryPolicy> table_;
};

}  // namespace rondo
