#include "server/reply_queue.h"

#include <algorithm>
#include <bit>

namespace rondo {

namespace {

// Bytes of replies that left held() before they are worth the copying of the others.
constexpr size_t kCompactBytes = 256 * 1024;
constexpr size_t kSlotsMin = 8;

}  // namespace

// Room for so many places more.
void ReplyQueue::grow(size_t count) {
  CHECK(pending() + count <= kPendingMax);
  std::vector<Slot> larger(std::bit_ceil(std::max(kSlotsMin, pending() + count)));
  for (uint64_t i = head_; i != tail_; ++i) {
    larger[i & (larger.size() - 1)] = slot(i);
  }
  slots_ = std::move(larger);
}

// The reply of an early one is what stands in held_ from `from` on.
void ReplyQueue::hold(Slot& early, size_t from) {
  early.state = State::kHeld;
  if (cut_ || held_.is_cut()) [[unlikely]] {
    // The place of every reply in it is void.
    cut_ = true;
    held_.clear();
    waiting_bytes_ = 0;
    for (Slot& slot : slots_)
      slot.from = slot.to = 0;
    return;
  }
  if (early.discard) held_.truncate(from);
  // An empty one has no place in held_, which may be cleared before its turn comes.
  early.from = early.to = 0;
  if (from == held_.size()) return;
  early.from = from;
  early.to = held_.size();
  waiting_bytes_ += early.to - early.from;
}

void ReplyQueue::answer_held(uint64_t sequence, size_t from) {
  CHECK(is_open(sequence) && sequence != head_);
  hold(slot(sequence), from);
}

void ReplyQueue::answer(uint64_t sequence, OutBuffer&& reply, OutBuffer& out) {
  CHECK(is_open(sequence));
  if (slot(sequence).discard) reply.clear();
  if (sequence != head_) {
    const size_t begin = held_.size();
    held_.splice(std::move(reply));
    hold(slot(sequence), begin);
    return;
  }
  out.splice(std::move(reply));
  ++head_;
  advance(held_, out);
  release_held();
}

void ReplyQueue::settle(const OutBuffer& offered, OutBuffer& out) {
  advance(offered, out);
  for (uint64_t i = std::max(head_, offered_begin_); i < offered_end_; ++i) {
    Slot& early = slot(i);
    if (early.state != State::kOffered) continue;
    const size_t begin = held_.size();
    held_.append_range(offered, early.from, early.to);
    hold(early, begin);
  }
  offered_begin_ = UINT64_MAX;
  offered_end_ = 0;
  release_held();
}

// Moves on as far as places are answered.
void ReplyQueue::advance(const OutBuffer& offered, OutBuffer& out) {
  // Where a reply stands nobody can foresee, so it is looked up, and there is no branch on it.
  const OutBuffer* const sources[] = {nullptr, &held_, &offered};
  size_t bytes[] = {0, 0, 0};
  static_assert(State::kHeld == State{1} && State::kOffered == State{2});
  for (; head_ != tail_ && slot(head_).state != State::kOpen; ++head_) {
    const Slot& next = slot(head_);
    const auto where = static_cast<size_t>(next.state);
    bytes[where] += next.to - next.from;
    out.append_range(*sources[where], next.from, next.to);
  }
  waiting_bytes_ -= bytes[static_cast<size_t>(State::kHeld)];
}

// What left held_ is given back when nothing waits there, or when it is much.
void ReplyQueue::release_held() {
  if (waiting_bytes_ == 0) {
    const size_t bytes = held_.size();
    if (bytes == 0) return;
    held_.clear();
    held_.fit_first_chunk(bytes);
  } else if (held_.size() > kCompactBytes + 2 * waiting_bytes_) {
    compact();
  }
}

void ReplyQueue::compact() {
  OutBuffer kept;
  for (uint64_t i = head_; i != tail_; ++i) {
    Slot& waiting = slot(i);
    if (waiting.from == waiting.to) continue;
    const size_t begin = kept.size();
    kept.append_range(held_, waiting.from, waiting.to);
    waiting.from = begin;
    waiting.to = kept.size();
  }
  held_ = std::move(kept);  // Its limit stays.
}

}  // namespace rondo
