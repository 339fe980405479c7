// PauseGuard: a client of a simulated server that pauses it and lets it go, again and again, and
// looks at the shards themselves meanwhile. From the OK of CLIENT PAUSE until the pause may end, no
// shard is changed, not even by time, and with ALL none is even read. Nobody else may end pauses.
#pragma once

#include <cstdint>
#include <string>

#include "protocol/resp_reader.h"
#include "reactor/base/prng.h"

namespace rondo {

class PauseGuard {
 public:
  // What all shards have seen so far.
  struct Sight {
    uint64_t mutations = 0;
    uint64_t reads = 0;
    uint64_t expired = 0;  // Keys that were removed since their time had come.
    // Milliseconds. No core will begin a pause before the first of these, or has a clock beyond the
    // second one.
    int64_t earliest_ms = 0;
    int64_t latest_ms = 0;
  };

  explicit PauseGuard(uint64_t seed) : prng_(seed) {}

  // The next bytes to send; empty: nothing now. REQUIRES: expected() == 0.
  std::string next(const Sight& sight);
  size_t expected() const { return expected_; }
  void on_reply(const RespValue& reply, const Sight& sight);
  // After everything that may have changed something.
  void check(const Sight& sight);
  const std::string& problem() const { return problem_; }
  // Sights of a server that was paused.
  uint64_t checked() const { return checked_; }

 private:
  Prng prng_;
  size_t expected_ = 0;
  bool asks_pause_ = false;
  bool asks_all_ = false;
  int64_t asks_until_ms_ = 0;
  bool all_ = false;      // Reads too.
  bool paused_ = false;   // Surely, until
  int64_t until_ms_ = 0;  // this time.
  Sight before_;
  uint64_t checked_ = 0;
  std::string problem_;
};

}  // namespace rondo
