#include "reactor/timers.h"

#include <algorithm>
#include <memory>
#include <vector>

#include "reactor/base/prng.h"
#include "tests/testing.h"

namespace rondo {
namespace {

struct Probe {
  explicit Probe(std::vector<int>& log, int id)
      : log(log), id(id), timer(this, Timer::call<&Probe::on_fire>) {}
  void on_fire() { log.push_back(id); }

  std::vector<int>& log;
  int id;
  Timer timer;
};

TEST_CASE("timers fire in the order of their deadlines") {
  Timers timers(1000);
  std::vector<int> log;
  Probe late(log, 3), early(log, 1), middle(log, 2);
  timers.set(late.timer, 1000 + 70'000);
  timers.set(early.timer, 1001);
  timers.set(middle.timer, 1100);
  CHECK(timers.next_ms() == 1001);
  CHECK(timers.fire_due(1000) == 0);
  CHECK(timers.fire_due(200'000) == 3);
  CHECK(log == std::vector<int>{1, 2, 3});
  CHECK(timers.next_ms() == Timers::kNever);
}

TEST_CASE("a timer whose deadline has passed fires at the next call") {
  Timers timers(500);
  std::vector<int> log;
  Probe probe(log, 1);
  timers.set(probe.timer, 100);
  CHECK(timers.next_ms() == 500);
  CHECK(timers.fire_due(500) == 1);
  CHECK(!probe.timer.active());
}

TEST_CASE("a timer set for now inside a callback waits for the next call") {
  Timers timers(0);
  struct Again {
    explicit Again(Timers& timers) : timers(timers), timer(this, Timer::call<&Again::on_fire>) {}
    void on_fire() {
      ++count;
      timers.set_in(timer, 0);
    }
    Timers& timers;
    int count = 0;
    Timer timer;
  } again(timers);
  timers.set(again.timer, 5);
  CHECK(timers.fire_due(100) == 1);
  CHECK(timers.fire_due(100) == 1);
  CHECK(again.count == 2);
  again.timer.cancel();
}

TEST_CASE("set_in counts from the tick's time, not from the last firing") {
  Timers timers(0);
  std::vector<int> log;
  Probe probe(log, 1);
  timers.set_clock(60'000);
  timers.set_in(probe.timer, 100);
  CHECK(probe.timer.deadline_ms() == 60'100);
  CHECK(timers.fire_due(60'000) == 0);
  CHECK(timers.fire_due(60'100) == 1);
}

TEST_CASE("callbacks may cancel and destroy timers that are due with them") {
  Timers timers(0);
  std::vector<int> log;
  auto victim = std::make_unique<Probe>(log, 1);
  Probe cancelled(log, 2);
  struct Killer {
    void on_fire() {
      victim->reset();
      other->cancel();
    }
    std::unique_ptr<Probe>* victim;
    Timer* other;
    Timer timer{this, Timer::call<&Killer::on_fire>};
  } killer{&victim, &cancelled.timer};
  timers.set(killer.timer, 10);
  timers.set(victim->timer, 10);
  timers.set(cancelled.timer, 10);
  CHECK(timers.fire_due(20) == 1);
  CHECK(log.empty());
  CHECK(timers.size() == 0);
}

TEST_CASE("deadlines beyond the wheel and over its end are kept") {
  const int64_t span = int64_t{1} << 36;
  for (const int64_t now : {int64_t{0}, span - 1, 3 * span - 1}) {
    Timers timers(now);
    std::vector<int> log;
    Probe near(log, 1), far(log, 2), never(log, 3);
    timers.set(near.timer, now + 1);
    timers.set(far.timer, now + 5 * span + 12345);
    timers.set(never.timer, Timers::kNever - 1);
    timers.verify();
    CHECK(timers.fire_due(now + 1) == 1);
    CHECK(timers.fire_due(now + 5 * span + 12344) == 0);
    timers.verify();
    CHECK(timers.fire_due(now + 5 * span + 12345) == 1);
    CHECK(log == std::vector<int>{1, 2});
    never.timer.cancel();
  }
}

// Random operations against a vector of deadlines.
TEST_CASE("timers agree with a plain list of deadlines") {
  for (uint64_t seed = 1; seed <= 20; ++seed) {
    Prng prng(seed);
    int64_t now = static_cast<int64_t>(prng.below(uint64_t{1} << (seed * 2)));
    Timers timers(now);
    std::vector<int> log;
    std::vector<std::unique_ptr<Probe>> probes;
    std::vector<int64_t> model;  // Deadline of each probe, -1 when not set.
    for (int id = 0; id < 200; ++id) {
      probes.push_back(std::make_unique<Probe>(log, id));
      model.push_back(-1);
    }
    for (int step = 0; step < 3000; ++step) {
      const size_t id = prng.below(probes.size());
      const uint64_t action = prng.below(10);
      if (action < 5) {
        const int64_t delay = static_cast<int64_t>(prng.below(uint64_t{1} << prng.below(38)));
        timers.set(probes[id]->timer, now + delay);
        model[id] = now + delay;
      } else if (action < 7) {
        probes[id]->timer.cancel();
        model[id] = -1;
      } else {
        now += static_cast<int64_t>(prng.below(uint64_t{1} << prng.below(34)));
        const int64_t next = timers.next_ms();
        log.clear();
        const size_t count = timers.fire_due(now);
        REQUIRE(count == log.size());
        std::vector<int64_t> fired;
        for (const int fired_id : log) {
          int64_t& deadline = model[static_cast<size_t>(fired_id)];
          REQUIRE(deadline >= 0);
          REQUIRE(deadline <= now);
          fired.push_back(deadline);
          deadline = -1;
        }
        // Those set for the past come first, the others in order.
        if (!log.empty()) REQUIRE(next <= *std::min_element(fired.begin(), fired.end()) + 1);
        for (const int64_t deadline : model)
          REQUIRE((deadline < 0 || deadline > now));
      }
      if (step % 64 == 0) timers.verify();
      size_t active = 0;
      for (size_t i = 0; i < probes.size(); ++i) {
        REQUIRE(probes[i]->timer.active() == (model[i] >= 0));
        active += model[i] >= 0 ? 1 : 0;
      }
      REQUIRE(timers.size() == active);
    }
    probes.clear();
    CHECK(timers.size() == 0);
  }
}

TEST_CASE("a limit spreads timers that are due together, in the same order") {
  for (const int64_t delay : {int64_t{5}, int64_t{3'000}, int64_t{5'000'000}}) {
    CAPTURE(delay);
    Timers timers(0);
    std::vector<int> log;
    std::vector<std::unique_ptr<Probe>> probes;
    constexpr int kTimers = 1000;
    for (int id = 0; id < kTimers; ++id) {
      probes.push_back(std::make_unique<Probe>(log, id));
      timers.set(probes.back()->timer, delay + id / 300);
    }
    const int64_t now = delay + 10;
    size_t calls = 0;
    for (; timers.size() > 0; ++calls) {
      REQUIRE(timers.next_ms() <= now);
      const size_t before = log.size();
      const size_t count = timers.fire_due(now, 64);
      CHECK(count <= 64);
      CHECK(log.size() == before + count);
      timers.verify();
      REQUIRE(calls < 1000);
    }
    CHECK(calls >= kTimers / 64);
    CHECK(log.size() == kTimers);
    CHECK(std::is_sorted(log.begin(), log.end()));
    CHECK(timers.next_ms() == Timers::kNever);
  }
}

// As above, with calls that do only a part, and others that change timers between them.
TEST_CASE("timers with a limit agree with a plain list of deadlines") {
  for (uint64_t seed = 1; seed <= 20; ++seed) {
    Prng prng(seed);
    int64_t now = static_cast<int64_t>(prng.below(uint64_t{1} << (seed * 2)));
    Timers timers(now);
    std::vector<int> log;
    std::vector<std::unique_ptr<Probe>> probes;
    std::vector<int64_t> model(300, -1);
    for (int id = 0; id < 300; ++id)
      probes.push_back(std::make_unique<Probe>(log, id));
    for (int step = 0; step < 5000; ++step) {
      const size_t id = prng.below(probes.size());
      const uint64_t action = prng.below(10);
      if (action < 6) {
        model[id] = now + static_cast<int64_t>(prng.below(uint64_t{1} << prng.below(26)));
        timers.set(probes[id]->timer, model[id]);
      } else if (action < 7) {
        probes[id]->timer.cancel();
        model[id] = -1;
      } else {
        now += static_cast<int64_t>(prng.below(uint64_t{1} << prng.below(24)));
        log.clear();
        const size_t limit = 1 + prng.below(20);
        const size_t count = timers.fire_due(now, limit);
        REQUIRE(count == log.size());
        REQUIRE(log.size() <= limit);
        for (const int fired : log) {
          int64_t& deadline = model[static_cast<size_t>(fired)];
          REQUIRE(deadline >= 0);
          REQUIRE(deadline <= now);
          deadline = -1;
        }
        const auto due = [&](int64_t deadline) { return deadline >= 0 && deadline <= now; };
        if (std::any_of(model.begin(), model.end(), due)) REQUIRE(timers.next_ms() <= now);
      }
      if (step % 16 == 0) timers.verify();
    }
    for (int calls = 0; timers.next_ms() <= now; ++calls) {
      REQUIRE(calls < 10'000);
      log.clear();
      timers.fire_due(now, 3);
      for (const int fired : log)
        model[static_cast<size_t>(fired)] = -1;
    }
    for (size_t id = 0; id < probes.size(); ++id) {
      REQUIRE((model[id] < 0 || model[id] > now));
      REQUIRE(probes[id]->timer.active() == (model[id] >= 0));
    }
    probes.clear();
  }
}

TEST_CASE("waking up at next_ms always makes progress") {
  Prng prng(7);
  Timers timers(0);
  std::vector<int> log;
  Probe probe(log, 1);
  int64_t now = 0;
  for (int round = 0; round < 200; ++round) {
    const int64_t deadline = now + static_cast<int64_t>(prng.below(uint64_t{1} << 33));
    timers.set(probe.timer, deadline);
    int wakes = 0;
    while (probe.timer.active()) {
      const int64_t next = timers.next_ms();
      REQUIRE(next <= std::max(deadline, now));
      now = next;
      timers.fire_due(now);
      REQUIRE(++wakes <= 7);
    }
    REQUIRE(now == deadline);
  }
}

}  // namespace
}  // namespace rondo
