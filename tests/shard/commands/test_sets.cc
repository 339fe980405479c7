// The set commands beyond the scripts, over the borders between the three forms of a set:
// shard/commands/set_members.cc, shard/commands/set_random.cc, shard/commands/set_pop.cc, and what
// they share, shard/commands/set_value.cc.
#include <map>
#include <set>
#include <string>
#include <vector>

#include "reactor/base/prng.h"
#include "tests/shard/commands/fixture.h"
#include "tests/shard/commands/parsed_reply.h"
#include "tests/testing.h"

namespace rondo {
namespace {

using Model = std::set<std::string>;

// The elements of a reply, which are all different.
Model distinct(const RespValue& reply) {
  Model model;
  for (const RespValue& element : reply.elements)
    REQUIRE(model.insert(element.text).second);
  return model;
}

Model read_all(CommandFixture& fixture, const std::string& key) {
  return distinct(parse(fixture.run_args({"SMEMBERS", key})));
}

struct Limits {
  PackedLimits packed;
  int64_t integers;
};

void set_limits(CommandFixture& fixture, const Limits& limits) {
  for (int i = 0; i < fixture.shards(); i++) {
    fixture.shard(i).limits().set = limits.packed;
    fixture.shard(i).limits().set_integers_max = limits.integers;
  }
}

std::string random_member(Prng& prng, bool integers) {
  if (integers || prng.one_in(2)) {
    return std::to_string(static_cast<int64_t>(prng.below(60) << (prng.below(3) * 16)) - 30);
  }
  return std::string(prng.below(12), static_cast<char>('a' + prng.below(4)));
}

// One random command on set `key`, in both.
void step(CommandFixture& fixture, const std::string& key, Model& model, Prng& prng,
          bool integers) {
  const std::string member = random_member(prng, integers);
  const std::string other = random_member(prng, integers);
  const size_t before = model.size();
  switch (prng.below(7)) {
    case 0: {
      model.insert({member, other});
      CHECK_EQ(parse(fixture.run_args({"SADD", key, member, other})).integer,
               static_cast<int64_t>(model.size() - before));
      break;
    }
    case 1: {
      model.erase(member);
      model.erase(other);
      CHECK_EQ(parse(fixture.run_args({"SREM", key, member, other})).integer,
               static_cast<int64_t>(before - model.size()));
      break;
    }
    case 2: {
      const RespValue popped = parse(fixture.run_args({"SPOP", key}));
      CHECK_EQ(popped.is_null(), model.empty());
      if (!model.empty()) CHECK_EQ(model.erase(popped.text), 1);
      break;
    }
    case 3: {
      if (!prng.one_in(4)) break;
      const size_t count = prng.below(before + 2);
      const Model popped = distinct(parse(fixture.run_args({"SPOP", key, std::to_string(count)})));
      CHECK_EQ(popped.size(), std::min(count, before));
      for (const std::string& gone : popped)
        CHECK_EQ(model.erase(gone), 1);
      break;
    }
    default:
      model.insert(member);
      CHECK_EQ(parse(fixture.run_args({"SADD", key, member})).integer,
               static_cast<int64_t>(model.size() - before));
  }
  CHECK_EQ(parse(fixture.run_args({"SISMEMBER", key, member})).integer,
           model.contains(member) ? 1 : 0);
}

TEST_CASE("sets do what a set does on both sides of every limit") {
  for (const Limits limits : {Limits{{128, 64}, 512}, Limits{{8, 64}, 16}, Limits{{20, 5}, 4},
                              Limits{{0, 64}, 0}, Limits{{1, 0}, 1}, Limits{{30, 64}, 0}}) {
    CommandFixture fixture(3);
    set_limits(fixture, limits);
    Prng prng(static_cast<uint64_t>(limits.packed.entries_max));
    for (int round = 0; round < 40; round++) {
      Model model;
      const bool integers = round % 2 == 0;
      for (uint64_t i = prng.below(150); i > 0; i--)
        step(fixture, "s", model, prng, integers || i > 60);
      REQUIRE(read_all(fixture, "s") == model);
      CHECK_EQ(fixture.run("SCARD s"), ":" + std::to_string(model.size()));
      CHECK_EQ(fixture.run("EXISTS s"), model.empty() ? ":0" : ":1");
      fixture.verify();
      if (prng.one_in(3)) fixture.run("EXPIRE s 1000");
      if (!model.empty()) {
        fixture.run("COPY s other REPLACE");
        CHECK(read_all(fixture, "other") == model);
      }
      fixture.run("DEL s");
    }
    fixture.verify();
  }
}

std::string encoding(CommandFixture& fixture, const std::string& key) {
  return parse(fixture.run_args({"OBJECT", "ENCODING", key})).text;
}

TEST_CASE("a set takes a larger form behind the configured limits, and never goes back") {
  CommandFixture fixture;
  set_limits(fixture, {{3, 10}, 5});
  fixture.run("SADD s 1 2");
  CHECK_EQ(encoding(fixture, "s"), "intset");
  fixture.run("EXPIRE s 100");
  fixture.run("SADD s x");
  CHECK_EQ(encoding(fixture, "s"), "listpack");
  fixture.run("SADD s 1 x");
  CHECK_EQ(encoding(fixture, "s"), "listpack");
  fixture.run("SADD s 4");
  CHECK_EQ(encoding(fixture, "s"), "hashtable");
  CHECK_EQ(fixture.run("TTL s"), ":100");
  fixture.run("SREM s 1 2 x");
  CHECK_EQ(encoding(fixture, "s"), "hashtable");
  CHECK_EQ(fixture.run("SMEMBERS s"), "*1 $1 4");
  // Integers past their limit become a table at once, even where a packed set would do.
  set_limits(fixture, {{100, 10}, 5});
  fixture.run("SADD n 1 2 3 4 5");
  CHECK_EQ(encoding(fixture, "n"), "intset");
  fixture.run("SADD n 6");
  CHECK_EQ(encoding(fixture, "n"), "hashtable");
  // A set of integers that is too large for a packed one.
  set_limits(fixture, {{3, 10}, 5});
  fixture.run("SADD m 1 2 3 4");
  fixture.run("SADD m x");
  CHECK_EQ(encoding(fixture, "m"), "hashtable");
  // At once, by a long member or by how many are added.
  fixture.run("SADD long 12345678901x");
  CHECK_EQ(encoding(fixture, "long"), "hashtable");
  fixture.run("SADD many a a a a");
  CHECK_EQ(encoding(fixture, "many"), "hashtable");
  fixture.run("SADD wide 12345678901");
  CHECK_EQ(encoding(fixture, "wide"), "intset");
  fixture.run("SADD wide a");
  CHECK_EQ(encoding(fixture, "wide"), "listpack");
  fixture.verify();
}

TEST_CASE("the limits of Redis 7.2 are the ones that are there from the start") {
  CommandFixture fixture;
  for (int i = 0; i < 512; i++)
    fixture.run_args({"SADD", "n", std::to_string(i)});
  CHECK_EQ(encoding(fixture, "n"), "intset");
  fixture.run("SADD n 512");
  CHECK_EQ(encoding(fixture, "n"), "hashtable");
  for (int i = 0; i < 128; i++)
    fixture.run_args({"SADD", "s", "m" + std::to_string(i)});
  CHECK_EQ(encoding(fixture, "s"), "listpack");
  fixture.run("SADD s x");
  CHECK_EQ(encoding(fixture, "s"), "hashtable");
  fixture.run_args({"SADD", "long", std::string(64, 'x')});
  CHECK_EQ(encoding(fixture, "long"), "listpack");
  fixture.run_args({"SADD", "long", std::string(65, 'x')});
  CHECK_EQ(encoding(fixture, "long"), "hashtable");
}

TEST_CASE("SSCAN visits all members of a large set while it changes") {
  CommandFixture fixture;
  for (int i = 0; i < 2000; i++)
    fixture.run_args({"SADD", "s", "m" + std::to_string(i)});
  Prng prng(4);
  Model seen;
  std::string cursor = "0";
  int steps = 0;
  do {
    const RespValue reply = parse(fixture.run_args({"SSCAN", "s", cursor, "COUNT", "20"}));
    cursor = reply.elements[0].text;
    CHECK_LT(reply.elements[1].elements.size(), 100);
    for (const RespValue& member : reply.elements[1].elements)
      seen.insert(member.text);
    for (int i = 0; i < 30; i++) {
      const std::string member = std::to_string(prng.below(5000));
      if (parse(fixture.run_args({"SREM", "s", member})).integer == 0) {
        fixture.run_args({"SADD", "s", member});
      }
    }
    steps++;
  } while (cursor != "0");
  CHECK_GT(steps, 20);
  for (int i = 0; i < 2000; i++)
    REQUIRE(seen.contains("m" + std::to_string(i)));
}

// Fills "s" with `count` members in the form that the limits ask for.
void fill(CommandFixture& fixture, int count, bool integers) {
  fixture.run("DEL s");
  for (int i = 0; i < count; i++)
    fixture.run_args({"SADD", "s", (integers ? "" : "m") + std::to_string(i)});
}

TEST_CASE("SRANDMEMBER draws distinct members, or repeats, of sets in every form") {
  CommandFixture fixture;
  for (const char* form : {"intset", "listpack", "hashtable"}) {
    const bool packs = std::string(form) != "hashtable";
    set_limits(fixture, {{packs ? 512 : 0, 64}, packs ? 512 : 0});
    fill(fixture, 300, std::string(form) == "intset");
    CHECK_EQ(encoding(fixture, "s"), form);
    const Model model = read_all(fixture, "s");
    for (const size_t count : {size_t{1}, size_t{20}, size_t{99}, size_t{101}, size_t{299}}) {
      const Model drawn =
          distinct(parse(fixture.run_args({"SRANDMEMBER", "s", std::to_string(count)})));
      CHECK_EQ(drawn.size(), count);
      for (const std::string& member : drawn)
        CHECK(model.contains(member));
    }
    std::map<std::string, int> drawn;
    for (const RespValue& member : parse(fixture.run_args({"SRANDMEMBER", "s", "-30000"})).elements)
      drawn[member.text]++;
    CHECK_EQ(drawn.size(), 300);
    for (const auto& [member, times] : drawn) {
      CHECK_GT(times, 40);
      CHECK_LT(times, 200);
    }
    CHECK(model.contains(parse(fixture.run_args({"SRANDMEMBER", "s"})).text));
    CHECK_EQ(fixture.run("SRANDMEMBER s -100000000"), "-ERR value is out of range");
    CHECK_EQ(fixture.run("SCARD s"), ":300");
  }
}

TEST_CASE("SPOP removes every member about equally often, alone or with others") {
  for (const Limits limits : {Limits{{512, 64}, 512}, Limits{{512, 64}, 0}, Limits{{0, 0}, 0}}) {
    CommandFixture fixture;
    set_limits(fixture, limits);
    std::map<std::string, int> popped;
    for (int round = 0; round < 1500; round++) {
      fixture.run("DEL s");
      fixture.run("SADD s 1 2 3 4 5 6 7 8 9 10");
      if (round % 2 == 0) {
        popped[parse(fixture.run_args({"SPOP", "s"})).text]++;
      }
      for (const RespValue& member : parse(fixture.run_args({"SPOP", "s", "4"})).elements)
        popped[member.text]++;
      fixture.verify();
    }
    // 1500 / 2 + 1500 * 4 of 10 members.
    for (int i = 1; i <= 10; i++) {
      CHECK_GT(popped[std::to_string(i)], 550);
      CHECK_LT(popped[std::to_string(i)], 800);
    }
  }
}

TEST_CASE("SPOP of some, many or nearly all members leaves the others") {
  for (const int count : {10, 4000, 7000, 7600, 9990, 9999}) {
    CAPTURE(count);
    CommandFixture fixture(1, Resp::k3);
    fill(fixture, 10'000, count % 20 == 0);
    fixture.run("EXPIRE s 100");
    const Model model = read_all(fixture, "s");
    const RespValue reply = parse(fixture.run_args({"SPOP", "s", std::to_string(count)}));
    CHECK(reply.type == RespValue::Type::kSet);
    const Model popped = distinct(reply);
    CHECK_EQ(popped.size(), count);
    const Model left = read_all(fixture, "s");
    CHECK_EQ(left.size(), 10'000 - count);
    for (const std::string& member : left) {
      CHECK_FALSE(popped.contains(member));
      CHECK(model.contains(member));
    }
    CHECK_EQ(fixture.run("TTL s"), ":100");
    fixture.verify();
    while (fixture.shard(0).free_slice()) {
    }
    CHECK_LT(fixture.shard(0).memory_bytes(), 50'000 + 60 * left.size());
  }
}

TEST_CASE("small sets of integers take few bytes") {
  CommandFixture fixture;
  const size_t before = fixture.shard(0).memory_bytes();
  fixture.run("SADD followers:1000 1 2 3 4 5 6 7 8 9 10");
  CHECK_LE(parse(fixture.run_args({"MEMORY", "USAGE", "followers:1000"})).integer, 64);
  fixture.run("SREM followers:1000 1 2 3 4 5 6 7 8 9 10");
  CHECK_EQ(fixture.shard(0).memory_bytes(), before);
}

TEST_CASE("a large set that is dropped is freed in slices") {
  CommandFixture fixture;
  fill(fixture, 20'000, false);
  const size_t before = fixture.shard(0).memory_bytes();
  fixture.run("DEL s");
  CHECK_EQ(fixture.run("EXISTS s"), ":0");
  CHECK_GT(fixture.shard(0).memory_bytes(), before / 2);
  int slices = 0;
  while (fixture.shard(0).free_slice())
    slices++;
  CHECK_GT(slices, 50);
  CHECK_LT(fixture.shard(0).memory_bytes(), before / 10);
  fixture.verify();
}

}  // namespace
}  // namespace rondo
