// String commands on keys that hold something else, and key commands that do not care.
#include <memory>

#include "shard/detached_value.h"
#include "shard/object.h"
#include "tests/shard/commands/fixture.h"
#include "tests/testing.h"

namespace rondo {
namespace {

// A value of a type that no string command can use.
class OtherValue final : public Object {
 public:
  OtherValue() : Object(Type::kList) {}
  const char* encoding() const override { return "listpack"; }
  size_t footprint() const override { return sizeof(OtherValue); }
  bool free_some(size_t) override { return true; }
  std::unique_ptr<Object> clone() const override { return std::make_unique<OtherValue>(); }
};

void put_other(CommandFixture& fixture, std::string_view key, int64_t expire_at_ms = kNoExpiry) {
  DetachedValue value(std::make_unique<OtherValue>(), expire_at_ms);
  fixture.shard_of(key).db(0).put(make_key(key), std::move(value), events::kRestore);
}

TEST_CASE("string commands refuse other values and leave them alone") {
  CommandFixture fixture(3);
  put_other(fixture, "l");
  fixture.run("SET x v");
  constexpr const char* kWrongType =
      "-WRONGTYPE Operation against a key holding the wrong kind of value";
  for (const char* command :
       {"GET l",          "SET l v GET",    "SET l v NX GET", "SET l v XX GET",
        "GETSET l v",     "GETDEL l",       "GETEX l",        "GETEX l EX 0",
        "APPEND l x",     "APPEND l ",      "STRLEN l",       "GETRANGE l 0 1",
        "SUBSTR l 0 1",   "SETRANGE l 0 x", "SETRANGE l 0 ",  "SETRANGE l 536870912 x",
        "INCR l",         "DECR l",         "INCRBY l 1",     "DECRBY l 1",
        "INCRBYFLOAT l x"}) {
    CAPTURE(command);
    CHECK_EQ(fixture.run(command), kWrongType);
    CHECK_EQ(fixture.run("TYPE l"), "+list");
  }
  // These look at their other arguments first, or have another text.
  CHECK_EQ(fixture.run("INCRBY l x"), "-ERR value is not an integer or out of range");
  CHECK_EQ(fixture.run("LCS l x FOO"), "-ERR The specified keys must contain string values");
  CHECK_EQ(fixture.run("LCS x l"), "-ERR The specified keys must contain string values");
  CHECK_EQ(fixture.run("MGET x l"), "*2 $1 v $-1");
  CHECK_EQ(fixture.run("SETNX l v"), ":0");
  CHECK_EQ(fixture.run("MSETNX l v new v"), ":0");
  CHECK_EQ(fixture.run("SET l v NX"), "$-1");
  CHECK_EQ(fixture.run("TYPE l"), "+list");
  fixture.verify();
}

TEST_CASE("SET, SETEX and MSET replace any value") {
  CommandFixture fixture(3);
  for (const char* command : {"SET l v", "SET l v XX", "SETEX l 10 v", "MSET l v"}) {
    put_other(fixture, "l");
    CHECK_EQ(fixture.run(command), "+OK");
    CHECK_EQ(fixture.run("GET l"), "$1 v");
  }
  fixture.verify();
}

TEST_CASE("key commands take any value") {
  CommandFixture fixture(3);
  put_other(fixture, "l", fixture.now_ms() + 5000);
  CHECK_EQ(fixture.run("OBJECT ENCODING l"), "$8 listpack");
  CHECK_EQ(fixture.run("SCAN 0 TYPE string COUNT 1000").substr(0, 2), "*2");
  CHECK_EQ(fixture.run("RENAME l {l}m"), "+OK");
  CHECK_EQ(fixture.run("COPY {l}m other"), ":1");
  CHECK_EQ(fixture.run("MOVE other 1"), ":1");
  CHECK_EQ(fixture.run("TYPE {l}m"), "+list");
  CHECK_EQ(fixture.run("PTTL {l}m"), ":5000");
  CHECK_EQ(fixture.run("PERSIST {l}m"), ":1");
  CHECK_EQ(fixture.run("EXPIRE {l}m 100"), ":1");
  CHECK_EQ(fixture.run("DEBUG OBJECT {l}m").substr(0, 10), "+Value at:");
  CHECK_EQ(fixture.run("DEL {l}m"), ":1");
  fixture.select(1);
  CHECK_EQ(fixture.run("TYPE other"), "+list");
  CHECK_EQ(fixture.run("PTTL other"), ":5000");
  CHECK_EQ(fixture.run("UNLINK other"), ":1");
  fixture.verify();
}

}  // namespace
}  // namespace rondo
