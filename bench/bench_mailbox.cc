// What a message between cores costs. Three parts:
//   in one thread  send + publish + drain without any coherence traffic, for batch sizes
//   two threads    the same between two pinned threads that never sleep: messages per second one
//   way round trips    ping-pong between two reactors that spin, and two that sleep; and the CPU
//   both
//                  spend on it
// Prints the best of several rounds, so that a noisy machine shows least.
//
//   bench_mailbox [seconds per row]

#include <algorithm>
#include <atomic>
#include <cstdio>
#include <cstdlib>
#include <ctime>
#include <memory>
#include <thread>
#include <vector>

#include "reactor/base/check.h"
#include "reactor/base/clock.h"
#include "reactor/cpu.h"
#include "reactor/mailbox.h"
#include "reactor/threads.h"

namespace rondo {
namespace {

volatile uint64_t sink;

void measure_one_thread(double seconds, uint64_t batch) {
  MailboxGrid grid(2);
  Mailbox& from = grid.of(0);
  Mailbox& to = grid.of(1);
  constexpr uint64_t kMessages = 100'000;
  double best = 1e18;
  const int64_t stop_ns = read_monotonic_ns() + static_cast<int64_t>(seconds * 1e9);
  while (read_monotonic_ns() < stop_ns) {
    const int64_t from_ns = read_monotonic_ns();
    uint64_t sum = 0;
    for (uint64_t n = 0; n < kMessages; n += batch) {
      for (uint64_t i = 0; i < batch; ++i) {
        CHECK(from.send(1, Message{1, 2, nullptr, {n, i, 0, 0, 0, 0}}));
      }
      from.publish();
      to.drain([&](int, const Message& message) { sum += message.words[0]; });
    }
    sink = sum;
    const auto spent_ns = static_cast<double>(read_monotonic_ns() - from_ns);
    best = std::min(best, spent_ns / kMessages);
  }
  std::printf("one thread, batches of %-3lu %21.1f ns per message\n",
              static_cast<unsigned long>(batch), best);
}

void measure_two_threads(double seconds, uint64_t batch, const std::vector<int>& cpus) {
  MailboxGrid grid(2);
  std::atomic<bool> stop{false};
  std::thread sender([&] {
    CHECK(pin_thread(cpus[1]));
    Mailbox& mailbox = grid.of(0);
    uint64_t n = 0;
    while (!stop.load(std::memory_order_relaxed)) {
      for (uint64_t i = 0; i < batch; ++i) {
        if (!mailbox.send(1, Message{1, 2, nullptr, {n, 0, 0, 0, 0, 0}})) break;
        ++n;
      }
      mailbox.publish();
    }
  });
  CHECK(pin_thread(cpus[0]));
  double best = 1e18;
  uint64_t expected = 0;
  const int64_t stop_ns = read_monotonic_ns() + static_cast<int64_t>(seconds * 1e9);
  while (read_monotonic_ns() < stop_ns) {
    constexpr uint64_t kMessages = 1'000'000;
    const int64_t from_ns = read_monotonic_ns();
    for (uint64_t count = 0; count < kMessages;) {
      count += grid.of(1).drain([&](int, const Message& message) {
        CHECK(message.words[0] == expected);
        ++expected;
      });
    }
    const auto spent_ns = static_cast<double>(read_monotonic_ns() - from_ns);
    best = std::min(best, spent_ns / kMessages);
  }
  stop = true;
  sender.join();
  std::printf("two threads, batches of %-3lu %20.1f ns per message\n",
              static_cast<unsigned long>(batch), best);
}

// Sends the ball back as soon as it comes.
class Player : public Application {
 public:
  void on_start(Reactor& reactor) override {
    reactor_ = &reactor;
    if (reactor.core() == 0) hit();
  }
  bool on_tick(Time) override {
    return reactor_->mailbox().drain([this](int, const Message&) {
      ++rounds;
      hit();
    }) != 0;
  }
  void on_flush() override {}
  bool on_background(Time) override { return false; }
  void on_stop() override { reactor_->finish(); }

  std::atomic<uint64_t> rounds{0};

 private:
  void hit() { CHECK(reactor_->mailbox().send(1 - reactor_->core(), Message{})); }

  Reactor* reactor_ = nullptr;
};

double cpu_seconds() {
  return static_cast<double>(std::clock()) / CLOCKS_PER_SEC;
}

void measure_round_trip(const char* what, double seconds, const ReactorOptions& options) {
  MailboxGrid grid(2);
  auto threads = ReactorThreads::create(options, grid);
  if (!threads) {
    std::printf("%s: %s\n", what, threads.failure().text.c_str());
    return;
  }
  Player players[2];
  Application* const applications[] = {&players[0], &players[1]};
  CHECK((*threads)->start(applications));
  double best = 1e18;
  const double cpu_from = cpu_seconds();
  const uint64_t rounds_from = players[0].rounds;
  for (int round = 0; round < 5; ++round) {
    const uint64_t from = players[0].rounds;
    const int64_t from_ns = read_monotonic_ns();
    std::this_thread::sleep_for(std::chrono::duration<double>(seconds / 5));
    const auto spent_ns = static_cast<double>(read_monotonic_ns() - from_ns);
    best = std::min(best, spent_ns / static_cast<double>(players[0].rounds - from));
  }
  const double cpu = cpu_seconds() - cpu_from;
  const auto all = static_cast<double>(players[0].rounds - rounds_from);
  (*threads)->request_stop();
  CHECK((*threads)->join());
  std::printf("%-38s %9.2f us, %7.2f us of CPU\n", what, best / 1000, cpu * 1e6 / all);
}

}  // namespace
}  // namespace rondo

int main(int argc, char** argv) {
  using namespace rondo;
  const double seconds = argc > 1 ? std::atof(argv[1]) : 1.0;
  for (const uint64_t batch : {1, 8, 64})
    measure_one_thread(seconds, batch);
  const std::vector<int> cpus = allowed_cpus();
  if (cpus.size() < 2) {
    std::printf("the rest needs two CPUs\n");
    return 0;
  }
  // In threads of their own, so that the pinning ends with them.
  for (const uint64_t batch : {1, 8, 64}) {
    std::thread([&] { measure_two_threads(seconds, batch, cpus); }).join();
  }
  ReactorOptions options;
  options.spin_us_max = 1000;
  measure_round_trip("round trip, spinning", seconds, options);
  options.spin_us_max = ReactorOptions().spin_us_max;
  measure_round_trip("round trip, spinning by default", seconds, options);
  options.spin_us_max = 0;
  measure_round_trip("round trip, sleeping, MSG_RING", seconds, options);
  options.ring.use_message_ring = false;
  measure_round_trip("round trip, sleeping, eventfd", seconds, options);
  return 0;
}
