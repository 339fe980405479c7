#include "server/scripting/busy_scripts.h"

#include "reactor/base/check.h"

namespace rondo {

void BusyScripts::begin(int core, bool has_written) {
  CHECK(state(core).load() == State::kIdle);
  state(core).store(has_written ? State::kDirty : State::kClean);
  count_.fetch_add(1);
}

void BusyScripts::end(int core) {
  CHECK(state(core).load() != State::kIdle);
  state(core).store(State::kIdle);
  count_.fetch_sub(1);
}

bool BusyScripts::note_write(int core) {
  State clean = State::kClean;
  return state(core).compare_exchange_strong(clean, State::kDirty) || clean == State::kDirty;
}

BusyScripts::Verdict BusyScripts::kill() {
  Verdict verdict = Verdict::kNone;
  for (std::atomic<State>& state : states_) {
    State clean = State::kClean;
    if (state.compare_exchange_strong(clean, State::kKilled) || clean == State::kKilled) {
      verdict = Verdict::kKilled;
    } else if (clean == State::kDirty && verdict == Verdict::kNone) {
      verdict = Verdict::kUnkillable;
    }
  }
  return verdict;
}

}  // namespace rondo
