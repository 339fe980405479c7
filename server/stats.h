// CoreStats: what one core counts. Written only by that core; other cores read them through a
// CoreTask, which runs on the owner.
#pragma once

#include <array>
#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <vector>

namespace rondo {

// Durations in log-linear buckets: 8 per power of two, so a percentile is exact to 6 %. The unit is
// chosen by the user of it; 0 to 2^40.
class Histogram {
 public:
  void record(uint64_t value) { ++counts_[bucket(value)]; }
  void add(const Histogram& other);
  uint64_t count() const;
  // The upper end of the bucket that holds the `percentile` (0 to 100); 0 when empty.
  uint64_t percentile(double percentile) const;
  // How many are at most `value`, exact at bucket borders.
  uint64_t count_below(uint64_t value) const;
  void reset() { counts_.fill(0); }

  static constexpr int kSubBits = 3;
  static constexpr size_t kBuckets = 40 << kSubBits;
  static size_t bucket(uint64_t value) {
    if (value < (1u << kSubBits)) return value;
    const int high = 63 - __builtin_clzll(value);
    const size_t index = (static_cast<size_t>(high - kSubBits + 1) << kSubBits) +
                         ((value >> (high - kSubBits)) & ((1u << kSubBits) - 1));
    return index < kBuckets ? index : kBuckets - 1;
  }
  static uint64_t upper_bound(size_t bucket);

 private:
  std::array<uint32_t, kBuckets> counts_{};
};

struct CommandStats {
  uint64_t calls = 0;
  uint64_t cycles = 0;                 // Of read_cycles(), in execution.
  uint64_t rejected = 0;               // Refused before execution: arity, authentication, memory.
  uint64_t failed = 0;                 // Answered with an error.
  std::unique_ptr<Histogram> latency;  // Cycles; made at the first call.

  void count(uint64_t took_cycles, bool has_failed, bool tracks_latency) {
    ++calls;
    cycles += took_cycles;
    failed += has_failed;
    if (!tracks_latency) return;
    if (!latency) [[unlikely]]
      latency = std::make_unique<Histogram>();
    latency->record(took_cycles);
  }
};

// Plain counters, so that those of all cores can be added up.
struct CoreCounters {
  uint64_t commands_total = 0;  // Executed for clients of this core.
  uint64_t connections_total = 0;
  uint64_t rejected_connections = 0;
  uint64_t input_bytes = 0;
  uint64_t output_bytes = 0;
  uint64_t reads = 0;
  uint64_t writes = 0;
  uint64_t error_replies = 0;
  uint64_t query_limit_disconnections = 0;   // Clients closed for client-query-buffer-limit,
  uint64_t output_limit_disconnections = 0;  // and for client-output-buffer-limit.
  uint64_t parcels_sent = 0;                 // Batches of requests to other cores.
  uint64_t hops = 0;                         // Requests in them.
  uint64_t transactions = 0;                 // Coordinated over several shards.
  uint64_t transaction_retries = 0;
  uint64_t borrowed = 0;  // Times that a sleeping core's shard was borrowed.
  uint64_t deferred = 0;  // Requests that waited for a lock or a park.

  void add(const CoreCounters& other);
};

// How fast three counters grew lately: the mean of the last samples, as Redis's "instantaneous"
// figures.
class RateSampler {
 public:
  static constexpr int64_t kPeriodNs = 100'000'000;
  static constexpr size_t kSamples = 16;
  struct Rates {
    double commands = 0;  // Per second.
    double input_bytes = 0;
    double output_bytes = 0;
    void add(const Rates& other);
  };

  // Call it often: it samples once in a period.
  void sample(int64_t mono_ns, const CoreCounters& now) {
    if (mono_ns - sampled_ns_ >= kPeriodNs) [[unlikely]]
      take(mono_ns, now);
  }
  Rates rates() const;

 private:
  void take(int64_t mono_ns, const CoreCounters& now);

  int64_t sampled_ns_ = 0;
  CoreCounters before_;
  size_t next_ = 0;
  std::array<Rates, kSamples> samples_{};
};

struct CoreStats : CoreCounters {
  static constexpr size_t kErrorCodesMax = 128;

  std::vector<CommandStats> commands;                   // By command id.
  std::map<std::string, uint64_t, std::less<>> errors;  // By error code.
  RateSampler rates;

  // CONFIG RESETSTAT.
  void reset();
};

}  // namespace rondo
