#include "server/lease.h"

#include <sched.h>

namespace rondo {

namespace {

// A borrower on another CPU is done within this many looks; one that shares our CPU needs it to go
// on.
constexpr int kLooks = 32;

}  // namespace

void Lease::wait_for_borrower() {
  for (;;) {
    for (int i = 0; i < kLooks; ++i) {
      State offered = State::kOffered;
      if (state_.load(std::memory_order_relaxed) == State::kOffered &&
          state_.compare_exchange_strong(offered, State::kOwned, std::memory_order_acquire)) {
        return;
      }
#if defined(__x86_64__)
      __builtin_ia32_pause();
#endif
    }
    sched_yield();
  }
}

}  // namespace rondo
