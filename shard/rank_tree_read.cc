// Finding in a tree, and checking it. How it changes is in rank_tree.cc.
#include <malloc.h>

#include "shard/rank_tree.h"

namespace rondo {

uint64_t RankTree::Inner::sum(uint32_t at, uint32_t n) const {
  uint64_t sum = 0;
  for (uint32_t i = at; i < at + n; ++i)
    sum += below[i];
  return sum;
}

uint32_t RankTree::Inner::child_of(double score, const ScoredMember* member) const {
  return search([&](double other, const ScoredMember* first) {
    if (other != score) return other < score;
    return first == member || first->text() <= member->text();
  });
}

uint32_t RankTree::Leaf::find(const ScoredMember* member) const {
  uint32_t i = 0;
  while (i < count && members[i] != member)
    ++i;
  CHECK(i < count);
  return i;
}

RankTree::Path RankTree::locate(const ScoredMember* member) const {
  CHECK(root_ != nullptr);
  Path path;
  const double score = member->score();
  void* node = root_;
  for (int level = 0; level < height_; ++level) {
    auto* inner = static_cast<Inner*>(node);
    path.nodes[level] = inner;
    path.at[level] = inner->child_of(score, member);
    node = inner->children[path.at[level]];
  }
  path.leaf = static_cast<Leaf*>(node);
  path.index = path.leaf->find(member);
  return path;
}

size_t RankTree::rank(const ScoredMember* member) const {
  const Path path = locate(member);
  size_t sum = path.index;
  for (int level = 0; level < height_; ++level)
    sum += path.nodes[level]->sum(0, path.at[level]);
  return sum;
}

RankTree::Leaf* RankTree::leaf_at(size_t& rank) const {
  CHECK(rank < size_);
  void* node = root_;
  for (int level = 0; level < height_; ++level) {
    const auto* inner = static_cast<const Inner*>(node);
    uint32_t i = 0;
    while (rank >= inner->below[i])
      rank -= inner->below[i++];
    node = inner->children[i];
  }
  return static_cast<Leaf*>(node);
}

ScoredMember* RankTree::at(size_t rank) const {
  const Leaf* leaf = leaf_at(rank);
  return leaf->members[rank];
}

// Returns how many members are below `node`, which is `level` levels above the leaves.
size_t RankTree::verify_node(const void* node, int level, const Leaf*& previous,
                             size_t& bytes) const {
  bytes += malloc_usable_size(const_cast<void*>(node));
  if (level == 0) {
    const auto* leaf = static_cast<const Leaf*>(node);
    CHECK(leaf->previous == previous);
    CHECK(leaf->count > 0 && leaf->count <= kLeafMax);
    const ScoredMember* before = nullptr;
    if (previous != nullptr) {
      CHECK(previous->next == leaf);
      before = previous->members[previous->count - 1];
    }
    for (uint32_t i = 0; i < leaf->count; ++i) {
      const ScoredMember* member = leaf->members[i];
      if (before != nullptr) CHECK(before->is_before(member->score(), member->text()));
      before = member;
    }
    previous = leaf;
    return leaf->count;
  }
  const auto* inner = static_cast<const Inner*>(node);
  CHECK(inner->count >= 2 && inner->count <= kInnerMax);
  size_t sum = 0;
  for (uint32_t i = 0; i < inner->count; ++i) {
    const void* child = inner->children[i];
    const ScoredMember* first = level == 1 ? static_cast<const Leaf*>(child)->members[0]
                                           : static_cast<const Inner*>(child)->firsts[0];
    CHECK(inner->firsts[i] == first);
    CHECK(inner->scores[i] == first->score());
    const size_t below = verify_node(child, level - 1, previous, bytes);
    CHECK(inner->below[i] == below);
    sum += below;
  }
  return sum;
}

size_t RankTree::verify() const {
  CHECK((root_ == nullptr) == (size_ == 0));
  if (root_ == nullptr) return 0;
  const Leaf* previous = nullptr;
  size_t bytes = 0;
  CHECK(verify_node(root_, height_, previous, bytes) == size_);
  CHECK(previous->next == nullptr);
  return bytes;
}

}  // namespace rondo
