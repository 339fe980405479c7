// TickMeter: how much processor time the ticks of a reactor take, which is what a machine shared
// with others says about this program: the wall time of a tick has the time in it during which
// something else ran. Off, it costs a branch for each part of a tick; on, a system call for each.
// Owned by a reactor and used by its thread only.
#pragma once

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>

#include "reactor/base/clock.h"

namespace rondo {

// The parts of a tick, in their order. The last one is the kernel's half of the operations, in
// io_uring_enter; spinning is in none of them.
enum class TickPart : uint8_t { kMessages, kCompletions, kFlush, kTimers, kBackground, kEnter };
inline constexpr size_t kTickParts = 6;

constexpr const char* tick_part_name(TickPart part) {
  constexpr const char* kNames[] = {"messages", "completions", "flush",
                                    "timers",   "background",  "enter"};
  return kNames[static_cast<size_t>(part)];
}

// What was measured since the last reset.
struct TickCpu {
  uint64_t ticks = 0;
  uint64_t over = 0;  // Ticks over the limit.
  int64_t longest_ns = 0;
  std::array<int64_t, kTickParts> parts_ns{};  // Of the longest tick.

  // The part that took most of the longest tick.
  TickPart longest_part() const {
    const auto longest = std::max_element(parts_ns.begin(), parts_ns.end());
    return static_cast<TickPart>(longest - parts_ns.begin());
  }
};

class TickMeter {
 public:
  // 0: off. Forgets what was measured when it turns on.
  void set_limit_us(int64_t us) {
    if (us > 0 && !on()) start(read_thread_cpu_ns());
    limit_ns_ = us * 1000;
  }
  bool on() const { return limit_ns_ > 0; }
  const TickCpu& measured() const { return measured_; }
  // Starts anew, with the tick that is under way.
  void reset() {
    if (on()) start(read_thread_cpu_ns());
  }

  // The part ends here, and the next one begins.
  void end(TickPart part) {
    if (on()) [[unlikely]]
      end(part, read_thread_cpu_ns());
  }
  // What was since the end of the last part counts nowhere.
  void skip() {
    if (on()) [[unlikely]]
      at_ns_ = read_thread_cpu_ns();
  }
  // The same with its last part: the tick is over.
  void end_tick() {
    if (on()) [[unlikely]]
      end_tick(read_thread_cpu_ns());
  }

  // The same at a time that the caller has read.
  void start(int64_t cpu_ns) {
    measured_ = {};
    parts_ns_ = {};
    at_ns_ = cpu_ns;
  }
  void end(TickPart part, int64_t cpu_ns) {
    parts_ns_[static_cast<size_t>(part)] += cpu_ns - at_ns_;
    at_ns_ = cpu_ns;
  }
  void end_tick(int64_t cpu_ns) {
    end(TickPart::kEnter, cpu_ns);
    int64_t tick_ns = 0;
    for (const int64_t part_ns : parts_ns_)
      tick_ns += part_ns;
    ++measured_.ticks;
    if (tick_ns > limit_ns_) ++measured_.over;
    if (tick_ns > measured_.longest_ns) {
      measured_.longest_ns = tick_ns;
      measured_.parts_ns = parts_ns_;
    }
    parts_ns_ = {};
  }

 private:
  int64_t limit_ns_ = 0;
  int64_t at_ns_ = 0;
  std::array<int64_t, kTickParts> parts_ns_{};  // Of the tick under way.
  TickCpu measured_;
};

}  // namespace rondo
