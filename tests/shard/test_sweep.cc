#include "shard/sweep.h"

#include <algorithm>
#include <string>

#include "tests/shard/shard_fixture.h"
#include "tests/testing.h"

namespace rondo {
namespace {

// Runs slices for `ms` milliseconds of the fixture's clock, as a server with a tick of 10 ms does.
// Returns how many slices there were.
int run_for(ShardFixture& fixture, int64_t ms) {
  int slices = 0;
  for (int64_t passed = 0; passed < ms; passed += 10) {
    fixture.advance_ms(10);
    do {
      ++slices;
    } while (fixture.shard.expire_slice() && slices < 1'000'000);
  }
  return slices;
}

TEST_CASE("expired keys of a small database are gone within a fraction of a second") {
  ShardFixture fixture;
  for (int i = 0; i < 200; ++i) {
    fixture.set("k" + std::to_string(i), "v", fixture.now_ms() + 50);
  }
  fixture.db(3).put_string(make_key("k"), "v", fixture.now_ms() + 50, events::kSet);
  fixture.set("stays", "v");
  run_for(fixture, 40);
  CHECK(fixture.db().size() == 201);
  run_for(fixture, 400);
  CHECK(fixture.db().size() == 1);
  CHECK(fixture.db(3).size() == 0);
  CHECK(fixture.shard.stats().expired == 201);
  fixture.shard.verify();
}

TEST_CASE("a key with an expiry is found soon after a long time without any") {
  ShardFixture fixture;
  for (int i = 0; i < 100; ++i)
    fixture.set("k" + std::to_string(i), "v");
  run_for(fixture, 60'000);
  fixture.set("short", "v", fixture.now_ms() + 20);
  run_for(fixture, 300);
  CHECK(fixture.db().size() == 100);
}

TEST_CASE("a storm of expired keys is removed in bounded slices, without waiting") {
  ShardFixture fixture;
  for (int i = 0; i < 50'000; ++i) {
    fixture.set("k" + std::to_string(i), "v", fixture.now_ms() + 100);
  }
  for (int i = 0; i < 1'000; ++i)
    fixture.set("stays" + std::to_string(i), "v");
  fixture.advance_ms(100);
  // Time stands still: everything is done because a slice that finds much is followed by another.
  size_t before = fixture.db().size();
  size_t most = 0;
  while (fixture.shard.expire_slice()) {
    most = std::max(most, before - fixture.db().size());
    before = fixture.db().size();
  }
  CHECK(most <= Sweep::kSliceExpired);
  CHECK(fixture.db().size() < 1'000 + 5'000);
  run_for(fixture, 9'000);
  CHECK(fixture.db().size() == 1'000);
  fixture.shard.verify();
}

TEST_CASE("without expiries the sweep is nearly idle") {
  ShardFixture fixture;
  for (int i = 0; i < 100'000; ++i)
    fixture.set("k" + std::to_string(i), "v");
  int slices = 0;
  for (int i = 0; i < 1'000; ++i) {
    fixture.advance_ms(10);
    while (fixture.shard.expire_slice())
      ++slices;
  }
  // Ten seconds of a turn of 32: a third of some 20,000 buckets, in slices of 256.
  CHECK(slices < 60);
  ShardFixture empty;
  CHECK_FALSE(empty.shard.expire_slice());
}

TEST_CASE("active expiry can be switched off; lazy expiry stays") {
  ShardFixture fixture;
  fixture.shard.set_active_expiry(false);
  fixture.set("a", "v", fixture.now_ms() + 10);
  run_for(fixture, 1'000);
  CHECK(fixture.db().size() == 1);
  CHECK_FALSE(fixture.get("a"));
  CHECK(fixture.db().size() == 0);
  fixture.set("b", "v", fixture.now_ms() + 10);
  fixture.shard.set_active_expiry(true);
  run_for(fixture, 1'000);
  CHECK(fixture.db().size() == 0);
}

TEST_CASE("the average time to live is that of the keys with one") {
  ShardFixture fixture;
  for (int i = 0; i < 100; ++i) {
    fixture.set("k" + std::to_string(i), "v", fixture.now_ms() + 100'000);
    fixture.set("l" + std::to_string(i), "v", fixture.now_ms() + 300'000);
    fixture.set("m" + std::to_string(i), "v");
  }
  CHECK(fixture.db().average_ttl_ms() == 0);
  run_for(fixture, 2'000);
  CHECK(fixture.db().average_ttl_ms() > 197'000);
  CHECK(fixture.db().average_ttl_ms() <= 200'000);
  run_for(fixture, 310'000);
  CHECK(fixture.db().size() == 100);
  run_for(fixture, 10'000);
  CHECK(fixture.db().average_ttl_ms() == 0);
}

TEST_CASE("expiries at both ends of time do no harm") {
  ShardFixture fixture;
  for (int i = 0; i < 20; ++i) {
    fixture.set("far" + std::to_string(i), "v", INT64_MAX);
    fixture.set("past" + std::to_string(i), "v", INT64_MIN);
  }
  run_for(fixture, 1'000);
  CHECK(fixture.db().size() == 20);
  CHECK(fixture.db().average_ttl_ms() == 1'000'000'000'000'000'000);
}

TEST_CASE("idle times survive the wrap of the stamps and are right within a factor") {
  ShardFixture fixture;
  constexpr int kKeys = 2'000;
  for (int i = 0; i < kKeys; ++i)
    fixture.set("k" + std::to_string(i), "v");
  const auto average = [&] {
    double sum = 0;
    for (int i = 0; i < kKeys; ++i) {
      sum += fixture.db().peek(make_key("k" + std::to_string(i))).idle_seconds();
    }
    return sum / kKeys;
  };
  run_for(fixture, 50'000);
  CHECK(average() == 50);
  run_for(fixture, 150'000);
  CHECK(average() > 160);
  CHECK(average() < 230);
  run_for(fixture, 1'800'000);
  CHECK(average() > 1'600);
  CHECK(average() < 2'400);
  fixture.db().find(make_key("k1"));
  CHECK(fixture.db().peek(make_key("k1")).idle_seconds() == 0);
}

}  // namespace
}  // namespace rondo
