#include "server/reply_queue.h"

#include "reactor/base/check.h"

namespace rondo {

namespace {

// Copies a short range that may span pieces into `to`.
void copy_range(const OutBuffer& from, size_t begin, size_t end, char* to) {
  OutBuffer part;
  part.append_range(from, begin, end);
  iovec pieces[8];
  while (!part.empty()) {
    const size_t count = part.pieces(pieces, 8);
    size_t copied = 0;
    for (size_t i = 0; i < count; ++i) {
      std::memcpy(to + copied, pieces[i].iov_base, pieces[i].iov_len);
      copied += pieces[i].iov_len;
    }
    part.consume(copied);
    to += copied;
  }
}

}  // namespace

uint64_t ReplyQueue::open(bool discard) {
  CHECK(!full());
  if (tail_ - head_ == slots_.size()) {
    std::vector<Slot> larger(slots_.empty() ? 8 : 2 * slots_.size());
    for (uint64_t i = head_; i != tail_; ++i) {
      larger[i & (larger.size() - 1)] = std::move(slot(i));
    }
    slots_ = std::move(larger);
  }
  Slot& fresh = slot(tail_);
  fresh.answered = false;
  fresh.discard = discard;
  return tail_++;
}

void ReplyQueue::answer(uint64_t sequence, const OutBuffer& reply, size_t from, size_t to,
                        OutBuffer& out) {
  CHECK(sequence - head_ < tail_ - head_);
  if (slot(sequence).discard) to = from;
  if (sequence != head_) {
    Slot& early = slot(sequence);
    CHECK(!early.answered);
    early.answered = true;
    if (to - from <= Slot::kInlineMax) {
      early.inline_length = static_cast<uint8_t>(to - from);
      copy_range(reply, from, to, early.inline_bytes);
    } else {
      early.large = std::make_unique<OutBuffer>();
      early.large->append_range(reply, from, to);
      held_bytes_ += early.large->footprint();
    }
    return;
  }
  out.append_range(reply, from, to);
  ++head_;
  while (head_ != tail_ && slot(head_).answered) {
    Slot& next = slot(head_);
    if (next.large) {
      held_bytes_ -= next.large->footprint();
      out.splice(std::move(*next.large));
      next.large.reset();
    } else {
      out.append({next.inline_bytes, next.inline_length});
    }
    ++head_;
  }
}

}  // namespace rondo
