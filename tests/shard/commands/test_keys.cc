#include "shard/commands/keys.h"

#include "tests/shard/commands/fixture.h"
#include "tests/testing.h"

namespace rondo {
namespace {

TEST_CASE("RENAME and COPY between all pairs of shards keep value and expiry") {
  for (const int shards : {1, 4}) {
    CommandFixture fixture(shards);
    const std::string big(20'000, 'z');
    for (int i = 0; i < 20; i++) {
      const std::string from = "from" + std::to_string(i);
      const std::string to = "to" + std::to_string(i);
      const std::string copy = "copy" + std::to_string(i);
      const std::string value = i % 3 == 0 ? "12345" : i % 3 == 1 ? "text" : big;
      const std::string get = "$" + std::to_string(value.size()) + "\r\n" + value + "\r\n";
      fixture.run_args({"SET", from, value, "PX", "5000"});
      fixture.run("SET " + to + " old");
      CHECK_EQ(fixture.run("COPY " + from + " " + copy), ":1");
      CHECK_EQ(fixture.run("RENAMENX " + from + " " + to), ":0");
      CHECK_EQ(fixture.run("RENAME " + from + " " + to), "+OK");
      CHECK_EQ(fixture.run("EXISTS " + from), ":0");
      for (const std::string& key : {to, copy}) {
        CHECK_EQ(fixture.run_args({"GET", key}), get);
        CHECK_EQ(fixture.run("PTTL " + key), ":5000");
      }
    }
    CHECK_EQ(fixture.run("DBSIZE"), ":40");
    fixture.verify();
  }
}

TEST_CASE("a copy and its original change apart from each other") {
  CommandFixture fixture;
  const std::string big(20'000, 'a');
  fixture.run_args({"SET", "k", big});
  fixture.run("COPY k c");
  fixture.run("SETRANGE c 0 X");
  fixture.run("APPEND k Y");
  CHECK_EQ(fixture.run("GETRANGE k 0 1"), "$2 aa");
  CHECK_EQ(fixture.run("GETRANGE c 0 1"), "$2 Xa");
  CHECK_EQ(fixture.run("STRLEN c"), ":20000");
  CHECK_EQ(fixture.run("STRLEN k"), ":20001");
}

TEST_CASE("MOVE between databases") {
  CommandFixture fixture(3);
  fixture.run("SET k v PX 5000");
  CHECK_EQ(fixture.run("MOVE k 9"), ":1");
  CHECK_EQ(fixture.run("DBSIZE"), ":0");
  fixture.select(9);
  CHECK_EQ(fixture.run("PTTL k"), ":5000");
  CHECK_EQ(fixture.run("COPY k k DB 0"), ":1");
  CHECK_EQ(fixture.run("MOVE k 0"), ":0");
  CHECK_EQ(fixture.run("DEL k"), ":1");
  CHECK_EQ(fixture.run("MOVE k 0"), ":0");
  fixture.verify();
}

TEST_CASE("TOUCH uses the key even for a client that does not") {
  CommandFixture fixture;
  fixture.run("SET k v");
  fixture.advance_ms(20'000);
  fixture.shard(0).set_touch(false);
  fixture.run("GET k");
  CHECK_EQ(fixture.run("OBJECT IDLETIME k"), ":20");
  CHECK_EQ(fixture.run("TOUCH k"), ":1");
  CHECK_FALSE(fixture.shard(0).touch());
  CHECK_EQ(fixture.run("OBJECT IDLETIME k"), ":0");
}

TEST_CASE("a key that is named twice is removed once and found twice") {
  CommandFixture fixture(3);
  fixture.run("MSET a 1 b 2");
  CHECK_EQ(fixture.run("EXISTS a b a b x"), ":4");
  CHECK_EQ(fixture.run("TOUCH a a"), ":2");
  CHECK_EQ(fixture.run("DEL a a b x"), ":2");
}

}  // namespace
}  // namespace rondo
