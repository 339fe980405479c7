// The cursor of SCAN as clients see it: which shard is being walked, and where in it. A keyspace's
// own cursor has 53 bits (shard/keyspace.h); with one shard clients see it as it is, and with more
// the shard's index stands in the low bits:
//
//   63        10 9         0
//   +-----------+----------+
//   | local     | shard    |
//   +-----------+----------+
//
// Shards are walked in the order of their indices. The walk begins and ends with 0: since shard 0
// is the first, no later position is 0. Pure functions; any thread.
#pragma once

#include <cstdint>
#include <string_view>

namespace rondo {

inline constexpr int kScanShardBits = 10;
inline constexpr int kScanShardsMax = 1 << kScanShardBits;

struct ScanPosition {
  uint64_t local = 0;  // The keyspace's cursor; 0 at its beginning.
  int shard = 0;
};

// Reads a client's cursor; false for what is not a cursor: no number, more than 64 bits, or a shard
// that does not exist.
bool parse_scan_cursor(std::string_view text, int shards, ScanPosition& position);

// REQUIRES: position.shard < shards <= kScanShardsMax, position.local < 2^53.
uint64_t pack_scan_cursor(ScanPosition position, int shards);

// The client's cursor after shard `shard` returned `next_local` as its next cursor: further in the
// same shard, the start of the next one, or 0 behind the last.
uint64_t next_scan_cursor(int shard, uint64_t next_local, int shards);

}  // namespace rondo
