// The only place that reads the system's clocks. Everything else is given a Time, read once per
// tick, so that the simulator and the tests decide what time it is.
#pragma once

#include <cstdint>
#include <ctime>

#if defined(__x86_64__)
#include <x86intrin.h>
#endif

namespace rondo {

struct Time {
  int64_t unix_us = 0;  // Wall clock since 1970, microseconds; may jump.
  int64_t mono_ns = 0;  // Monotonic, nanoseconds, arbitrary origin.

  int64_t unix_ms() const { return unix_us / 1000; }
};

inline int64_t read_monotonic_ns() {
  timespec ts;
  clock_gettime(CLOCK_MONOTONIC, &ts);
  return int64_t{ts.tv_sec} * 1'000'000'000 + ts.tv_nsec;
}

inline int64_t read_unix_us() {
  timespec ts;
  clock_gettime(CLOCK_REALTIME, &ts);
  return int64_t{ts.tv_sec} * 1'000'000 + ts.tv_nsec / 1000;
}

// Processor time of this thread; unlike the others it takes a system call.
inline int64_t read_thread_cpu_ns() {
  timespec ts;
  clock_gettime(CLOCK_THREAD_CPUTIME_ID, &ts);
  return int64_t{ts.tv_sec} * 1'000'000'000 + ts.tv_nsec;
}

inline Time read_time() {
  return Time{read_unix_us(), read_monotonic_ns()};
}

// A cheap counter that only grows, for timing single commands: about 8 ns against 20 ns of the
// system's clock. Its unit is measured at start by cycles_per_us().
inline uint64_t read_cycles() {
#if defined(__x86_64__)
  return __rdtsc();
#elif defined(__aarch64__)
  uint64_t cycles;
  asm volatile("mrs %0, cntvct_el0" : "=r"(cycles));
  return cycles;
#else
  return static_cast<uint64_t>(read_monotonic_ns());
#endif
}

// Cycles of read_cycles() in a microsecond. The first call takes 2 ms to measure; call it at
// start. Thread-safe.
inline double cycles_per_us() {
  static const double rate = [] {
    const int64_t from_ns = read_monotonic_ns();
    const uint64_t from = read_cycles();
    while (read_monotonic_ns() - from_ns < 2'000'000) {
    }
    const uint64_t cycles = read_cycles() - from;
    return static_cast<double>(cycles) * 1000.0 /
           static_cast<double>(read_monotonic_ns() - from_ns);
  }();
  return rate;
}

}  // namespace rondo
