#include "reactor/mailbox.h"

#include <atomic>
#include <condition_variable>
#include <mutex>
#include <thread>
#include <vector>

#include "reactor/base/prng.h"
#include "tests/testing.h"

namespace rondo {
namespace {

Message numbered(uint64_t n) {
  return Message{1, 2, nullptr, {n, 0, 0, 0, 0, 0}};
}

TEST_CASE("one thread may run a whole grid") {
  MailboxGrid grid(3, 8);
  CHECK(grid.of(0).send(2, numbered(10)));
  CHECK(grid.of(1).send(2, numbered(11)));
  CHECK(!grid.of(2).has_incoming());
  CHECK(grid.of(0).publish());
  CHECK(!grid.of(0).publish());
  CHECK(grid.of(2).has_incoming());
  uint64_t seen = 0;
  CHECK(grid.of(2).drain([&](int from, const Message& message) {
    CHECK(from == 0);
    seen = message.words[0];
    // Answering inside is allowed.
    CHECK(grid.of(2).send(0, numbered(12)));
  }) == 1);
  CHECK(seen == 10);
  CHECK(!grid.of(2).has_incoming());
  grid.of(2).publish();
  CHECK(grid.of(0).drain([](int, const Message&) {}) == 1);
}

TEST_CASE("a full queue refuses and keeps what it has") {
  MailboxGrid grid(2, 4);
  Mailbox& sender = grid.of(0);
  for (uint64_t i = 0; i < 4; ++i) {
    CHECK(sender.can_send(1));
    CHECK(sender.send(1, numbered(i)));
  }
  CHECK(!sender.can_send(1));
  CHECK(!sender.send(1, numbered(9)));
  sender.publish();
  uint64_t next = 0;
  grid.of(1).drain([&](int, const Message& message) { CHECK(message.words[0] == next++); });
  CHECK(next == 4);
  CHECK(sender.can_send(1));
}

TEST_CASE("one drain is bounded, and what is left is announced") {
  MailboxGrid grid(2, 2048);
  for (uint64_t i = 0; i < Mailbox::kDrainMax + 3; ++i)
    REQUIRE(grid.of(0).send(1, numbered(i)));
  grid.of(0).publish();
  CHECK(grid.of(1).drain([](int, const Message&) {}) == Mailbox::kDrainMax);
  CHECK(grid.of(1).has_incoming());
  CHECK(!grid.of(1).prepare_sleep());
  CHECK(grid.of(1).drain([](int, const Message&) {}) == 3);
  CHECK(!grid.of(1).has_incoming());
}

TEST_CASE("a drain may be ended for each sender, and what is left is announced") {
  MailboxGrid grid(3, 16);
  for (const int from : {0, 1}) {
    for (uint64_t i = 0; i < 4; ++i)
      REQUIRE(grid.of(from).send(2, numbered(i)));
    grid.of(from).publish();
  }
  int seen[2] = {};
  const auto one = [&](int from, const Message& message) {
    CHECK(message.words[0] == static_cast<uint64_t>(seen[from]++));
    return false;
  };
  for (int round = 1; round <= 4; ++round) {
    CHECK(grid.of(2).has_incoming());
    CHECK(grid.of(2).drain(one) == 2);
    CHECK(seen[0] == round);
    CHECK(seen[1] == round);
  }
  CHECK(grid.of(2).drain(one) == 0);
  CHECK(!grid.of(2).has_incoming());
}

TEST_CASE("more than 64 cores") {
  constexpr int kCores = 200;
  MailboxGrid grid(kCores, 2);
  for (int core = 1; core < kCores; ++core) {
    CHECK(grid.of(core).send(0, numbered(static_cast<uint64_t>(core))));
    CHECK(grid.of(0).send(core, numbered(7)));
    grid.of(core).publish();
  }
  grid.of(0).publish();
  std::vector<int> published;
  grid.of(0).for_each_published([&](int to) { published.push_back(to); });
  REQUIRE(published.size() == kCores - 1);
  for (int core = 1; core < kCores; ++core)
    CHECK(published[static_cast<size_t>(core) - 1] == core);
  grid.of(0).for_each_published([](int) { FAIL("visited twice"); });
  int next = 1;
  CHECK(grid.of(0).drain([&](int from, const Message& message) {
    CHECK(from == next++);
    CHECK(message.words[0] == static_cast<uint64_t>(from));
  }) == kCores - 1);
  for (int core = 1; core < kCores; ++core) {
    CHECK(grid.of(core).drain([](int from, const Message&) { CHECK(from == 0); }) == 1);
  }
}

TEST_CASE("of many senders exactly one claims the wake-up of a sleeper") {
  MailboxGrid grid(3);
  CHECK(grid.of(0).prepare_sleep());
  CHECK(grid.of(1).send(0, numbered(1)));
  grid.of(1).publish();
  CHECK(grid.of(1).claim_wake_up(0));
  CHECK(!grid.of(2).claim_wake_up(0));
  CHECK(!grid.of(0).prepare_sleep());
  CHECK(!grid.of(1).claim_wake_up(0));
  grid.of(0).drain([](int, const Message&) {});
  CHECK(grid.of(0).prepare_sleep());
  grid.of(0).end_sleep();
  CHECK(!grid.of(1).claim_wake_up(0));
}

// What a kernel's wake-up is: it stays pending until somebody waits for it.
class Event {
 public:
  void set() {
    const std::lock_guard lock(mutex_);
    set_ = true;
    changed_.notify_one();
  }
  void wait() {
    std::unique_lock lock(mutex_);
    changed_.wait(lock, [&] { return set_; });
    set_ = false;
  }

