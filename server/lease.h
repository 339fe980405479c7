// Lease: who may touch one shard now. A core that is awake owns its shard. Before it sleeps it
// offers the shard, and another core with a short command for it may borrow it instead of waking
// the owner: a hop then costs two atomic operations and not two context switches. On waking the
// owner takes the shard back, and waits for a borrower, who holds it for one batch of short
// commands (some microseconds).
//
//            offer()                borrow()
//     owner ----------> offered <-------------> lent
//           <----------          give_back()
//            reclaim()
//
// Every change of hands is a release by the one and an acquire by the other, so whoever holds the
// shard sees all that was done to it. Any thread.
#pragma once

#include <atomic>
#include <cstdint>

namespace rondo {

class Lease {
 public:
  // The owner, when it is about to sleep.
  void offer() { state_.store(State::kOffered, std::memory_order_release); }
  // The owner, when it is awake again.
  void reclaim() {
    State offered = State::kOffered;
    if (!state_.compare_exchange_strong(offered, State::kOwned, std::memory_order_acquire)) {
      wait_for_borrower();
    }
  }

  // Another core. The plain load keeps the locked exchange away from shards of cores that are
  // awake.
  bool borrow() {
    if (state_.load(std::memory_order_relaxed) != State::kOffered) return false;
    State offered = State::kOffered;
    return state_.compare_exchange_strong(offered, State::kLent, std::memory_order_acquire);
  }
  void give_back() { state_.store(State::kOffered, std::memory_order_release); }

 private:
  enum class State : uint32_t { kOwned, kOffered, kLent };

  void wait_for_borrower();

  alignas(64) std::atomic<State> state_{State::kOwned};
};

}  // namespace rondo
