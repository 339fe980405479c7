// ReplyQueue: the replies of one connection, in the order of its requests, while some of them are
// still being made on other cores. A reply that is next in line goes straight to the output; one
// that came early waits in its slot. Touched only by the connection's own core.
#pragma once

#include <cstdint>
#include <memory>
#include <vector>

#include "protocol/out_buffer.h"

namespace rondo {

class ReplyQueue {
 public:
  // Requests of one connection that may be unanswered at a time.
  static constexpr size_t kPendingMax = 1024;

  bool idle() const { return head_ == tail_; }  // No request waits for its reply.
  bool full() const { return tail_ - head_ >= kPendingMax; }
  size_t pending() const { return tail_ - head_; }
  uint64_t opened() const { return tail_; }  // Places taken so far.
  size_t footprint() const { return slots_.capacity() * sizeof(Slot) + held_bytes_; }

  // Takes the next place in line; returns its sequence number. `discard`: its reply is dropped.
  // REQUIRES: !full().
  uint64_t open(bool discard = false);

  // The reply of place `sequence`: bytes [from, to) of `reply`. Appends what is now in line to
  // `out`. Each place is answered exactly once.
  void answer(uint64_t sequence, const OutBuffer& reply, size_t from, size_t to, OutBuffer& out);

 private:
  // Most early replies are short: they wait in the slot itself.
  struct Slot {
    static constexpr size_t kInlineMax = 109;
    bool answered = false;
    bool discard = false;
    uint8_t inline_length = 0;
    char inline_bytes[kInlineMax];
    std::unique_ptr<OutBuffer> large;
  };
  Slot& slot(uint64_t sequence) { return slots_[sequence & (slots_.size() - 1)]; }

  std::vector<Slot> slots_;  // A power of two, grown to the deepest pipeline seen.
  uint64_t head_ = 0;        // Oldest place without an answer in `out`.
  uint64_t tail_ = 0;        // Next place.
  size_t held_bytes_ = 0;
};

}  // namespace rondo
