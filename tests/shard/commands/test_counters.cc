#include "shard/commands/counters.h"

#include "tests/shard/commands/fixture.h"
#include "tests/testing.h"

namespace rondo {
namespace {

TEST_CASE("an integer that was modified in place is still a number") {
  CommandFixture fixture;
  fixture.run("SET n 10");
  fixture.run("APPEND n 5");
  CHECK_EQ(fixture.run("OBJECT ENCODING n"), "$3 raw");
  CHECK_EQ(fixture.run("INCR n"), ":106");
  CHECK_EQ(fixture.run("OBJECT ENCODING n"), "$3 int");
}

TEST_CASE("limits of 64 bits") {
  CommandFixture fixture;
  fixture.run("SET n 9223372036854775806");
  CHECK_EQ(fixture.run("INCR n"), ":9223372036854775807");
  CHECK_EQ(fixture.run("INCR n"), "-ERR increment or decrement would overflow");
  CHECK_EQ(fixture.run("GET n"), "$19 9223372036854775807");
  CHECK_EQ(fixture.run("DECRBY n -9223372036854775808"), "-ERR decrement would overflow");
  CHECK_EQ(fixture.run("INCRBY n -9223372036854775808"), ":-1");
  CHECK_EQ(fixture.run("DECRBY n 9223372036854775807"), ":-9223372036854775808");
  CHECK_EQ(fixture.run("DECR n"), "-ERR increment or decrement would overflow");
}

TEST_CASE("decimal numbers print without exponent and trailing zeros") {
  CommandFixture fixture;
  CHECK_EQ(fixture.run("INCRBYFLOAT f 3.0e3"), "$4 3000");
  CHECK_EQ(fixture.run("INCRBYFLOAT f 0.50"), "$6 3000.5");
  CHECK_EQ(fixture.run("INCRBYFLOAT f inf"), "-ERR increment would produce NaN or Infinity");
  CHECK_EQ(fixture.run("INCRBYFLOAT f nan"), "-ERR value is not a valid float");
  CHECK_EQ(fixture.run("GET f"), "$6 3000.5");
  // The precision of a long double shows, as it does in Redis.
  CHECK_EQ(fixture.run("INCRBYFLOAT f -0.4"), "$22 3000.10000000000000009");
}

TEST_CASE("the largest decimal number of Redis fits") {
  CommandFixture fixture;
  const std::string reply = fixture.run("INCRBYFLOAT f 1e4932");
  CHECK_EQ(reply.substr(0, 6), "$4933 ");
  CHECK_EQ(fixture.run("STRLEN f"), ":4933");
}

TEST_CASE("counters keep the expiry") {
  CommandFixture fixture;
  fixture.run("SET n 1 PX 5000");
  fixture.run("INCR n");
  fixture.run("INCRBYFLOAT n 0.5");
  CHECK_EQ(fixture.run("PTTL n"), ":5000");
  fixture.advance_ms(5000);
  CHECK_EQ(fixture.run("INCR n"), ":1");
  CHECK_EQ(fixture.run("PTTL n"), ":-1");
}

}  // namespace
}  // namespace rondo
