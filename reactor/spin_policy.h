// SpinPolicy: how long an idle core looks for work before it sleeps.
//
// Spinning pays when a message from another core arrives within the time that a sleep and a
// wake-up would cost (some tens of microseconds), and is wasted CPU otherwise. So the limit
// follows what happened: it grows when work came within the largest limit, whether a spin met it
// or a sleep was cut short by it, and halves when a wait was longer. An idle core's limit falls to
// zero after a few sleeps. Only waits ended by another core's message raise it: waiting for
// sockets is cheaper in the kernel.
//
// A plain value, no clocks: testable by itself.
#pragma once

#include <cstdint>

namespace rondo {

class SpinPolicy {
 public:
  explicit SpinPolicy(int64_t max_ns) : max_ns_(max_ns) {}

  // How long to spin before the next sleep; 0: not at all.
  int64_t limit_ns() const { return limit_ns_; }

  // Called when a wait has ended: how long it was, spinning and sleeping together, and whether a
  // message from another core ended it.
  void waited(int64_t wait_ns, bool by_message) {
    if (by_message && wait_ns <= max_ns_) {
      limit_ns_ = limit_ns_ < kStartNs ? kStartNs : limit_ns_ * 2;
      if (limit_ns_ > max_ns_) limit_ns_ = max_ns_;
    } else if (wait_ns > limit_ns_) {
      limit_ns_ /= 2;
      if (limit_ns_ < kStartNs) limit_ns_ = 0;
    }
  }

 private:
  static constexpr int64_t kStartNs = 2'000;

  const int64_t max_ns_;
  int64_t limit_ns_ = 0;
};

}  // namespace rondo
