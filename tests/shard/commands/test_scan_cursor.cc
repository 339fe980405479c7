#include "shard/scan_cursor.h"

#include <string>

#include "reactor/base/prng.h"
#include "tests/testing.h"

namespace rondo {
namespace {

constexpr uint64_t kLocalMax = (uint64_t{1} << 53) - 1;

TEST_CASE("one shard: the keyspace's cursor as it is") {
  ScanPosition position;
  CHECK(parse_scan_cursor("18446744073709551615", 1, position));
  CHECK_EQ(position.local, UINT64_MAX);
  CHECK_EQ(position.shard, 0);
  CHECK_EQ(next_scan_cursor(0, 1234, 1), 1234);
  CHECK_EQ(next_scan_cursor(0, 0, 1), 0);
}

TEST_CASE("a cursor comes back as it was packed") {
  Prng prng(1);
  for (const int shards : {2, 3, 64, kScanShardsMax}) {
    for (int i = 0; i < 1000; i++) {
      const ScanPosition given{
          .local = prng.next() & kLocalMax,
          .shard = static_cast<int>(prng.below(static_cast<uint64_t>(shards)))};
      const uint64_t packed = pack_scan_cursor(given, shards);
      CHECK_EQ(packed >> 63, 0);
      ScanPosition read;
      REQUIRE(parse_scan_cursor(std::to_string(packed), shards, read));
      CHECK_EQ(read.local, given.local);
      CHECK_EQ(read.shard, given.shard);
    }
  }
}

TEST_CASE("the walk visits the shards in order and ends with 0") {
  constexpr int kShards = 5;
  ScanPosition position;
  REQUIRE(parse_scan_cursor("0", kShards, position));
  for (int shard = 0; shard < kShards; shard++) {
    CHECK_EQ(position.shard, shard);
    CHECK_EQ(position.local, 0);
    // A step inside of the shard, then its end.
    const uint64_t inside = next_scan_cursor(shard, 99, kShards);
    REQUIRE(parse_scan_cursor(std::to_string(inside), kShards, position));
    CHECK_EQ(position.shard, shard);
    CHECK_EQ(position.local, 99);
    const uint64_t next = next_scan_cursor(shard, 0, kShards);
    CHECK_EQ(next == 0, shard == kShards - 1);
    REQUIRE(parse_scan_cursor(std::to_string(next), kShards, position));
  }
}

TEST_CASE("what is not a cursor") {
  ScanPosition position;
  for (const char* bad : {"x", "1x", " 1", "1 ", "+", "-", "--1", "+-1", "1.5", "0x10",
                          "18446744073709551616", "99999999999999999999999"}) {
    CAPTURE(bad);
    CHECK_FALSE(parse_scan_cursor(bad, 1, position));
  }
  // A shard that does not exist.
  CHECK(parse_scan_cursor("2", 3, position));
  CHECK_FALSE(parse_scan_cursor("3", 3, position));
  // What strtoul takes, Redis takes.
  for (const char* zero : {"", "0", "+0", "-0", "000"}) {
    CAPTURE(zero);
    REQUIRE(parse_scan_cursor(zero, 1, position));
    CHECK_EQ(position.local, 0);
  }
  REQUIRE(parse_scan_cursor("-1", 1, position));
  CHECK_EQ(position.local, UINT64_MAX);
}

}  // namespace
}  // namespace rondo