 private:
  std::mutex mutex_;
  std::condition_variable changed_;
  bool set_ = false;
};

// Every core sends to every other, sleeps whenever it finds nothing, and ends when it has had all.
// A lost wake-up hangs the test; a lost or reordered message fails it.
void run_sleepy_grid(int cores, uint64_t messages, size_t capacity) {
  MailboxGrid grid(cores, capacity);
  std::vector<Event> events(static_cast<size_t>(cores));
  std::atomic<bool> in_order{true};
  auto run = [&](int core) {
    Mailbox& mailbox = grid.of(core);
    Prng prng(static_cast<uint64_t>(core) + 1);
    std::vector<uint64_t> sent(static_cast<size_t>(cores), 0);
    std::vector<uint64_t> received(static_cast<size_t>(cores), 0);
    uint64_t to_receive = messages * static_cast<uint64_t>(cores - 1);
    uint64_t to_send = to_receive;
    while (to_receive + to_send != 0) {
      to_receive -= mailbox.drain([&](int from, const Message& message) {
        if (message.words[0] != received[static_cast<size_t>(from)]++) in_order = false;
      });
      for (int to = 0; to < cores; ++to) {
        if (to == core) continue;
        uint64_t& next = sent[static_cast<size_t>(to)];
        for (uint64_t batch = prng.below(20); batch > 0 && next < messages; --batch) {
          if (!mailbox.send(to, numbered(next))) break;
          ++next;
          --to_send;
        }
      }
      mailbox.publish();
      mailbox.for_each_published([&](int to) {
        if (mailbox.claim_wake_up(to)) events[static_cast<size_t>(to)].set();
      });
      if (to_send == 0 && to_receive != 0 && mailbox.prepare_sleep()) {
        events[static_cast<size_t>(core)].wait();
        mailbox.end_sleep();
      } else if (!mailbox.has_incoming()) {
        std::this_thread::yield();
      }
    }
  };
  std::vector<std::thread> threads;
  for (int core = 0; core < cores; ++core)
    threads.emplace_back(run, core);
  for (std::thread& thread : threads)
    thread.join();
  CHECK(in_order);
}

TEST_CASE("threads that sleep miss nothing") {
  run_sleepy_grid(2, 50'000, 64);
  run_sleepy_grid(4, 10'000, 16);
}

// One message at a time between two cores that sleep after each: the tightest race between a
// publication and going to sleep.
TEST_CASE("ping-pong between sleepers") {
  MailboxGrid grid(2, 4);
  Event events[2];
  uint64_t last[2] = {};
  constexpr uint64_t kRounds = 20'000;
  auto run = [&](int core) {
    Mailbox& mailbox = grid.of(core);
    const int other = 1 - core;
    auto send = [&](uint64_t n) {
      mailbox.send(other, numbered(n));
      mailbox.publish();
      if (mailbox.claim_wake_up(other)) events[other].set();
    };
    if (core == 0) send(1);
    uint64_t got = 0;
    while (got < kRounds) {
      if (mailbox.prepare_sleep()) {
        events[core].wait();
        mailbox.end_sleep();
      }
      const size_t count =
          mailbox.drain([&](int, const Message& message) { got = message.words[0]; });
      if (count != 0) send(got + 1);
    }
    last[core] = got;
  };
  std::thread a(run, 0);
  std::thread b(run, 1);
  a.join();
  b.join();
  CHECK(last[0] == kRounds);
  CHECK(last[1] == kRounds + 1);
}

}  // namespace
}  // namespace rondo
