// SortedSetObject: a sorted set that is too large to be packed. Every member is a block with its
// score (shard/scored_member.h) to which two structures point: a table of the kind that holds the
// keys of a database finds it by its bytes, and a tree that counts (shard/rank_tree.h) by its score
// or its rank. A member of 14 bytes costs 24 bytes, about 12 of the table and about 11 of the tree.
//
// Owned by one entry or DetachedValue; touched only by the thread that executes for its shard. It
// counts its own memory, so that it can move between shards; so it must stand on the heap.
//
// The name of its encoding is that of Redis's structure, which clients know.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>

#include "shard/key.h"
#include "shard/member_pool.h"
#include "shard/memory.h"
#include "shard/object.h"
#include "shard/rank_tree.h"
#include "shard/scored_member.h"
#include "shard/table.h"

namespace rondo {

// What the index needs to know of members.
struct MemberPolicy {
  using Probe = std::string_view;
  static ScoredMember* member(uint64_t word) {
    return reinterpret_cast<ScoredMember*>(payload_of(word));
  }
  static uint64_t hash(uint64_t word) { return hash_key(member(word)->text()); }
  static bool equal(uint64_t word, const Probe& probe) { return member(word)->text() == probe; }
  static void prefetch(uint64_t word) { prefetch_line(member(word)); }
  static void prefetch_all(uint64_t word) { prefetch(word); }
};

class SortedSetObject final : public Object {
 public:
  SortedSetObject();
  ~SortedSetObject() override;

  const char* encoding() const override { return "skiplist"; }
  size_t footprint() const override;
  bool free_some(size_t budget) override;
  std::unique_ptr<Object> clone() const override;

  size_t size() const { return tree_.size(); }
  // Null when there is no such member. Valid until the next change of this object.
  ScoredMember* find(const Key& member) const;
  // REQUIRES: there is no such member.
  void insert(const Key& member, double score);
  // REQUIRES: `member` is of this set.
  void rescore(ScoredMember* member, double score);
  bool erase(const Key& member);  // False when there was none.
  // Erases `count` members from rank `first` on. REQUIRES: there are so many.
  void erase_range(size_t first, size_t count);

  // The members in their order: ranks, and walks.
  const RankTree& order() const { return tree_; }

  // As Keyspace::scan: calls visit(const ScoredMember&) for about `count` members at the cursor and
  // returns the next cursor, 0 at the end.
  template <class Visit>
  uint64_t scan(uint64_t cursor, size_t count, Visit&& visit) const {
    return index_.scan(cursor, count,
                       [&](Place place) { visit(*MemberPolicy::member(place.word())); });
  }

  // Checks every invariant; CHECK-fails on a violation. Slow.
  void verify() const;

 private:
  void remove(const Key& member, Place place);

  MemoryAccount account_;
  MemberPool pool_;
  Table<MemberPolicy> index_;
  RankTree tree_;
};

}  // namespace rondo
