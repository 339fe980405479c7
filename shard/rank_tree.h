// RankTree: the members of a large sorted set in their order. A B+tree whose inner nodes count what
// is below them, so a rank is found from a member, and a member from a rank, on one way down.
// Owned by the set's object, touched only by the thread that executes for its shard. The members
// belong to somebody else.
//
//   leaf    512 bytes    [ previous 8 ][ next 8 ][ count 8 ][ member 8 ]...       up to 61 members
//   inner   2024 bytes   [ count 8 ][ score 8 ]...[ first 8 ]...[ child 8 ]...[ below 8 ]...
//                                                                                 up to 63 children
//
// `first` is the first member below a child and `score` is that member's score, so that a way down
// reads members only where scores are equal. All leaves are at one depth and linked both ways.
//
// Fill. A full leaf gives members to a neighbour that has room before it splits, which keeps random
// insertions near 80 %; and one at either end of the tree, filled in order, is left full. Leaves
// below a third are merged with a neighbour or share with it. So a member takes about 10 bytes
// here.
//
// Searching a leaf reads members, which are anywhere in memory: every eighth is asked for at once,
// then the eight between two of them, so it waits twice instead of six times. For a member that is
// known to be there its pointer is looked for, and no member is read at all.
//
// The B+tree is that of D. Comer, "The Ubiquitous B-Tree", ACM Computing Surveys 11 (1979), and the
// counts are order statistics as in T. Cormen et al., "Introduction to Algorithms", chapter 14.
#pragma once

#include <cstddef>
#include <cstdint>

#include "shard/memory.h"
#include "shard/scored_member.h"
#include "shard/segment.h"

namespace rondo {

class RankTree {
 public:
  explicit RankTree(MemoryAccount& account) : account_(account) {}
  RankTree(const RankTree&) = delete;
  RankTree& operator=(const RankTree&) = delete;
  ~RankTree();

  size_t size() const { return size_; }

  // REQUIRES: there is no member of the same score and text.
  void insert(ScoredMember* member);
  // REQUIRES for these: `member` is in the tree.
  void erase(const ScoredMember* member);
  // `by` has the same score and text.
  void replace(const ScoredMember* member, ScoredMember* by);
  // Gives the member this score where it stands; false, and no change, when it would have to move.
  bool rescore(ScoredMember* member, double score);
  size_t rank(const ScoredMember* member) const;

  // The member of rank `rank`, counted from 0. REQUIRES: rank < size().
  ScoredMember* at(size_t rank) const;
  // Calls visit(const ScoredMember&) for `count` members in their order from rank `first` on, or in
  // the opposite order from there. REQUIRES: there are so many.
  template <class Visit>
  void visit(size_t first, size_t count, Visit&& visit) const;
  template <class Visit>
  void visit_back(size_t first, size_t count, Visit&& visit) const;
  // How many members satisfy `is_before(score, member)`. REQUIRES: they are the first ones.
  template <class IsBefore>
  size_t count_before(IsBefore&& is_before) const;

  // Frees up to `leaves` leaves; true when nothing is left. For nothing but freeing everything.
  bool free_some(size_t leaves);

  // Checks every invariant; CHECK-fails on a violation. Slow. Returns the heap bytes of the nodes.
  size_t verify() const;

  static constexpr uint32_t kLeafMax = 61;
  static constexpr uint32_t kInnerMax = 63;

  struct Leaf {
    Leaf* previous;
    Leaf* next;
    uint32_t count;
    ScoredMember* members[kLeafMax];

    // How many of the members are before.
    template <class IsBefore>
    uint32_t search(IsBefore&& is_before) const;
    uint32_t find(const ScoredMember* member) const;
  };

 private:
  static constexpr uint32_t kLeafMin = kLeafMax / 3;    // Below this it is merged or shares,
  static constexpr uint32_t kLeafMerged = 48;           // merged if both have no more than this.
  static constexpr uint32_t kInnerMin = kInnerMax / 3;  // The same of inner nodes.
  static constexpr uint32_t kInnerMerged = 50;
  static constexpr int kHeightMax = 16;

  struct Inner {
    uint32_t count;
    double scores[kInnerMax];
    ScoredMember* firsts[kInnerMax];
    void* children[kInnerMax];
    uint64_t below[kInnerMax];  // Members below the child.

    void set_first(uint32_t i, ScoredMember* member) {
      firsts[i] = member;
      scores[i] = member->score();
    }
    // The last child whose first member is before, or child 0.
    template <class IsBefore>
    uint32_t search(IsBefore&& is_before) const;
    // The child that has, or would have, a member of this score and text.
    uint32_t child_of(double score, const ScoredMember* member) const;
    void open(uint32_t at, uint32_t n);   // Makes room for n children.
    void close(uint32_t at, uint32_t n);  // Removes n children.
    void copy(uint32_t to, const Inner& from, uint32_t at, uint32_t n);
    uint64_t sum(uint32_t at, uint32_t n) const;
  };
  static_assert(sizeof(Leaf) == 512);
  static_assert(sizeof(Inner) == 2024);

