#include "shard/graveyard.h"

#include <algorithm>
#include <string>

#include "tests/shard/shard_fixture.h"
#include "tests/testing.h"

namespace rondo {
namespace {

TEST_CASE("small values are freed at once") {
  ShardFixture fixture;
  fixture.set("small", "x");
  fixture.set("medium", std::string(100'000, 'x'));
  fixture.db().put(make_key("object"), counted_value(100), events::kRestore);
  for (const char* key : {"small", "medium", "object"})
    fixture.db().erase(make_key(key));
  CHECK(fixture.shard.memory_bytes() == 0);
  CHECK_FALSE(fixture.shard.free_slice());
  CHECK(CountedObject::alive == 0);
}

TEST_CASE("a huge value is freed in slices and counts until it is gone") {
  ShardFixture fixture;
  constexpr size_t kBytes = 20 * 1024 * 1024;
  fixture.set("huge", std::string(kBytes, 'x'));
  fixture.db().erase(make_key("huge"));
  CHECK(fixture.shard.memory_bytes() >= kBytes);
  int slices = 1;
  while (fixture.shard.free_slice())
    ++slices;
  CHECK(slices >= 19);
  CHECK(fixture.shard.memory_bytes() == 0);
}

TEST_CASE("a huge value that a reply refers to stays whole for it") {
  ShardFixture fixture;
  const std::string value(2'000'000, 'x');
  fixture.set("huge", value);
  const SharedBytes reply = fixture.db().find(make_key("huge")).shared();
  fixture.db().erase(make_key("huge"));
  fixture.free_all();
  CHECK(reply.view() == value);
  CHECK(fixture.shard.memory_bytes() == 0);
}

TEST_CASE("a huge object is freed in slices") {
  ShardFixture fixture;
  fixture.db().put(make_key("k"), counted_value(10'000), events::kRestore);
  fixture.db().erase(make_key("k"));
  CHECK(CountedObject::alive == 1);
  const size_t before = fixture.shard.memory_bytes();
  CHECK(fixture.shard.free_slice());
  CHECK(fixture.shard.memory_bytes() < before);
  int slices = 1;
  while (fixture.shard.free_slice())
    ++slices;
  CHECK(slices > 20);
  CHECK(CountedObject::alive == 0);
  CHECK(fixture.shard.memory_bytes() == 0);
}

TEST_CASE("a dropped database is freed in slices, with what its entries own") {
  ShardFixture fixture;
  for (int i = 0; i < 5'000; ++i)
    fixture.set("key" + std::to_string(i), "value");
  fixture.set("huge", std::string(3'000'000, 'x'));
  fixture.db().put(make_key("object"), counted_value(5'000), events::kRestore);
  const size_t before = fixture.shard.memory_bytes();
  CHECK(fixture.shard.flush(0) == 5'002);
  CHECK(fixture.shard.memory_bytes() == before);
  CHECK(fixture.db().size() == 0);
  fixture.set("key1", "anew");
  int slices = 1;
  while (fixture.shard.free_slice())
    ++slices;
  CHECK(slices > 10);
  CHECK(fixture.get("key1") == "anew");
  CHECK(CountedObject::alive == 0);
  fixture.db().erase(make_key("key1"));
  CHECK(fixture.shard.memory_bytes() == 0);
}

// At most 64 buckets with what is in them, or as many chunks of the blocks of empty buckets.
TEST_CASE("a slice of a dropped database frees a bounded part of it") {
  ShardFixture fixture;
  constexpr int kKeys = 400'000;
  for (int i = 0; i < kKeys; ++i)
    fixture.set("key" + std::to_string(i), std::string(60, 'x'));
  CHECK(fixture.shard.flush(0) == kKeys);
  size_t largest = 0;
  for (bool more = true; more;) {
    const size_t before = fixture.shard.memory_bytes();
    more = fixture.shard.free_slice();
    largest = std::max(largest, before - fixture.shard.memory_bytes());
  }
  CHECK(fixture.shard.memory_bytes() == 0);
  CHECK(largest > 0);
  CHECK(largest <= size_t{64} * 64 * 1024);
}

TEST_CASE("a shard that is destroyed frees everything") {
  {
    ShardFixture fixture;
    for (int i = 0; i < 1'000; ++i)
      fixture.set("key" + std::to_string(i), "value");
    fixture.db(1).put(make_key("object"), counted_value(5'000), events::kRestore);
    fixture.shard.flush(0);
    fixture.shard.free_slice();
  }
  CHECK(CountedObject::alive == 0);
}

TEST_CASE("a table of many objects is freed in slices that stay short") {
  ShardFixture fixture;
  for (int i = 0; i < 1000; ++i) {
    fixture.db().put(make_key("k" + std::to_string(i)), counted_value(200), events::kRestore);
  }
  fixture.shard.flush(0);
  for (bool more = true; more;) {
    const int before = CountedObject::alive;
    more = fixture.shard.free_slice();
    // Those of one bucket, which are up to 256 elements each.
    CHECK(before - CountedObject::alive <= 7);
  }
  CHECK(CountedObject::alive == 0);
  CHECK(fixture.shard.memory_bytes() == 0);
}

}  // namespace
}  // namespace rondo
