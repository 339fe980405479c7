// A fixed set of seeds, one that nobody has seen before, and the proof that the checker would
// notice if shards were not locked.
#include <cstdio>
#include <random>

#include "tests/simulator/simulator.h"
#include "tests/testing.h"

namespace rondo {
namespace {

constexpr uint64_t kSeeds = 40;

uint64_t run(const SimulatorOptions& options) {
  const SimulatorResult result = simulate(options);
  const std::string failure = result.good() ? "" : describe_failure(options, result);
  CHECK_EQ(failure, "");
  return result.paused_steps;
}

TEST_CASE("the fixed seeds are strictly serializable, and paused when they are to be") {
  uint64_t paused_steps = 0;
  for (uint64_t seed = 1; seed <= kSeeds; ++seed)
    paused_steps += run({.seed = seed});
  CHECK_GE(paused_steps, 1000);
}

TEST_CASE("a fresh seed is strictly serializable") {
  const uint64_t seed = std::random_device()();
  std::printf("simulator: fresh seed %llu\n", static_cast<unsigned long long>(seed));
  run({.seed = seed, .operations = 1000});
}

TEST_CASE("the same seed is the same run") {
  const SimulatorResult first = simulate({.seed = 7});
  const SimulatorResult second = simulate({.seed = 7});
  CHECK_EQ(first.steps, second.steps);
  REQUIRE_EQ(first.history.operations.size(), second.history.operations.size());
  for (size_t i = 0; i < first.history.operations.size(); ++i) {
    CHECK_EQ(describe(first.history.operations[i]), describe(second.history.operations[i]));
  }
}

// Without locks nearly every run with several cores goes wrong, in one way or another.
TEST_CASE("without locks the checker finds cycles") {
  int cycles = 0;
  for (uint64_t seed = 1; seed <= 10; ++seed) {
    const SimulatorResult result =
        simulate({.seed = seed, .locks = false, .disturb = false, .cores = 3, .clients = 8});
    if (!result.verdict.valid && result.verdict.anomaly.starts_with("G")) {
      if (cycles++ == 0) std::printf("without locks: %s", result.verdict.report.c_str());
    }
  }
  CHECK_GE(cycles, 5);
}

// Jepsen's list-append (RPUSH and LRANGE, alone, in EXEC and under WATCH), and queues.
TEST_CASE("without locks lists alone, and queues alone, show it") {
  for (const char* const kinds : {"a", "q"}) {
    CAPTURE(kinds);
    int wrong = 0;
    for (uint64_t seed = 1; seed <= 10; ++seed) {
      SimulatorOptions options{.seed = seed, .disturb = false, .cores = 3, .clients = 8};
      options.kinds = kinds;
      run(options);
      options.locks = false;
      const SimulatorResult result = simulate(options);
      if (!result.verdict.valid && wrong++ == 0) {
        std::printf("without locks, %s", describe_failure(options, result).c_str());
      }
    }
    CHECK_GE(wrong, 5);
  }
}

// With nobody told of pushes, most runs leave clients waiting for lists that have elements.
TEST_CASE("without wake-ups the rules of the queues are broken") {
  int broken = 0;
  size_t served = 0;
  for (uint64_t seed = 1; seed <= 10; ++seed) {
    const SimulatorResult without = simulate({.seed = seed, .disturb = false, .wake_ups = false});
    broken += without.problem.find("queue:") != std::string::npos;
    served += simulate({.seed = seed, .disturb = false}).served_waiting;
  }
  CHECK_GE(broken, 5);
  // And with them clients are served while they wait, so that the rules have something to say.
  CHECK_GE(served, 100);
}

}  // namespace
}  // namespace rondo
