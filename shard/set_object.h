// SetObject: a set that is too large to be packed: a table of the kind that holds the keys of a
// database, so growth never stalls and scans keep SCAN's guarantee. Its words are drawn in
// shard/set_member.h: a member costs about 12 bytes of table, and its bytes and a length unless it
// is a short text or an integer.
//
// Owned by one entry or DetachedValue; touched only by the thread that executes for its shard. It
// counts its own memory, so that it can move between shards; so it must stand on the heap.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>

#include "reactor/base/prng.h"
#include "shard/key.h"
#include "shard/memory.h"
#include "shard/object.h"
#include "shard/packed.h"
#include "shard/set_member.h"
#include "shard/table.h"

namespace rondo {

class SetObject final : public Object {
 public:
  SetObject();
  ~SetObject() override;

  const char* encoding() const override { return "hashtable"; }
  size_t footprint() const override;
  bool free_some(size_t budget) override;
  std::unique_ptr<Object> clone() const override;

  size_t size() const { return table_.size(); }
  bool contains(const Key& member) const;
  bool insert(const Key& member);  // False when it was there.
  bool erase(const Key& member);   // False when there was none.

  // A member chosen nearly uniformly, as a name that is valid until the next change of this object.
  // REQUIRES: size() > 0.
  uint64_t random(Prng& prng) const;
  // The member of such a name; its bytes are in this object or in `scratch`.
  static Item item(uint64_t name, char (&scratch)[8]) { return SetMember::item(name, scratch); }

  // As Keyspace::scan: calls visit(Item) for about `count` members at the cursor and returns the
  // next cursor, 0 at the end. The Item is valid during the call, unless it is an integer.
  template <class Visit>
  uint64_t scan(uint64_t cursor, size_t count, Visit&& visit) const {
    return scan_names(cursor, count, [&](uint64_t name) {
      char scratch[8];
      visit(item(name, scratch));
    });
  }
  // The same with visit(name).
  template <class Visit>
  uint64_t scan_names(uint64_t cursor, size_t count, Visit&& visit) const {
    return table_.scan(cursor, count, [&](Place place) { visit(place.word()); });
  }

  // Checks every invariant; CHECK-fails on a violation. Slow.
  void verify() const;

 private:
  MemoryAccount account_;
  Table<SetMemberPolicy> table_;
};

}  // namespace rondo
