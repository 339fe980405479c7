#include "shard/commands/iteration.h"

#include <map>
#include <set>

#include "reactor/base/prng.h"
#include "tests/shard/commands/fixture.h"
#include "tests/shard/commands/parsed_reply.h"
#include "tests/testing.h"

namespace rondo {
namespace {

// One step of SCAN: adds the keys and returns the next cursor.
std::string scan_step(CommandFixture& fixture, const std::string& cursor,
                      const std::vector<std::string>& options, std::multiset<std::string>& keys) {
  std::vector<std::string> args = {"SCAN", cursor};
  args.insert(args.end(), options.begin(), options.end());
  const RespValue step = parse(fixture.run_args(args));
  REQUIRE_EQ(step.elements.size(), 2);
  for (const RespValue& key : step.elements[1].elements)
    keys.insert(key.text);
  return step.elements[0].text;
}

TEST_CASE("SCAN finds every key once when nothing changes") {
  for (const int shards : {1, 2, 5}) {
    CommandFixture fixture(shards);
    std::multiset<std::string> expected;
    for (int i = 0; i < 2000; i++) {
      const std::string key = "key:" + std::to_string(i);
      fixture.run_args({"SET", key, "v"});
      expected.insert(key);
    }
    for (const char* count : {"1", "10", "1000000000000"}) {
      std::multiset<std::string> found;
      std::string cursor = "0";
      int steps = 0;
      do {
        cursor = scan_step(fixture, cursor, {"COUNT", count}, found);
        REQUIRE_LT(++steps, 20'000);
      } while (cursor != "0");
      CHECK(found == expected);
    }
  }
}

TEST_CASE("SCAN finds the keys that stay while others come and go") {
  Prng prng(3);
  for (const int shards : {1, 3}) {
    CommandFixture fixture(shards);
    std::set<std::string> staying;
    for (int i = 0; i < 3000; i++) {
      staying.insert("stay" + std::to_string(i));
      fixture.run("SET stay" + std::to_string(i) + " v");
    }
    std::multiset<std::string> found;
    std::string cursor = "0";
    int next = 0;
    do {
      cursor = scan_step(fixture, cursor, {}, found);
      // Growth makes the tables split between the steps.
      for (int i = 0; i < 7; i++)
        fixture.run("SET new" + std::to_string(next++) + " v");
      for (int i = 0; i < 2; i++) {
        fixture.run("DEL new" + std::to_string(prng.below(static_cast<uint64_t>(next))));
      }
      REQUIRE_LT(next, 200'000);
    } while (cursor != "0");
    for (const std::string& key : staying)
      CHECK(found.contains(key));
    fixture.verify();
  }
}

TEST_CASE("SCAN filters by pattern and type, and leaves out what has expired") {
  CommandFixture fixture(3);
  for (int i = 0; i < 100; i++)
    fixture.run("SET a" + std::to_string(i) + " v");
  for (int i = 0; i < 50; i++)
    fixture.run("SET b" + std::to_string(i) + " v PX 10");
  const auto count = [&](const std::vector<std::string>& options) {
    std::multiset<std::string> keys;
    std::string cursor = "0";
    do
      cursor = scan_step(fixture, cursor, options, keys);
    while (cursor != "0");
    return keys.size();
  };
  CHECK_EQ(count({"MATCH", "b*"}), 50);
  CHECK_EQ(count({"MATCH", "b?"}), 10);
  CHECK_EQ(count({"TYPE", "String", "MATCH", "*1"}), 15);
  CHECK_EQ(count({"TYPE", "hash"}), 0);
  fixture.advance_ms(10);
  CHECK_EQ(count({}), 100);
  CHECK_EQ(fixture.run("KEYS b*"), "*0");
}

TEST_CASE("SCAN answers any cursor") {
  Prng prng(5);
  for (const int shards : {1, 3}) {
    CommandFixture fixture(shards);
    for (int i = 0; i < 1000; i++)
      fixture.run("SET k" + std::to_string(i) + " v");
    for (int i = 0; i < 2000; i++) {
      const uint64_t cursor = prng.next() >> prng.below(64);
      const RespValue reply = parse(fixture.run_args({"SCAN", std::to_string(cursor)}));
      if (!reply.is_error()) CHECK_EQ(reply.elements.size(), 2);
      if (reply.is_error()) CHECK_EQ(reply.text, "ERR invalid cursor");
    }
  }
}

TEST_CASE("a step of SCAN has a bounded size, and in a small database it is the only one") {
  CommandFixture fixture;
  for (int i = 0; i < 9; i++)
    fixture.run("SET k" + std::to_string(i) + " v");
  std::multiset<std::string> keys;
  CHECK_EQ(scan_step(fixture, "0", {"COUNT", "100"}, keys), "0");
  CHECK_EQ(keys.size(), 9);
  for (int i = 0; i < 50'000; i++)
    fixture.run("SET k" + std::to_string(i) + " v");
  std::string cursor = "0";
  do {
    keys.clear();
    cursor = scan_step(fixture, cursor, {"COUNT", "10"}, keys);
    REQUIRE_LT(keys.size(), 200);
  } while (cursor != "0");
}

TEST_CASE("KEYS over all shards and one database") {
  CommandFixture fixture(4);
  for (int i = 0; i < 300; i++)
    fixture.run("SET key" + std::to_string(i) + " v");
  fixture.select(1);
  fixture.run("SET key1 v");
  fixture.select(0);
  std::set<std::string> keys;
  for (const RespValue& key : parse(fixture.run_args({"KEYS", "key1*"})).elements)
    keys.insert(key.text);
  CHECK_EQ(keys.size(), 111);
  CHECK_EQ(parse(fixture.run_args({"KEYS", "*"})).elements.size(), 300);
  fixture.select(1);
  CHECK_EQ(fixture.run("KEYS *"), "*1 $4 key1");
}

TEST_CASE("RANDOMKEY reaches all keys of all shards, about equally often") {
  CommandFixture fixture(3);
  constexpr int kKeys = 20;
  constexpr int kDraws = 20'000;
  for (int i = 0; i < kKeys; i++)
    fixture.run("SET k" + std::to_string(i) + " v");
  std::map<std::string, int> drawn;
  for (int i = 0; i < kDraws; i++)
    drawn[fixture.run("RANDOMKEY")]++;
  CHECK_EQ(drawn.size(), kKeys);
  for (const auto& row : drawn) {
    const auto& key = row.first;
    const auto& times = row.second;
    CAPTURE(key);
    CHECK_GT(times, kDraws / kKeys / 3);
    CHECK_LT(times, kDraws / kKeys * 3);
  }
}

TEST_CASE("RANDOMKEY finds the only live key among shards whose keys have expired") {
  CommandFixture fixture(3);
  for (int i = 0; i < 200; i++)
    fixture.run("SET gone" + std::to_string(i) + " v PX 5");
  fixture.run("SET live v");
  fixture.advance_ms(5);
  for (int i = 0; i < 50; i++)
    CHECK_EQ(fixture.run("RANDOMKEY"), "$4 live");
  fixture.run("DEL live");
  CHECK_EQ(fixture.run("RANDOMKEY"), "$-1");
}

}  // namespace
}  // namespace rondo
