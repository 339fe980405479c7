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

void ReplyQueue::hold(Slot& early, size_t from) {
  CHECK(!early.answered);
  early.answered = true;
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
  if (from == held_.size()) return;
  early.from = from;
  early.to = held_.size();
  waiting_bytes_ += early.to - early.from;
}

void ReplyQueue::answer_held(uint64_t sequence, size_t from) {
  CHECK(sequence - head_ < tail_ - head_);
  CHECK(sequence != head_);
  hold(slot(sequence), from);
}

void ReplyQueue::answer(uint64_t sequence, const OutBuffer& reply, size_t from, size_t to,
                        OutBuffer& out) {
  CHECK(sequence - head_ < tail_ - head_);
  if (sequence != head_) {
    const size_t begin = held_.size();
    held_.append_range(reply, from, to);
    hold(slot(sequence), begin);
    return;
  }
  if (!slot(sequence).discard) out.append_range(reply, from, to);
  advance(out);
}

void ReplyQueue::answer(uint64_t sequence, OutBuffer&& reply, OutBuffer& out) {
  CHECK(sequence - head_ < tail_ - head_);
  const bool discard = slot(sequence).discard;
  if (discard) reply.clear();
  if (sequence != head_) {
    const size_t begin = held_.size();
    held_.splice(std::move(reply));
    hold(slot(sequence), begin);
    return;
  }
  out.splice(std::move(reply));
  advance(out);
}

// The head of the line is answered: moves on, as far as what follows is answered too.
void ReplyQueue::advance(OutBuffer& out) {
  ++head_;
  while (head_ != tail_ && slot(head_).answered) {
    const Slot& next = slot(head_);
    out.append_range(held_, next.from, next.to);
    waiting_bytes_ -= next.to - next.from;
    ++head_;
  }
  if (waiting_bytes_ == 0) {
    held_.clear();
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
