// Slowlog: the slow commands of one core's clients, newest first, bounded. One per core, touched
// only by its thread; SLOWLOG merges those of all cores. Ids come from one counter for the whole
// server, so they order the merged list and stay unique.
#pragma once

#include <cstdint>
#include <deque>
#include <string>
#include <string_view>
#include <vector>

#include "protocol/args.h"

namespace rondo {

struct SlowlogEntry {
  // More arguments, and longer ones, are replaced by a text that says how much is missing.
  static constexpr size_t kArgumentsMax = 32;
  static constexpr size_t kArgumentBytesMax = 128;

  uint64_t id = 0;
  int64_t unix_seconds = 0;
  int64_t duration_us = 0;
  std::vector<std::string> args;
  std::string peer;
  std::string name;
};

class Slowlog {
 public:
  // From slowlog-log-slower-than and slowlog-max-len. A smaller maximum drops the oldest entries.
  void configure(int64_t threshold_us, int64_t entries_max);

  // Whether a command that took so long belongs here. A negative threshold refuses all.
  bool interested(int64_t duration_us) const {
    return threshold_us_ >= 0 && duration_us >= threshold_us_;
  }

  // An entry with shortened arguments and the duration; the rest is for the caller to fill in.
  static SlowlogEntry make_entry(Args args, int64_t duration_us);
  void add(SlowlogEntry entry);

  const std::deque<SlowlogEntry>& entries() const { return entries_; }  // Newest first.
  size_t size() const { return entries_.size(); }
  void reset() { entries_.clear(); }

 private:
  int64_t threshold_us_ = 10'000;
  size_t entries_max_ = 128;
  std::deque<SlowlogEntry> entries_;
};

}  // namespace rondo
