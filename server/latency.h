// LatencyMonitor: how long slow events took, one sample a second for each kind of event, as
// LATENCY shows them. One per core, touched only by its thread; the commands merge those of all
// cores. Latencies are in milliseconds.
#pragma once

#include <array>
#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <vector>

namespace rondo {

struct LatencySample {
  int64_t unix_seconds = 0;
  int64_t ms = 0;
};

// The latest samples of one kind of event, the worst of each second.
struct LatencyEvent {
  static constexpr size_t kSamplesMax = 160;

  std::vector<LatencySample> samples;  // Oldest first.
  int64_t max_ms = 0;                  // Of all time.

  void add(int64_t unix_seconds, int64_t ms);
  // Joins another core's samples of the same event.
  void merge(const LatencyEvent& other);
};

class LatencyMonitor {
 public:
  using Events = std::map<std::string, LatencyEvent, std::less<>>;

  void add(std::string_view event, int64_t unix_seconds, int64_t ms) {
    event_of(event).add(unix_seconds, ms);
  }
  const Events& events() const { return events_; }
  void merge(const LatencyMonitor& other);
  // Forgets one event, or all; returns how many there were.
  size_t reset(std::string_view event);
  size_t reset_all();

 private:
  LatencyEvent& event_of(std::string_view event);

  Events events_;
};

// LATENCY GRAPH: the samples as bars of text, newest on the right.
std::string latency_graph(std::string_view event, const LatencyEvent& data, int64_t now_seconds);

}  // namespace rondo
