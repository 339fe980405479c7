// ReplyQueue: the replies of one connection, in the order of its requests, while some of them are
// still being made on other cores. A reply that is next in line goes straight to the output; one
// that came early waits in a buffer that all of them share. Touched only by the connection's own
// core.
//
//   places    head                      tail      |  held:  ..|reply of 7|reply of 6|..
//             | 5 waits | 6 held | 7 held | 8 waits |        6 and 7 say where theirs begins and
//             ends
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <utility>
#include <vector>

#include "protocol/out_buffer.h"
#include "reactor/base/check.h"

namespace rondo {

class ReplyQueue {
 public:
  // Requests of one connection that may be unanswered at a time.
  static constexpr size_t kPendingMax = 1024;

  bool idle() const { return head_ == tail_; }  // No request waits for its reply.
  bool full() const { return tail_ - head_ >= kPendingMax; }
  size_t pending() const { return tail_ - head_; }
  uint64_t opened() const { return tail_; }    // Places taken so far.
  uint64_t answered() const { return head_; }  // All places before this one are answered.
  size_t footprint() const { return slots_.capacity() * sizeof(Slot) + held_.footprint(); }

  // Takes the next place in line; returns its sequence number. `discard`: its reply is dropped.
  // REQUIRES: !full().
  uint64_t open(bool discard = false) {
    CHECK(!full());
    const uint64_t sequence = open_row(1);
    if (discard) [[unlikely]]
      slot(sequence).discard = true;
    return sequence;
  }
  // The same for `count` places; returns the number of the first one.
  // REQUIRES: pending() + count <= kPendingMax.
  uint64_t open_row(size_t count) {
    if (tail_ + count - head_ > slots_.size()) [[unlikely]]
      grow(count);
    for (size_t i = 0; i < count; ++i)
      slot(tail_ + i) = Slot{};
    return std::exchange(tail_, tail_ + count);
  }

  // The reply of place `sequence`: bytes [from, to) of what settle() will be called with, before
  // anything else is. Each place is answered exactly once.
  void offer(uint64_t sequence, size_t from, size_t to) {
    CHECK(is_open(sequence));
    Slot& answered = slot(sequence);
    answered.state = State::kOffered;
    answered.from = from;
    answered.to = answered.discard ? from : to;
    offered_begin_ = std::min(offered_begin_, sequence);
    offered_end_ = std::max(offered_end_, sequence + 1);
  }
  // Appends what is now in line to `out`, and keeps what was offered and is not.
  void settle(const OutBuffer& offered, OutBuffer& out);
  // The reply of one place: all of `reply`, which is moved from. Appends what is now in line.
  void answer(uint64_t sequence, OutBuffer&& reply, OutBuffer& out);
  bool discards(uint64_t sequence) { return slot(sequence).discard; }

  // What held() may hold. Once it was too much, no further reply is kept: the client must go.
  void set_limit(size_t bytes) { held_.set_limit(bytes); }
  bool is_cut() const { return cut_; }

  // The same for a reply that is made here while others are ahead of it: write it to the end of
  // held(), then say where it began. REQUIRES: `sequence` is not the head of the line.
  OutBuffer& held() { return held_; }
  void answer_held(uint64_t sequence, size_t from);

 private:
  // Whether a place waits for its reply, or where that is.
  enum class State : uint8_t { kOpen, kHeld, kOffered };
  // A place in line. Once answered, its reply is bytes [from, to) of held_, or of what is offered.
  struct Slot {
    size_t from = 0;
    size_t to = 0;
    State state = State::kOpen;
    bool discard = false;
  };
  Slot& slot(uint64_t sequence) { return slots_[sequence & (slots_.size() - 1)]; }
  bool is_open(uint64_t sequence) {
    return sequence - head_ < tail_ - head_ && slot(sequence).state == State::kOpen;
  }
  void grow(size_t count);
  void hold(Slot& slot, size_t from);
  void advance(const OutBuffer& offered, OutBuffer& out);
  void release_held();
  void compact();

  std::vector<Slot> slots_;   // A power of two, grown to the deepest pipeline seen.
  uint64_t head_ = 0;         // Oldest place without an answer in the output.
  uint64_t tail_ = 0;         // Next place.
  OutBuffer held_;            // Early replies, and those that left it since it was last empty.
  size_t waiting_bytes_ = 0;  // Of held_, what is still to go out.
  uint64_t offered_begin_ = UINT64_MAX;  // Around the places whose replies were offered
  uint64_t offered_end_ = 0;             // and are not settled.
  bool cut_ = false;
};

}  // namespace rondo
