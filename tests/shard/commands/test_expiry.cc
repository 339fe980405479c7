#include "shard/commands/expiry.h"

#include "tests/shard/commands/fixture.h"
#include "tests/testing.h"

namespace rondo {
namespace {

TEST_CASE("a key is gone at its time, not before") {
  CommandFixture fixture;
  fixture.run("SET k v");
  CHECK_EQ(fixture.run("PEXPIRE k 100"), ":1");
  fixture.advance_ms(99);
  CHECK_EQ(fixture.run("PTTL k"), ":1");
  CHECK_EQ(fixture.run("GET k"), "$1 v");
  fixture.advance_ms(1);
  CHECK_EQ(fixture.run("GET k"), "$-1");
  CHECK_EQ(fixture.run("PTTL k"), ":-2");
  fixture.verify();
}

TEST_CASE("seconds are rounded to the nearest") {
  CommandFixture fixture;
  fixture.run("SET k v PX 10499");
  CHECK_EQ(fixture.run("TTL k"), ":10");
  fixture.run("PEXPIRE k 10500");
  CHECK_EQ(fixture.run("TTL k"), ":11");
  fixture.run("PEXPIRE k 499");
  CHECK_EQ(fixture.run("TTL k"), ":0");
  CHECK_EQ(fixture.run("PTTL k"), ":499");
}

TEST_CASE("absolute times are answered as they were given") {
  CommandFixture fixture;
  fixture.run("SET k v");
  const std::string at_ms = std::to_string(fixture.now_ms() + 1234);
  CHECK_EQ(fixture.run("PEXPIREAT k " + at_ms), ":1");
  CHECK_EQ(fixture.run("PEXPIRETIME k"), ":" + at_ms);
  fixture.advance_ms(234);
  CHECK_EQ(fixture.run("PEXPIRETIME k"), ":" + at_ms);
  CHECK_EQ(fixture.run("PTTL k"), ":1000");
}

TEST_CASE("this very moment is the past") {
  CommandFixture fixture;
  fixture.run("SET k v");
  CHECK_EQ(fixture.run("PEXPIREAT k " + std::to_string(fixture.now_ms())), ":1");
  CHECK_EQ(fixture.run("DBSIZE"), ":0");
}

TEST_CASE("conditions compare moments, whatever form they have") {
  CommandFixture fixture;
  fixture.run("SET k v PX 5000");
  CHECK_EQ(fixture.run("EXPIRE k 5 GT"), ":0");
  CHECK_EQ(fixture.run("EXPIRE k 5 LT"), ":0");
  fixture.advance_ms(1);
  CHECK_EQ(fixture.run("EXPIRE k 5 GT"), ":1");
  CHECK_EQ(fixture.run("PTTL k"), ":5000");
}

TEST_CASE("TTL is not a use of the key") {
  CommandFixture fixture;
  fixture.run("SET k v");
  fixture.advance_ms(30'000);
  for (const char* command : {"TTL k", "PTTL k", "EXPIRETIME k", "TYPE k", "EXISTS k"}) {
    fixture.run(command);
    CHECK_EQ(fixture.run("OBJECT IDLETIME k"), ":30");
  }
  CHECK_EQ(fixture.shard(0).stats().hits, 5);
  fixture.run("TOUCH k");
  CHECK_EQ(fixture.run("OBJECT IDLETIME k"), ":0");
}

}  // namespace
}  // namespace rondo
