#include "reactor/spsc_queue.h"

#include <deque>
#include <thread>

#include "reactor/base/prng.h"
#include "tests/testing.h"

namespace rondo {
namespace {

TEST_CASE("elements are invisible until they are published") {
  SpscQueue<int> queue(4);
  CHECK(queue.capacity() == 4);
  CHECK(queue.push(1));
  CHECK(queue.push(2));
  CHECK(queue.readable() == 0);
  queue.publish();
  CHECK(queue.readable() == 2);
  int sum = 0;
  CHECK(queue.consume(1, [&](int n) { sum += n; }) == 1);
  CHECK(queue.consume(9, [&](int n) { sum += n * 10; }) == 1);
  CHECK(sum == 21);
}

TEST_CASE("who consumes may end it behind any element") {
  SpscQueue<int> queue(8);
  for (int i = 0; i < 5; ++i)
    REQUIRE(queue.push(i));
  queue.publish();
  int next = 0;
  const auto until_two = [&](int n) {
    CHECK(n == next++);
    return n != 2;
  };
  CHECK(queue.consume(8, until_two) == 3);
  CHECK(queue.readable() == 2);
  CHECK(queue.consume(8, until_two) == 2);
  CHECK(next == 5);
}

TEST_CASE("a full queue refuses until something is consumed") {
  SpscQueue<int> queue(3);  // Rounded up to 4.
  for (int i = 0; i < 4; ++i)
    CHECK(queue.push(i));
  CHECK(!queue.can_push());
  CHECK(!queue.push(4));
  queue.publish();
  CHECK(!queue.push(4));
  CHECK(queue.consume(1, [](int) {}) == 1);
  CHECK(queue.push(4));
  CHECK(!queue.push(5));
}

TEST_CASE("the queue agrees with a deque") {
  Prng prng(1);
  SpscQueue<uint64_t> queue(64);
  std::deque<uint64_t> published;
  std::deque<uint64_t> pending;
  for (int step = 0; step < 100'000; ++step) {
    switch (prng.below(4)) {
      case 0:
      case 1: {
        const uint64_t value = prng.next();
        REQUIRE(queue.push(value) == (published.size() + pending.size() < 64));
        if (published.size() + pending.size() < 64) pending.push_back(value);
        break;
      }
      case 2:
        queue.publish();
        published.insert(published.end(), pending.begin(), pending.end());
        pending.clear();
        break;
      default: {
        const size_t max = prng.below(40);
        REQUIRE(queue.readable() == published.size());
        const size_t expected = std::min(max, published.size());
        REQUIRE(queue.consume(max, [&](uint64_t value) {
          REQUIRE(value == published.front());
          published.pop_front();
        }) == expected);
      }
    }
  }
}

TEST_CASE("two threads pass every element in order") {
  SpscQueue<uint64_t> queue(128);
  constexpr uint64_t kCount = 500'000;
  std::thread producer([&] {
    Prng prng(2);
    uint64_t next = 0;
    while (next < kCount) {
      const uint64_t batch = 1 + prng.below(100);
      for (uint64_t i = 0; i < batch && next < kCount && queue.push(next); ++i)
        ++next;
      queue.publish();
      if (!queue.can_push()) std::this_thread::yield();
    }
  });
  uint64_t expected = 0;
  bool in_order = true;
  while (expected < kCount) {
    const size_t taken = queue.consume(50, [&](uint64_t value) {
      in_order = in_order && value == expected;
      ++expected;
    });
    if (taken == 0) std::this_thread::yield();
  }
  producer.join();
  CHECK(in_order);
  CHECK(queue.readable() == 0);
}

}  // namespace
}  // namespace rondo
