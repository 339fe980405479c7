#include "shard/commands/string_batches.h"

#include "tests/shard/commands/fixture.h"
#include "tests/testing.h"

namespace rondo {
namespace {

TEST_CASE("MGET puts the values at their keys' positions, whatever the number of shards") {
  for (const int shards : {1, 2, 7}) {
    CommandFixture fixture(shards);
    std::vector<std::string> set = {"MSET"};
    std::vector<std::string> get = {"MGET"};
    std::string expected = "*60\r\n";
    for (int i = 0; i < 60; i++) {
      const std::string key = "key" + std::to_string(i * 13 % 60);
      get.push_back(key);
      if (i % 3 == 0) {
        expected += "$-1\r\n";
        continue;
      }
      set.push_back(key);
      set.push_back(key);
      expected += "$" + std::to_string(key.size()) + "\r\n" + key + "\r\n";
    }
    CHECK_EQ(fixture.run_args(set), "+OK\r\n");
    CHECK_EQ(fixture.run_args(get), expected);
    CHECK_EQ(fixture.run("DBSIZE"), ":40");
    fixture.verify();
  }
}

TEST_CASE("MGET of large values ends its elements where they end") {
  CommandFixture fixture(3);
  const std::string big(30'000, 'b');
  fixture.run_args({"MSET", "a", big, "b", "1", "c", big, "d", "x"});
  const std::string element = "$30000\r\n" + big + "\r\n";
  CHECK_EQ(fixture.run_args({"MGET", "c", "b", "x", "a", "d"}),
           "*5\r\n" + element + "$1\r\n1\r\n$-1\r\n" + element + "$1\r\nx\r\n");
}

TEST_CASE("MSETNX writes all or nothing over all shards") {
  for (const int shards : {1, 3}) {
    CommandFixture fixture(shards);
    CHECK_EQ(fixture.run("MSETNX a 1 b 2 c 3 d 4"), ":1");
    // The key that exists stands last and is on one shard only.
    CHECK_EQ(fixture.run("MSETNX e 1 f 2 g 3 h 4 a 5"), ":0");
    CHECK_EQ(fixture.run("EXISTS e f g h"), ":0");
    CHECK_EQ(fixture.run("MGET a b c d"), "*4 $1 1 $1 2 $1 3 $1 4");
    fixture.run("SET e old PX 1");
    fixture.advance_ms(1);
    CHECK_EQ(fixture.run("MSETNX e 1 f 2"), ":1");
    fixture.verify();
  }
}

TEST_CASE("a value without a key is an arity error") {
  CommandFixture fixture(3);
  CHECK_EQ(fixture.run("MSET a 1 b"), "-ERR wrong number of arguments for 'mset' command");
  CHECK_EQ(fixture.run("MSETNX a 1 b"), "-ERR wrong number of arguments for 'msetnx' command");
  CHECK_EQ(fixture.run("EXISTS a b"), ":0");
}

}  // namespace
}  // namespace rondo
