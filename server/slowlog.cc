#include "server/slowlog.h"

#include <fmt/format.h>

#include <algorithm>

#include "server/redaction.h"

namespace rondo {

void Slowlog::configure(int64_t threshold_us, int64_t entries_max) {
  threshold_us_ = threshold_us;
  entries_max_ = static_cast<size_t>(std::max<int64_t>(entries_max, 0));
  while (entries_.size() > entries_max_)
    entries_.pop_back();
}

SlowlogEntry Slowlog::make_entry(Args args, int64_t duration_us) {
  SlowlogEntry entry;
  entry.duration_us = duration_us;
  constexpr size_t kMax = SlowlogEntry::kArgumentsMax;
  // The last place says how many are missing, when some are.
  const size_t kept_count = args.size() > kMax ? kMax - 1 : args.size();
  entry.args.reserve(std::min(args.size(), kMax));
  for (size_t i = 0; i < kept_count; ++i) {
    constexpr size_t kBytes = SlowlogEntry::kArgumentBytesMax;
    const std::string_view arg = is_secret(args, i) ? kRedacted : args[i];
    std::string& kept = entry.args.emplace_back(arg.substr(0, kBytes));
    if (arg.size() > kBytes) kept += fmt::format("... ({} more bytes)", arg.size() - kBytes);
  }
  if (kept_count < args.size()) {
    entry.args.push_back(fmt::format("... ({} more arguments)", args.size() - kept_count));
  }
  return entry;
}

void Slowlog::add(SlowlogEntry entry) {
  if (entries_max_ == 0) return;
  if (entries_.size() == entries_max_) entries_.pop_back();
  entries_.push_front(std::move(entry));
}

}  // namespace rondo
