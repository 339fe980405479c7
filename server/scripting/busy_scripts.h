// BusyScripts: the scripts that have taken longer than busy-reply-threshold, one at the most for
// each core, and who may end them. While there is one, clients get BUSY for all but a few commands.
// A script that has written can not be ended, since half of it would stay.
//
//   begin()          kill()
//   idle -> clean ------------> killed        note_write(): clean -> dirty, unless it was killed
//        '-> dirty (unkillable)               end(): idle, by the script's core
//
// One for the process; any thread. Cores look at any() once in a tick, and write only here when a
// script is slow.
#pragma once

#include <atomic>
#include <cstdint>
#include <vector>

namespace rondo {

class BusyScripts {
 public:
  explicit BusyScripts(int cores) : states_(static_cast<size_t>(cores)) {}

  bool any() const { return count_.load(std::memory_order_relaxed) != 0; }

  // For the core that executes the script.
  void begin(int core, bool has_written);
  void end(int core);
  bool is_killed(int core) const { return state(core).load() == State::kKilled; }
  // Before its first write; false: it was killed.
  bool note_write(int core);

  // SCRIPT KILL: all that have not written.
  enum class Verdict : uint8_t { kNone, kUnkillable, kKilled };
  Verdict kill();

 private:
  enum class State : uint8_t { kIdle, kClean, kDirty, kKilled };

  std::atomic<State>& state(int core) { return states_[static_cast<size_t>(core)]; }
  const std::atomic<State>& state(int core) const { return states_[static_cast<size_t>(core)]; }

  std::atomic<int> count_{0};
  std::vector<std::atomic<State>> states_;
};

}  // namespace rondo
