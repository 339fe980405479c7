#include "tests/simulator/pause_guard.h"

#include <fmt/format.h>

#include <algorithm>

#include "reactor/base/check.h"

namespace rondo {

std::string PauseGuard::next(const Sight& sight) {
  CHECK(expected_ == 0);
  if (paused_ && !prng_.one_in(50)) return {};
  expected_ = 1;
  asks_pause_ = !paused_ || prng_.one_in(4);
  if (!asks_pause_) {
    paused_ = false;
    return "*2\r\n$6\r\nCLIENT\r\n$7\r\nUNPAUSE\r\n";
  }
  const int64_t timeout_ms = 5 + static_cast<int64_t>(prng_.below(100));
  asks_all_ = prng_.one_in(2);
  asks_until_ms_ = sight.earliest_ms + timeout_ms;
  const std::string timeout = std::to_string(timeout_ms);
  return fmt::format("*4\r\n$6\r\nCLIENT\r\n$5\r\nPAUSE\r\n${}\r\n{}\r\n${}\r\n{}\r\n",
                     timeout.size(), timeout, asks_all_ ? 3 : 5, asks_all_ ? "ALL" : "WRITE");
}

void PauseGuard::on_reply(const RespValue& reply, const Sight& sight) {
  CHECK(expected_ == 1);
  expected_ = 0;
  if (reply.text != "OK") problem_ = "CLIENT PAUSE or UNPAUSE: " + reply.text;
  if (!asks_pause_) return;
  // What was still paused stays paused.
  if (sight.latest_ms >= until_ms_) paused_ = false;
  all_ = asks_all_ || (paused_ && all_);
  until_ms_ = std::max(asks_until_ms_, paused_ ? until_ms_ : 0);
  paused_ = sight.latest_ms < until_ms_;
  before_ = sight;
}

void PauseGuard::check(const Sight& sight) {
  if (!paused_) return;
  if (sight.latest_ms >= until_ms_) {
    paused_ = false;
    return;
  }
  ++checked_;
  if (sight.mutations != before_.mutations) {
    problem_ = fmt::format("{} changes after the OK of CLIENT PAUSE {}",
                           sight.mutations - before_.mutations, all_ ? "ALL" : "WRITE");
  } else if (sight.expired != before_.expired) {
    problem_ = fmt::format("{} keys expired after the OK of CLIENT PAUSE {}",
                           sight.expired - before_.expired, all_ ? "ALL" : "WRITE");
  } else if (all_ && sight.reads != before_.reads) {
    problem_ =
        fmt::format("{} reads after the OK of CLIENT PAUSE ALL", sight.reads - before_.reads);
  }
}

}  // namespace rondo
