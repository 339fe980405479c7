#include "reactor/reactor.h"

#include <atomic>
#include <chrono>
#include <memory>
#include <thread>
#include <vector>

#include "reactor/base/prng.h"
#include "tests/reactor/loop.h"
#include "tests/reactor/sockets.h"
#include "tests/testing.h"

namespace rondo {
namespace {

// A ball goes round all cores; each adds one and passes it on. With `pause_one_in`, a core now and
// then holds it for a timer's length, so that the others have gone to sleep.
class Carousel final : public Application {
 public:
  Carousel(int core, uint64_t rounds, uint64_t pause_one_in)
      : rounds_(rounds),
        pause_one_in_(pause_one_in),
        prng_(static_cast<uint64_t>(core) + 1),
        hold_(this, Timer::call<&Carousel::pass>) {}

  void on_start(Reactor& reactor) override {
    reactor_ = &reactor;
    if (reactor.core() == 0) pass();
  }
  bool on_tick(Time) override {
    return reactor_->mailbox().drain([this](int, const Message& message) {
      ball_ = message.words[0];
      if (pause_one_in_ != 0 && prng_.one_in(pause_one_in_)) {
        reactor_->timers().set_in(hold_, 1 + static_cast<int64_t>(prng_.below(3)));
      } else {
        pass();
      }
    }) != 0;
  }
  void on_flush() override {}
  bool on_background(Time) override { return false; }
  void on_stop() override { reactor_->finish(); }

  std::atomic<bool> finished{false};

 private:
  void pass() {
    const int cores = reactor_->mailbox().cores();
    if (ball_ >= rounds_) finished = true;
    // The last round tells the others, too.
    if (ball_ < rounds_ + static_cast<uint64_t>(cores)) {
      Message message{};
      message.words[0] = ball_ + 1;
      CHECK(reactor_->mailbox().send((reactor_->core() + 1) % cores, message));
    }
  }

