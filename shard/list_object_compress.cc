// Which nodes of a large list are compressed, and when.
#include <algorithm>

#include "shard/list_object.h"

namespace rondo {

namespace {

// How many nodes are looked at for one to compress when a node was added: more than one, since
// plain_nodes() may have become less in the meantime.
constexpr size_t kCandidates = 3;
// The hand goes so far at most, and never more than a part of its way round.
constexpr size_t kHandSteps = 16;
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
  open_ends();
  const size_t plain = plain_nodes();
  for (size_t i = plain + 1; i <= plain + kCandidates && i + plain < nodes(); ++i) {
    if (compress(directory_[end == ListEnd::kLeft ? i : nodes() - 1 - i])) return;
  }
}

void ListObject::open_ends() {
  if (nodes() == 0) return;
  const size_t plain = std::min(plain_nodes(), nodes());
  for (size_t i = 0; i < plain; ++i) {
    open(i);
    open(nodes() - 1 - i);
  }
}

void ListObject::move_hand(size_t changed) {
  // Nodes from `first` on are looked after, as many as `inner`.
  const size_t first = plain_nodes() + 1;
  if (nodes() <= 2 * first || changed < first || changed + first >= nodes()) return;
  const size_t inner = nodes() - 2 * first;
  directory_[changed].set_hot(true);
  for (size_t i = std::min(kHandSteps, inner / 4 + 1); i > 0; --i) {
    hand_ = hand_ + 1 < inner ? hand_ + 1 : 0;
    ListNode& node = directory_[first + hand_];
    if (!node.is_hot()) {
      if (compress(node)) return;
    }
    node.set_hot(false);
  }
}

}  // namespace rondo
