#include "server/latency.h"

#include <fmt/format.h>

#include <algorithm>

namespace rondo {

void LatencyEvent::add(int64_t unix_seconds, int64_t ms) {
  max_ms = std::max(max_ms, ms);
  if (!samples.empty() && samples.back().unix_seconds == unix_seconds) {
    samples.back().ms = std::max(samples.back().ms, ms);
    return;
  }
  if (samples.size() == kSamplesMax) samples.erase(samples.begin());
  samples.push_back({unix_seconds, ms});
}

void LatencyEvent::merge(const LatencyEvent& other) {
  std::vector<LatencySample> all = samples;
  all.insert(all.end(), other.samples.begin(), other.samples.end());
  std::stable_sort(all.begin(), all.end(), [](const LatencySample& one, const LatencySample& two) {
    return one.unix_seconds < two.unix_seconds;
  });
  samples.clear();
  for (const LatencySample& sample : all)
    add(sample.unix_seconds, sample.ms);
  max_ms = std::max(max_ms, other.max_ms);
}

LatencyEvent& LatencyMonitor::event_of(std::string_view event) {
  const auto at = events_.find(event);
  return at != events_.end() ? at->second : events_[std::string(event)];
}

void LatencyMonitor::merge(const LatencyMonitor& other) {
  for (const auto& [name, event] : other.events_)
    event_of(name).merge(event);
}

size_t LatencyMonitor::reset(std::string_view event) {
  const auto at = events_.find(event);
  if (at == events_.end()) return 0;
  events_.erase(at);
  return 1;
}

size_t LatencyMonitor::reset_all() {
  const size_t count = events_.size();
  events_.clear();
  return count;
}

std::string latency_graph(std::string_view event, const LatencyEvent& data, int64_t now_seconds) {
  constexpr size_t kRows = 4;
  constexpr std::string_view kBars = "_o#";
  int64_t low = INT64_MAX;
  int64_t high = 0;
  for (const LatencySample& sample : data.samples) {
    low = std::min(low, sample.ms);
    high = std::max(high, sample.ms);
  }
  if (data.samples.empty()) low = 0;
  std::string text = fmt::format("{} - high {} ms, low {} ms (all time high {} ms)\n", event, high,
                                 low, data.max_ms);
  text.append(80, '-').push_back('\n');

  // Each sample is a column of kRows * kBars.size() steps.
  const auto steps = static_cast<int64_t>(kRows * kBars.size());
  const int64_t range = std::max<int64_t>(high - low, 1);
  for (size_t row = 0; row < kRows; ++row) {
    const auto floor = static_cast<int64_t>((kRows - 1 - row) * kBars.size());
    for (const LatencySample& sample : data.samples) {
      const int64_t height = (sample.ms - low) * (steps - 1) / range;
      if (height < floor) {
        text += ' ';
      } else if (height >= floor + static_cast<int64_t>(kBars.size())) {
        text += '|';
      } else {
        text += kBars[static_cast<size_t>(height - floor)];
      }
    }
    text += '\n';
  }

  // The age of each sample, written from top to bottom: "12s", "3m", "4h", "2d".
  std::vector<std::string> ages;
  size_t longest = 0;
  for (const LatencySample& sample : data.samples) {
    const int64_t age = std::max<int64_t>(now_seconds - sample.unix_seconds, 0);
    std::string& label = ages.emplace_back();
    if (age < 60)
      label = fmt::format("{}s", age);
    else if (age < 3600)
      label = fmt::format("{}m", age / 60);
    else if (age < 86400)
      label = fmt::format("{}h", age / 3600);
    else
      label = fmt::format("{}d", age / 86400);
    longest = std::max(longest, label.size());
  }
  text += '\n';
  for (size_t i = 0; i < longest; ++i) {
    for (const std::string& label : ages)
      text += i < label.size() ? label[i] : ' ';
    text += '\n';
  }
  return text;
}

}  // namespace rondo
