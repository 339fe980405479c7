// TickStats: where a reactor's time goes. Written by its thread only; other threads get copies by
// message.
#pragma once

#include <cstdint>

namespace rondo {

struct TickStats {
  uint64_t ticks = 0;
  uint64_t busy_ns = 0;   // Handling messages, completions, timers, background work.
  uint64_t spin_ns = 0;   // Looking for work before a sleep.
  uint64_t sleep_ns = 0;  // Waiting in the kernel.
  uint64_t sleeps = 0;
  uint64_t completions = 0;
  uint64_t messages_in = 0;  // Counted by the application's on_tick() through the reactor.
  uint64_t enters = 0;       // io_uring_enter calls.
  uint64_t wake_ups_sent = 0;
  uint64_t wake_ups_received = 0;
  uint64_t spins_won = 0;   // Spins that found work.
  uint64_t slow_ticks = 0;  // Ticks over the stall threshold.
  uint64_t longest_tick_ns = 0;
  uint64_t buffer_shortages = 0;  // Receives that found the buffer ring empty.
};

}  // namespace rondo
