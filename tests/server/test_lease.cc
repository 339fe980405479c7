// The lease on a shard: its states, and with real threads that nobody ever holds the shard beside
// another. The second test is worth most under ThreadSanitizer.
#include "server/lease.h"

#include <atomic>
#include <cstdint>
#include <thread>

#include <doctest/doctest.h>

namespace rondo {
namespace {

TEST_CASE("lease: only an offered shard can be borrowed, by one at a time") {
  Lease lease;
  CHECK_FALSE(lease.borrow());
  lease.offer();
  CHECK(lease.borrow());
  CHECK_FALSE(lease.borrow());
  lease.give_back();
  CHECK(lease.borrow());
  lease.give_back();
  lease.reclaim();
  CHECK_FALSE(lease.borrow());
}

TEST_CASE("lease: the owner waits for a borrower, and sees what it did") {
  constexpr int kTurns = 20'000;
  Lease lease;
  int64_t data = 0;  // Not atomic: whoever holds the shard may write it, and nobody else.
  int64_t borrowed = 0;
  std::atomic<bool> done{false};
  std::thread borrower([&] {
    while (!done.load(std::memory_order_acquire)) {
      if (!lease.borrow()) {
        std::this_thread::yield();
        continue;
      }
      ++data;
      ++borrowed;
      lease.give_back();
    }
  });
  int64_t owned = 0;
  for (int turn = 0; turn < kTurns; ++turn) {
    lease.offer();
    if (turn % 16 == 0) std::this_thread::yield();
    lease.reclaim();
    ++data;
    ++owned;
  }
  // On one CPU the turns may all have passed before the borrower ran: now it gets its chance.
  lease.offer();
  int64_t seen = 0;
  while (seen == 0) {
    std::this_thread::yield();
    lease.reclaim();
    seen = data - owned;
    lease.offer();
  }
  done.store(true, std::memory_order_release);
  borrower.join();
  CHECK(borrowed > 0);
  CHECK(data == owned + borrowed);
}

}  // namespace
}  // namespace rondo
