#include "shard/commands/hash_expiry_values.h"

#include "tests/shard/commands/fixture.h"
#include "tests/testing.h"

namespace rondo {
namespace {

constexpr PackedLimits kPacked = {512, 64};
constexpr PackedLimits kObject = {0, 64};

void set_limits(CommandFixture& fixture, PackedLimits limits) {
  for (int i = 0; i < fixture.shards(); i++)
    fixture.shard(i).limits().hash = limits;
}

TEST_CASE("HGETDEL returns values and removes their fields") {
  for (const PackedLimits limits : {kPacked, kObject}) {
    CommandFixture fixture;
    set_limits(fixture, limits);
    fixture.run("HSET h a 1 b 2 c 3");
    CHECK_EQ(fixture.run("HGETDEL h FIELDS 3 a nothing a"), "*3 $1 1 $-1 $-1");
    CHECK_EQ(fixture.run("HGETDEL h FIELDS 2 b c"), "*2 $1 2 $1 3");
    CHECK_EQ(fixture.run("EXISTS h"), ":0");
    CHECK_EQ(fixture.run("HGETDEL h FIELDS 1 a"), "*1 $-1");
    fixture.verify();
  }
}

TEST_CASE("HGETEX returns values and changes expiries") {
  for (const PackedLimits limits : {kPacked, kObject}) {
    CommandFixture fixture;
    set_limits(fixture, limits);
    fixture.run("HSET h a 1 b 2");
    CHECK_EQ(fixture.run("HGETEX h FIELDS 2 a nothing"), "*2 $1 1 $-1");
    CHECK_EQ(fixture.run("HTTL h FIELDS 1 a"), "*1 :-1");
    CHECK_EQ(fixture.run("HGETEX h EX 10 FIELDS 1 a"), "*1 $1 1");
    CHECK_EQ(fixture.run("HGETEX h PX 20000 FIELDS 1 b"), "*1 $1 2");
    CHECK_EQ(fixture.run("HTTL h FIELDS 2 a b"), "*2 :10 :20");
    CHECK_EQ(fixture.run("HGETEX h PERSIST FIELDS 1 a"), "*1 $1 1");
    CHECK_EQ(fixture.run("HGETEX h PXAT 1900000005000 FIELDS 1 b"), "*1 $1 2");
    CHECK_EQ(fixture.run("HTTL h FIELDS 2 a b"), "*2 :-1 :5");
    CHECK_EQ(fixture.run("HGETEX h EXAT 1 FIELDS 2 a b"), "*2 $1 1 $1 2");
    CHECK_EQ(fixture.run("EXISTS h"), ":0");
    CHECK_EQ(fixture.run("HGETEX h EX 10 FIELDS 1 a"), "*1 $-1");
    fixture.verify();
  }
}

TEST_CASE("HSETEX sets fields with their expiry, under conditions") {
  for (const PackedLimits limits : {kPacked, kObject}) {
    CommandFixture fixture;
    set_limits(fixture, limits);
    CHECK_EQ(fixture.run("HSETEX h FXX FIELDS 1 a 1"), ":0");
    CHECK_EQ(fixture.run("EXISTS h"), ":0");
    CHECK_EQ(fixture.run("HSETEX h FNX EX 10 FIELDS 2 a 1 b 2"), ":1");
    CHECK_EQ(fixture.run("HTTL h FIELDS 2 a b"), "*2 :10 :10");
    CHECK_EQ(fixture.run("HSETEX h FNX FIELDS 2 c 3 a 5"), ":0");
    CHECK_EQ(fixture.run("HSETEX h FXX FIELDS 2 c 3 a 5"), ":0");
    CHECK_EQ(fixture.run("HMGET h a c"), "*2 $1 1 $-1");
    CHECK_EQ(fixture.run("HSETEX h FXX KEEPTTL FIELDS 1 a 5"), ":1");
    CHECK_EQ(fixture.run("HSETEX h KEEPTTL FIELDS 1 c 3"), ":1");
    CHECK_EQ(fixture.run("HMGET h a c"), "*2 $1 5 $1 3");
    CHECK_EQ(fixture.run("HTTL h FIELDS 2 a c"), "*2 :10 :-1");
    CHECK_EQ(fixture.run("HSETEX h PX 5000 FIELDS 1 a 6"), ":1");
    CHECK_EQ(fixture.run("HTTL h FIELDS 1 a"), "*1 :5");
    CHECK_EQ(fixture.run("HSETEX h FIELDS 1 a 7"), ":1");
    CHECK_EQ(fixture.run("HTTL h FIELDS 1 a"), "*1 :-1");
    CHECK_EQ(fixture.run("HSETEX h EXAT 1 FIELDS 2 a 8 new 1"), ":1");
    CHECK_EQ(fixture.run("HMGET h a b new"), "*3 $-1 $1 2 $-1");
    CHECK_EQ(fixture.run("HSETEX gone PXAT 1 FIELDS 1 f v"), ":1");
    CHECK_EQ(fixture.run("EXISTS gone"), ":0");
    fixture.verify();
  }
}

}  // namespace
}  // namespace rondo
