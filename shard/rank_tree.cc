// How the tree grows and shrinks. Finding and checking are in rank_tree_read.cc.
#include "shard/rank_tree.h"

#include <algorithm>
#include <cstring>

namespace rondo {

namespace {

// A neighbour with less room than this is not worth giving members to.
constexpr uint32_t kRoomMin = 6;

// How many children leave the last inner node of a level when it splits: insertions in order go on
// in the new one and leave the old one full.
constexpr uint32_t kEdgeMoved = 7;

template <class T>
void move_items(T* to, const T* from, uint32_t n) {
  std::memmove(to, from, n * sizeof(T));
}

}  // namespace

void RankTree::Inner::copy(uint32_t to, const Inner& from, uint32_t at, uint32_t n) {
  move_items(scores + to, from.scores + at, n);
  move_items(firsts + to, from.firsts + at, n);
  move_items(children + to, from.children + at, n);
  move_items(below + to, from.below + at, n);
}

void RankTree::Inner::open(uint32_t at, uint32_t n) {
  DCHECK(count + n <= kInnerMax);
  copy(at + n, *this, at, count - at);
  count += n;
}

void RankTree::Inner::close(uint32_t at, uint32_t n) {
  copy(at, *this, at + n, count - at - n);
  count -= n;
}

RankTree::~RankTree() {
  while (!free_some(SIZE_MAX)) {
  }
}

RankTree::Leaf* RankTree::new_leaf(Leaf* previous, Leaf* next) {
  auto* leaf = static_cast<Leaf*>(account_.allocate(sizeof(Leaf)));
  leaf->previous = previous;
  leaf->next = next;
  leaf->count = 0;
  if (previous != nullptr) previous->next = leaf;
  if (next != nullptr) next->previous = leaf;
  return leaf;
}

void RankTree::raise_root() {
  Inner* root = new_inner();
  root->count = 1;
  root->children[0] = root_;
  root->below[0] = size_;
  if (height_ == 0) {
    root->set_first(0, static_cast<Leaf*>(root_)->members[0]);
  } else {
    root->set_first(0, static_cast<Inner*>(root_)->firsts[0]);
  }
  root_ = root;
  ++height_;
  CHECK(height_ < kHeightMax);
}

// Inner nodes that are full are split on the way down, so there is room for one more child in the
// parent of the leaf.
void RankTree::insert(ScoredMember* member) {
  if (root_ == nullptr) root_ = new_leaf(nullptr, nullptr);
  const bool is_full = height_ == 0 ? static_cast<Leaf*>(root_)->count == kLeafMax
                                    : static_cast<Inner*>(root_)->count == kInnerMax;
  if (is_full) raise_root();
  ++size_;
  const double score = member->score();
  const std::string_view text = member->text();
  bool at_edge = true;  // The last child each time so far.
  Inner* parent = nullptr;
  uint32_t i = 0;
  void* node = root_;
  for (int level = 0; level < height_; ++level) {
    parent = static_cast<Inner*>(node);
    i = parent->child_of(score, member);
    if (level + 1 == height_) break;
    at_edge = at_edge && i + 1 == parent->count;
    if (static_cast<Inner*>(parent->children[i])->count == kInnerMax) {
      split_inner(parent, i, at_edge ? kEdgeMoved : kInnerMax / 2);
      i = parent->child_of(score, member);
    }
    ++parent->below[i];
    if (i == 0 && member->is_before(parent->scores[0], parent->firsts[0]->text())) {
      parent->set_first(0, member);
    }
    node = parent->children[i];
  }

  auto* leaf = static_cast<Leaf*>(parent == nullptr ? node : parent->children[i]);
  uint32_t index = leaf->search([&](double other, const ScoredMember* there) {
    return other < score || (other == score && there->text() < text);
  });
  if (leaf->count == kLeafMax) {
    make_room(parent, i, index);
    leaf = static_cast<Leaf*>(parent->children[i]);
  }
  move_items(leaf->members + index + 1, leaf->members + index, leaf->count - index);
  leaf->members[index] = member;
  ++leaf->count;
  if (parent == nullptr) return;
  ++parent->below[i];
  if (index == 0) parent->set_first(i, member);
}

void RankTree::split_inner(Inner* parent, uint32_t i, uint32_t moved) {
  auto* left = static_cast<Inner*>(parent->children[i]);
  Inner* right = new_inner();
  left->count -= moved;
  right->count = moved;
  right->copy(0, *left, left->count, moved);
  parent->open(i + 1, 1);
  parent->children[i + 1] = right;
  parent->set_first(i + 1, right->firsts[0]);
  parent->below[i + 1] = right->sum(0, moved);
  parent->below[i] -= parent->below[i + 1];
}

// Child i is a full leaf. Afterwards child i has room, and `index` is where the new member belongs.
void RankTree::make_room(Inner* parent, uint32_t& i, uint32_t& index) {
  auto* leaf = static_cast<Leaf*>(parent->children[i]);
  const bool at_end = leaf->next == nullptr && index == leaf->count;
  const bool at_begin = leaf->previous == nullptr && index == 0;
  if (at_end || at_begin) {
    if (at_end) ++i;
    add_leaf(parent, i, at_end ? new_leaf(leaf, nullptr) : new_leaf(nullptr, leaf));
    index = 0;
    return;
  }
  const auto room = [parent](uint32_t at) {
    return at < parent->count ? kLeafMax - static_cast<Leaf*>(parent->children[at])->count : 0;
  };
  const uint32_t room_left = i > 0 ? room(i - 1) : 0;
  uint32_t room_right = room(i + 1);
  if (room_left >= kRoomMin && room_left > room_right) {
    const uint32_t moved = (room_left + 1) / 2;
    move_left(parent, i, moved);
    if (index < moved) {
      --i;
      index += kLeafMax - room_left;
    } else {
      index -= moved;
    }
    return;
  }
  if (room_right < kRoomMin) {
    add_leaf(parent, i + 1, new_leaf(leaf, leaf->next));
    room_right = kLeafMax;
  }
  move_right(parent, i, (room_right + 1) / 2);
  if (index > leaf->count) {
    index -= leaf->count;
    ++i;
  }
}

// Its first member is for the caller to note.
void RankTree::add_leaf(Inner* parent, uint32_t at, Leaf* leaf) {
  parent->open(at, 1);
  parent->children[at] = leaf;
  parent->below[at] = 0;
}

void RankTree::move_right(Inner* parent, uint32_t i, uint32_t n) {
  auto* left = static_cast<Leaf*>(parent->children[i]);
  auto* right = static_cast<Leaf*>(parent->children[i + 1]);
  move_items(right->members + n, right->members, right->count);
  left->count -= n;
  right->count += n;
  move_items(right->members, left->members + left->count, n);
  parent->below[i] -= n;
  parent->below[i + 1] += n;
  parent->set_first(i + 1, right->members[0]);
}

void RankTree::move_left(Inner* parent, uint32_t i, uint32_t n) {
  auto* left = static_cast<Leaf*>(parent->children[i - 1]);
  auto* right = static_cast<Leaf*>(parent->children[i]);
  move_items(left->members + left->count, right->members, n);
  left->count += n;
  right->count -= n;
  move_items(right->members, right->members + n, right->count);
  parent->below[i - 1] += n;
  parent->below[i] -= n;
  if (right->count > 0) parent->set_first(i, right->members[0]);
}

void RankTree::erase(const ScoredMember* member) {
  Path path = locate(member);
  Leaf* leaf = path.leaf;
  --leaf->count;
  --size_;
  move_items(leaf->members + path.index, leaf->members + path.index + 1, leaf->count - path.index);
  for (int level = 0; level < height_; ++level)
    --path.nodes[level]->below[path.at[level]];
  if (size_ == 0) {
    while (!free_some(1)) {
    }
    return;
  }
  if (path.index == 0 && leaf->count > 0) mend_first(path, height_ - 1, leaf->members[0]);
  if (leaf->count < kLeafMin && height_ > 0) mend(path);
}

// `first` is now the first member below the node of `level` on the path.
void RankTree::mend_first(Path& path, int level, ScoredMember* first) {
  for (; level >= 0; --level) {
    path.nodes[level]->set_first(path.at[level], first);
    if (path.at[level] != 0) return;
  }
}

// The leaf of the path has too few members. Nodes other than the root have at least two children.
void RankTree::mend(Path& path) {
  for (int level = height_ - 1; level >= 0; --level) {
    Inner* parent = path.nodes[level];
    uint32_t& i = path.at[level];
    if (i + 1 == parent->count) --i;
    if (level == height_ - 1) {
      share_leaves(parent, i);
      mend_first(path, level, static_cast<Leaf*>(parent->children[i])->members[0]);
    } else {
      share_inner(parent, i);
    }
    if (level == 0 || parent->count >= kInnerMin) break;
  }
  while (height_ > 0 && static_cast<Inner*>(root_)->count == 1) {
    auto* old = static_cast<Inner*>(root_);
    root_ = old->children[0];
    --height_;
    account_.release(old);
  }
}

// Child i and the next one become one leaf, or two of about the same size.
void RankTree::share_leaves(Inner* parent, uint32_t i) {
  auto* left = static_cast<Leaf*>(parent->children[i]);
  auto* right = static_cast<Leaf*>(parent->children[i + 1]);
  const uint32_t total = left->count + right->count;
  const uint32_t wanted = total <= kLeafMerged ? total : total / 2;
  if (left->count < wanted) {
    move_left(parent, i + 1, wanted - left->count);
  } else if (left->count > wanted) {
    move_right(parent, i, left->count - wanted);
  }
  if (right->count > 0) return;
  left->next = right->next;
  if (right->next != nullptr) right->next->previous = left;
  account_.release(right);
  parent->close(i + 1, 1);
}

void RankTree::share_inner(Inner* parent, uint32_t i) {
  auto* left = static_cast<Inner*>(parent->children[i]);
  auto* right = static_cast<Inner*>(parent->children[i + 1]);
  const uint32_t total = left->count + right->count;
  const uint32_t wanted = total <= kInnerMerged ? total : total / 2;
  if (left->count < wanted) {
    const uint32_t moved = wanted - left->count;
    left->copy(left->count, *right, 0, moved);
    left->count = wanted;
    right->close(0, moved);
  } else {
    const uint32_t moved = left->count - wanted;
    right->open(0, moved);
    right->copy(0, *left, wanted, moved);
    left->count = wanted;
  }
  parent->below[i] += parent->below[i + 1];
  if (right->count == 0) {
    account_.release(right);
    parent->close(i + 1, 1);
    return;
  }
  parent->below[i + 1] = right->sum(0, right->count);
  parent->below[i] -= parent->below[i + 1];
  parent->set_first(i + 1, right->firsts[0]);
}

void RankTree::replace(const ScoredMember* member, ScoredMember* by) {
  Path path = locate(member);
  path.leaf->members[path.index] = by;
  if (path.index == 0) mend_first(path, height_ - 1, by);
}

bool RankTree::rescore(ScoredMember* member, double score) {
  const Path path = locate(member);
  const Leaf& leaf = *path.leaf;
  const uint32_t i = path.index;
  // The first one of a leaf is noted above it, and neighbours in other leaves are not looked at.
  if (i == 0 || i + 1 >= leaf.count) return false;
  const std::string_view text = member->text();
  if (!leaf.members[i - 1]->is_before(score, text)) return false;
  if (leaf.members[i + 1]->is_before(score, text)) return false;
  member->set_score(score);
  return true;
}

bool RankTree::free_some(size_t leaves) {
  for (; leaves > 0 && root_ != nullptr; --leaves) {
    Inner* nodes[kHeightMax];
    void* node = root_;
    for (int level = 0; level < height_; ++level) {
      nodes[level] = static_cast<Inner*>(node);
      node = nodes[level]->children[nodes[level]->count - 1];
    }
    account_.release(node);
    int level = height_;
    while (level > 0 && --nodes[level - 1]->count == 0)
      account_.release(nodes[--level]);
    if (level > 0) continue;
    root_ = nullptr;
    height_ = 0;
    size_ = 0;
  }
  return root_ == nullptr;
}

}  // namespace rondo