  Reactor* reactor_ = nullptr;
  uint64_t rounds_;
  uint64_t pause_one_in_;
  uint64_t ball_ = 0;
  Prng prng_;
  Timer hold_;
};

struct Outcome {
  bool finished = true;
  TickStats stats;
};

Outcome run_ring(int cores, const ReactorOptions& options, uint64_t rounds, uint64_t pause) {
  MailboxGrid grid(cores);
  std::vector<std::unique_ptr<Reactor>> reactors;
  std::vector<std::unique_ptr<Carousel>> applications;
  for (int core = 0; core < cores; ++core) {
    auto reactor = Reactor::create(options, grid, core);
    REQUIRE(reactor);
    reactors.push_back(std::move(*reactor));
    applications.push_back(std::make_unique<Carousel>(core, rounds, pause));
  }
  std::vector<std::thread> threads;
  std::atomic<int> failures{0};
  for (size_t i = 0; i < reactors.size(); ++i) {
    threads.emplace_back([&, i] {
      if (!reactors[i]->run(*applications[i])) ++failures;
    });
  }
  Outcome outcome;
  for (auto& application : applications) {
    outcome.finished = outcome.finished && eventually([&] { return application->finished.load(); });
  }
  for (auto& reactor : reactors)
    reactor->request_stop();
  for (std::thread& thread : threads)
    thread.join();
  CHECK(failures == 0);
  for (auto& reactor : reactors) {
    outcome.stats.wake_ups_sent += reactor->stats().wake_ups_sent;
    outcome.stats.wake_ups_received += reactor->stats().wake_ups_received;
    outcome.stats.sleeps += reactor->stats().sleeps;
    outcome.stats.spins_won += reactor->stats().spins_won;
  }
  return outcome;
}

TEST_CASE("no wake-up is lost between sleeping reactors") {
  ReactorOptions sleepy;
  sleepy.spin_us_max = 0;
  SUBCASE("messages between rings") {}
  SUBCASE("eventfds") {
    sleepy.ring.use_message_ring = false;
  }
  SUBCASE("without deferred work") {
    sleepy.ring.use_defer_taskrun = false;
  }
  const Outcome outcome = run_ring(2, sleepy, 10'000, 0);
  CHECK(outcome.finished);
  CHECK(outcome.stats.sleeps > 0);
  CHECK(outcome.stats.wake_ups_received > 0);
}

TEST_CASE("no wake-up is lost when reactors spin before they sleep") {
  ReactorOptions spinning;
  spinning.spin_us_max = 50;
  const Outcome outcome = run_ring(2, spinning, 20'000, 200);
  CHECK(outcome.finished);
}

TEST_CASE("more reactors than CPUs") {
  ReactorOptions options;
  options.spin_us_max = 0;
  CHECK(run_ring(5, options, 5'000, 100).finished);
}

TEST_CASE("timers fire at their time while the reactor sleeps") {
  Loop loop;
  struct Alarm {
    explicit Alarm(Loop& loop) : loop(loop) {}
    void on_fire() { fired_at_ns = loop.reactor().now().mono_ns; }
    Loop& loop;
    std::atomic<int64_t> fired_at_ns{0};
    Timer timer{this, Timer::call<&Alarm::on_fire>};
  };
  Alarm late(loop), early(loop), never(loop);
  const int64_t start_ns = read_monotonic_ns();
  loop.call([&] {
    // The second is earlier than the first: the armed timeout must move.
    loop.reactor().timers().set_in(late.timer, 120);
    loop.reactor().timers().set_in(never.timer, 60'000);
  });
  loop.call([&] { loop.reactor().timers().set_in(early.timer, 30); });
  CHECK(eventually([&] { return late.fired_at_ns != 0; }));
  CHECK(early.fired_at_ns != 0);
  CHECK(early.fired_at_ns >= start_ns + 29'000'000);
  CHECK(late.fired_at_ns >= start_ns + 119'000'000);
  CHECK(early.fired_at_ns < late.fired_at_ns);
  const TickStats stats = loop.stats();
  CHECK(stats.ticks < 40);
  loop.stop([&] { never.timer.cancel(); });
}

TEST_CASE("an idle reactor sleeps") {
  Loop loop;
  const TickStats before = loop.stats();
  std::this_thread::sleep_for(std::chrono::milliseconds(100));
  const TickStats after = loop.stats();
  CHECK(after.ticks - before.ticks <= 4);
  CHECK(after.sleep_ns - before.sleep_ns > 90'000'000);
  CHECK(after.busy_ns - before.busy_ns < 50'000'000);
}

TEST_CASE("a slow tick is reported with its length") {
  std::atomic<int64_t> slowest_ns{0};
  std::atomic<int> reports{0};
  ReactorOptions options;
  options.stall_us = 20'000;
  options.on_stall = [&](int core, int64_t tick_ns) {
    CHECK(core == 0);
    slowest_ns = tick_ns;
    ++reports;
  };
  Loop loop(options);
  loop.call([] { std::this_thread::sleep_for(std::chrono::milliseconds(30)); });
  CHECK(eventually([&] { return loop.stats().slow_ticks > 0; }));
  CHECK(reports >= 1);
  CHECK(slowest_ns >= 30'000'000);
  CHECK(loop.stats().longest_tick_ns >= 30'000'000);
}

TEST_CASE("background work runs until it is done, and messages are answered meanwhile") {
  std::atomic<int> left{2000};
  Loop loop;
  loop.call([&] {
    loop.background = [&] {
      if (left == 0) return false;
      const int64_t until_ns = read_monotonic_ns() + 50'000;
      while (read_monotonic_ns() < until_ns) {
      }
      return --left > 0;
    };
  });
  int answered = 0;
  while (left > 0) {
    loop.call([&] { ++answered; });
  }
  CHECK(answered > 10);
}

TEST_CASE("stopping: at once, before run(), and with everything left open") {
  { Loop loop; }
  {
    MailboxGrid grid(1);
    auto reactor = Reactor::create({}, grid, 0);
    REQUIRE(reactor);
    (*reactor)->request_stop();
    class Idle : public Application {
     public:
      void on_start(Reactor& reactor) override { reactor_ = &reactor; }
      bool on_tick(Time) override { return false; }
      void on_flush() override {}
      bool on_background(Time) override { return false; }
      void on_stop() override { reactor_->finish(); }

     private:
      Reactor* reactor_ = nullptr;
    } idle;
    CHECK((*reactor)->run(idle));
    CHECK((*reactor)->stopping());
  }
  {
    // Streams and listeners that outlive run() are cancelled by it, and dropped later.
    std::pair<Descriptor, Descriptor> ends = tcp_pair();
    auto sockets = open_tcp_listeners("127.0.0.1", 0, 1);
    REQUIRE(sockets);
    struct Acceptor : AcceptHandler {
      void on_accept(int fd) override { ::close(fd); }
      void on_accept_error(int) override {}
    } acceptor;
    Loop loop;
    std::unique_ptr<Peer> peer;
    ListenerPtr listener;
    loop.call([&] {
      peer = std::make_unique<Peer>(loop.reactor(), ends.second.release());
      listener = Listener::start(loop.reactor(), std::move(sockets->front()),
                                 Listener::Mode::kOwnSocket, acceptor);
    });
    loop.stop();
    CHECK(peer->closed_calls == 0);
    listener.reset();
    peer.reset();
    CHECK(at_end(ends.first.get()));
  }
}

TEST_CASE("the features are one line") {
  MailboxGrid grid(1);
  auto reactor = Reactor::create({}, grid, 0);
  REQUIRE(reactor);
  const std::string text = (*reactor)->features();
  CHECK(text.starts_with("io_uring: "));
  CHECK(text.find("128 receive buffers of 16384 bytes") != std::string::npos);
  CHECK(text.find('\n') == std::string::npos);
}

}  // namespace
}  // namespace rondo
