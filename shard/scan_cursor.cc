#include "shard/scan_cursor.h"

#include <limits>

#include "reactor/base/check.h"

namespace rondo {

namespace {

constexpr int kLocalBits = 53;
constexpr uint64_t kShardMask = kScanShardsMax - 1;

// Like strtoul, which Redis uses: a sign is accepted (and a minus negates modulo 2^64), and so is
// an empty text, which is 0.
bool parse_unsigned(std::string_view text, uint64_t& value) {
  const bool negative = text.starts_with('-');
  if (negative || text.starts_with('+')) {
    text.remove_prefix(1);
    if (text.empty()) return false;
  }
  constexpr uint64_t kMax = std::numeric_limits<uint64_t>::max();
  uint64_t sum = 0;
  for (const char c : text) {
    if (c < '0' || c > '9') return false;
    const auto digit = static_cast<uint64_t>(c - '0');
    if (sum > (kMax - digit) / 10) return false;
    sum = sum * 10 + digit;
  }
  value = negative ? uint64_t{0} - sum : sum;
  return true;
}

}  // namespace

bool parse_scan_cursor(std::string_view text, int shards, ScanPosition& position) {
  CHECK(shards >= 1 && shards <= kScanShardsMax);
  uint64_t value = 0;
  if (!parse_unsigned(text, value)) return false;
  if (shards == 1) {
    position = {.local = value, .shard = 0};
    return true;
  }
  const int shard = static_cast<int>(value & kShardMask);
  if (shard >= shards) return false;
  position = {.local = value >> kScanShardBits, .shard = shard};
  return true;
}

uint64_t pack_scan_cursor(ScanPosition position, int shards) {
  CHECK(position.shard >= 0 && position.shard < shards);
  if (shards == 1) return position.local;
  CHECK(position.local < uint64_t{1} << kLocalBits);
  return position.local << kScanShardBits | static_cast<uint64_t>(position.shard);
}

uint64_t next_scan_cursor(int shard, uint64_t next_local, int shards) {
  if (next_local != 0) return pack_scan_cursor({.local = next_local, .shard = shard}, shards);
  if (shard + 1 == shards) return 0;
  return pack_scan_cursor({.local = 0, .shard = shard + 1}, shards);
}

}  // namespace rondo
