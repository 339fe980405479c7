// Simulator: a whole server in one thread under a seed. The seed decides the number of cores and
// clients, the capacity of the mailboxes, whose turn it is, how much of its input a core reads, how
// long what it sent stays invisible, which clients die, and how time moves. The same seed gives the
// same run, so a failure is repeated by its seed alone.
//
// Clients of the history workload run beside disturbing ones that use everything else (big
// values, other databases, FLUSHDB, SWAPDB, CLIENT PAUSE, broken input), beside clients that move
// money and names around and check that none is lost, beside clients that push elements to lists
// and wait for them (queue_game.h), and beside one that pauses the server (pause_guard.h).
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "tests/simulator/checker.h"
#include "tests/simulator/history.h"

namespace rondo {

struct SimulatorOptions {
  uint64_t seed = 1;
  size_t operations = 400;  // Of the history, at least; then everything comes to its end.
  bool locks = true;        // false: Admission holds nobody back; the checker must notice.
  bool deaths = true;       // Clients die in the middle.
  bool disturb = true;
  bool queues = true;    // Clients that wait for elements of lists.
  bool wake_ups = true;  // false: nobody hears of pushes; the rules of the queues must notice.
  int cores = 0;         // 0: the seed decides. The same for the next ones.
  int clients = 0;
  size_t mailbox_capacity = 0;
  std::string kinds = {};  // Of keys, as in WorkloadOptions.
  std::optional<bool> strict_order = {};
};

struct SimulatorResult {
  History history;
  Verdict verdict;
  std::string problem;        // A reply that can not be, or one that never came; empty: none.
  std::string configuration;  // What the seed decided.
  int64_t steps = 0;
  int64_t slowest = 0;        // Steps of the slowest operation.
  uint64_t transactions = 0;  // Operations over several shards,
  uint64_t retries = 0;       // those that were refused at first,
  uint64_t deferred = 0;      // and requests that had to wait.
  uint64_t paused_steps = 0;  // Steps at which the server was paused and looked at.
  size_t served_waiting = 0;  // Pops that waited and then got something.

  bool good() const { return verdict.valid && problem.empty(); }
};

SimulatorResult simulate(const SimulatorOptions& options);

// One paragraph about a run that is not good, with the way to repeat it.
std::string describe_failure(const SimulatorOptions& options, const SimulatorResult& result);

}  // namespace rondo
