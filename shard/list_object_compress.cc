// Which nodes of a large list are compressed, and when.
#include <algorithm>

#include "shard/list_object.h"

namespace rondo {

namespace {

// How many nodes are looked at for one to compress when a node was added: more than one, since
// plain_nodes() may have become less in the meantime.
constexpr size_t kCandidates = 3;
// After so many changes in the middle the hand goes on by a node. So nodes stay plain that have
// more than one of this many changes: to compress a node takes as long as three changes.
constexpr uint8_t kChangesPerStep = 4;
// When a node was added the hand goes so far at most, and never more than a part of its way round.
constexpr size_t kHandSteps = 8;
// Of 2^n nodes one is tried after n failures, up to this n.
constexpr uint8_t kFailuresMax = 6;

}  // namespace

bool ListObject::compress(ListNode& node) {
  if (!node.may_compress()) return false;
  if (skips_ > 0) {
    --skips_;
    node.keep_plain();
    return false;
  }
  if (node.compress(account_)) {
    failures_ = 0;
    return true;
  }
  failures_ = std::min<uint8_t>(failures_ + 1, kFailuresMax);
  skips_ = static_cast<uint8_t>((1u << failures_) - 1);
  return false;
}

ListNode& ListObject::open(size_t node) {
  ListNode& opened = directory_[node];
  if (opened.is_compressed()) opened.decompress(account_);
  return opened;
}

void ListObject::compress_behind(ListEnd end) {
  open_ends(0);
  const size_t plain = plain_nodes();
  for (size_t i = plain + 1; i <= plain + kCandidates && i + plain < nodes(); ++i) {
    if (compress(directory_[end == ListEnd::kLeft ? i : nodes() - 1 - i])) break;
  }
  move_hand(kHandSteps);
}

void ListObject::open_ends(size_t gone) {
  // With a fixed depth, all were plain before that are as near to an end as they were. There may be
  // many of them.
  const size_t depth = limits_.compress_depth;
  const size_t plain = std::min(plain_nodes(), nodes());
  for (size_t i = depth > gone ? depth - gone : 0; i < plain; ++i) {
    open(i);
    open(nodes() - 1 - i);
  }
}

void ListObject::note_change(size_t changed) {
  directory_[changed].set_hot(true);
  const size_t plain = plain_nodes();
  if (changed < plain || changed + plain >= nodes() || ++changes_ < kChangesPerStep) return;
  changes_ = 0;
  move_hand(1);
}

void ListObject::move_hand(size_t steps) {
  // It looks after nodes from `first` on, as many as `inner`.
  const size_t first = plain_nodes() + 1;
  if (nodes() <= 2 * first) return;
  const size_t inner = nodes() - 2 * first;
  for (size_t i = std::min(steps, inner / 4 + 1); i > 0; --i) {
    hand_ = hand_ + 1 < inner ? hand_ + 1 : 0;
    ListNode& node = directory_[first + hand_];
    if (!node.is_hot() && compress(node)) return;
    node.set_hot(false);
  }
}

}  // namespace rondo