  // The way down to a leaf; level 0 is the root.
  struct Path {
    Inner* nodes[kHeightMax];
    uint32_t at[kHeightMax];
    Leaf* leaf;
    uint32_t index;
  };

  // How many members ahead of their use a walk asks for them.
  static constexpr uint32_t kAhead = 8;

  Path locate(const ScoredMember* member) const;
  // The leaf with the member of this rank, which becomes the index there.
  Leaf* leaf_at(size_t& rank) const;
  Leaf* new_leaf(Leaf* previous, Leaf* next);
  Inner* new_inner() { return static_cast<Inner*>(account_.allocate(sizeof(Inner))); }
  void raise_root();

  // The parts of insert(): `member` will be below child i of `parent`.
  void split_inner(Inner* parent, uint32_t i, uint32_t moved);
  void make_room(Inner* parent, uint32_t& i, uint32_t& index);
  void add_leaf(Inner* parent, uint32_t at, Leaf* leaf);
  static void move_right(Inner* parent, uint32_t i, uint32_t n);
  static void move_left(Inner* parent, uint32_t i, uint32_t n);

  // The parts of erase().
  void mend(Path& path);
  void share_leaves(Inner* parent, uint32_t i);
  void share_inner(Inner* parent, uint32_t i);
  static void mend_first(Path& path, int level, ScoredMember* first);

  size_t verify_node(const void* node, int level, const Leaf*& previous, size_t& bytes) const;

  MemoryAccount& account_;
  void* root_ = nullptr;
  int height_ = 0;  // Levels of inner nodes.
  size_t size_ = 0;
};

template <class Visit>
void RankTree::visit(size_t first, size_t count, Visit&& visit) const {
  if (count == 0) return;
  const Leaf* leaf = leaf_at(first);
  auto i = static_cast<uint32_t>(first);
  for (uint32_t ahead = i; ahead < i + kAhead && ahead < leaf->count; ++ahead)
    prefetch_line(leaf->members[ahead]);
  while (count-- > 0) {
    if (i == leaf->count) {
      leaf = leaf->next;
      i = 0;
      for (uint32_t ahead = 0; ahead < kAhead && ahead < leaf->count; ++ahead)
        prefetch_line(leaf->members[ahead]);
      if (leaf->next != nullptr) prefetch_line(leaf->next);
    }
    if (i + kAhead < leaf->count) prefetch_line(leaf->members[i + kAhead]);
    visit(*leaf->members[i++]);
  }
}

template <class Visit>
void RankTree::visit_back(size_t first, size_t count, Visit&& visit) const {
  if (count == 0) return;
  const Leaf* leaf = leaf_at(first);
  auto i = static_cast<uint32_t>(first) + 1;
  while (count-- > 0) {
    if (i == 0) {
      leaf = leaf->previous;
      i = leaf->count;
      for (uint32_t ahead = i > kAhead ? i - kAhead : 0; ahead < i; ++ahead)
        prefetch_line(leaf->members[ahead]);
    }
    if (i > kAhead) prefetch_line(leaf->members[i - 1 - kAhead]);
    visit(*leaf->members[--i]);
  }
}

template <class IsBefore>
uint32_t RankTree::Leaf::search(IsBefore&& is_before) const {
  constexpr uint32_t kStep = 8;
  for (uint32_t i = kStep - 1; i < count; i += kStep)
    prefetch_line(members[i]);
  uint32_t low = 0;
  uint32_t high = count;
  for (uint32_t i = kStep - 1; i < count; i += kStep) {
    if (!is_before(members[i]->score(), members[i])) {
      high = i;
      break;
    }
    low = i + 1;
  }
  for (uint32_t i = low; i < high; ++i)
    prefetch_line(members[i]);
  while (low < high && is_before(members[low]->score(), members[low]))
    ++low;
  return low;
}

template <class IsBefore>
uint32_t RankTree::Inner::search(IsBefore&& is_before) const {
  uint32_t low = 0;
  uint32_t high = count;
  while (low < high) {
    const uint32_t middle = (low + high) / 2;
    if (is_before(scores[middle], firsts[middle])) {
      low = middle + 1;
    } else {
      high = middle;
    }
  }
  return low == 0 ? 0 : low - 1;
}

template <class IsBefore>
size_t RankTree::count_before(IsBefore&& is_before) const {
  if (root_ == nullptr) return 0;
  size_t sum = 0;
  const void* node = root_;
  for (int level = 0; level < height_; ++level) {
    const auto* inner = static_cast<const Inner*>(node);
    const uint32_t i = inner->search(is_before);
    sum += inner->sum(0, i);
    node = inner->children[i];
  }
  return sum + static_cast<const Leaf*>(node)->search(is_before);
}

}  // namespace rondo
