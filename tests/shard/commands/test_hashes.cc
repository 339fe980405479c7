// The hash commands beyond the scripts, over the border between packed hashes and objects:
// shard/commands/hash_fields.cc, shard/commands/hash_counters.cc, shard/commands/hash_iteration.cc
// and what they share, shard/commands/hash_value.cc, shard/commands/collection.cc and
// shard/commands/member_scan.cc.
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

using Model = std::map<std::string, std::string>;

Model read_all(CommandFixture& fixture, const std::string& key) {
  const RespValue reply = parse(fixture.run_args({"HGETALL", key}));
  REQUIRE_EQ(reply.elements.size() % 2, 0);
  Model model;
  for (size_t i = 0; i < reply.elements.size(); i += 2) {
    REQUIRE(model.emplace(reply.elements[i].text, reply.elements[i + 1].text).second);
  }
  return model;
}

void set_limits(CommandFixture& fixture, PackedLimits limits) {
  for (int i = 0; i < fixture.shards(); i++)
    fixture.shard(i).limits().hash = limits;
}

void fill(CommandFixture& fixture, const std::string& key, size_t fields) {
  for (size_t i = 0; i < fields; i++)
    fixture.run_args({"HSET", key, "f" + std::to_string(i), std::to_string(i)});
}

std::string random_value(Prng& prng) {
  if (prng.one_in(3)) return std::to_string(static_cast<int64_t>(prng.next()) >> prng.below(64));
  return std::string(prng.below(20), static_cast<char>(prng.below(256)));
}

// One random command on hash `key`, in both.
void step(CommandFixture& fixture, const std::string& key, Model& model, Prng& prng) {
  const std::string field = "f" + std::to_string(prng.below(40));
  const std::string value = random_value(prng);
  switch (prng.below(5)) {
    case 0: {
      const int expected = model.contains(field) ? 0 : 1;
      CHECK_EQ(parse(fixture.run_args({"HSETNX", key, field, value})).integer, expected);
      model.emplace(field, value);
      break;
    }
    case 1: {
      const std::string other = "f" + std::to_string(prng.below(40));
      const size_t before = model.size();
      model[field] = value;
      model[other] = "x";
      const auto added = static_cast<int64_t>(model.size() - before);
      CHECK_EQ(parse(fixture.run_args({"HSET", key, field, value, other, "x"})).integer, added);
      break;
    }
    case 2: {
      const int64_t sum = (model.contains("n") ? std::stoll(model["n"]) : 0) + 7;
      model["n"] = std::to_string(sum);
      CHECK_EQ(parse(fixture.run_args({"HINCRBY", key, "n", "7"})).integer, sum);
      break;
    }
    default: {
      const std::string other = "f" + std::to_string(prng.below(40));
      const size_t erased = model.erase(field) + model.erase(other);
      CHECK_EQ(parse(fixture.run_args({"HDEL", key, field, other})).integer,
               static_cast<int64_t>(erased));
    }
  }
  const auto found = model.find(field);
  const RespValue reply = parse(fixture.run_args({"HGET", key, field}));
  CHECK_EQ(reply.is_null(), found == model.end());
  if (found != model.end()) CHECK_EQ(reply.text, found->second);
}

TEST_CASE("hashes do what a map does on both sides of every limit") {
  for (const PackedLimits limits : {PackedLimits{8, 64}, PackedLimits{20, 5}, PackedLimits{0, 64},
                                    PackedLimits{512, 64}, PackedLimits{1, 0}}) {
    CommandFixture fixture(3);
    set_limits(fixture, limits);
    Prng prng(static_cast<uint64_t>(limits.entries_max));
    for (int round = 0; round < 30; round++) {
      Model model;
      for (uint64_t i = prng.below(150); i > 0; i--)
        step(fixture, "h", model, prng);
      REQUIRE(read_all(fixture, "h") == model);
      CHECK_EQ(fixture.run("HLEN h"), ":" + std::to_string(model.size()));
      CHECK_EQ(fixture.run("EXISTS h"), model.empty() ? ":0" : ":1");
      fixture.verify();
      if (prng.one_in(3)) fixture.run("EXPIRE h 1000");
      if (!model.empty()) {
        fixture.run("COPY h other REPLACE");
        CHECK(read_all(fixture, "other") == model);
      }
      fixture.run("DEL h");
    }
    fixture.verify();
  }
}

TEST_CASE("a hash leaves its packed form behind the configured limits, and stays an object") {
  CommandFixture fixture;
  set_limits(fixture, {3, 10});
  fixture.run("HSET h a 1 b 2 c 3");
  CHECK_EQ(fixture.run("OBJECT ENCODING h"), "$8 listpack");
  fixture.run("EXPIRE h 100");
  fixture.run("HSET h c 4");
  CHECK_EQ(fixture.run("OBJECT ENCODING h"), "$8 listpack");
  fixture.run("HSET h d 5");
  CHECK_EQ(fixture.run("OBJECT ENCODING h"), "$9 hashtable");
  CHECK_EQ(fixture.run("TTL h"), ":100");
  fixture.run("HDEL h a b c");
  CHECK_EQ(fixture.run("OBJECT ENCODING h"), "$9 hashtable");
  CHECK_EQ(fixture.run("HGETALL h"), "*2 $1 d $1 5");
  // At once, by a long value or by many fields.
  fixture.run("HSET value f 12345678901");
  CHECK_EQ(fixture.run("OBJECT ENCODING value"), "$9 hashtable");
  fixture.run("HSET fields a 1 b 1 c 1 d 1");
  CHECK_EQ(fixture.run("OBJECT ENCODING fields"), "$9 hashtable");
  fixture.run("HSET same a 1 b 1 c 1 a 1");
  CHECK_EQ(fixture.run("OBJECT ENCODING same"), "$8 listpack");
  fixture.verify();
}

TEST_CASE("HSCAN visits all fields of a large hash while it changes") {
  CommandFixture fixture;
  set_limits(fixture, {16, 64});
  fill(fixture, "h", 2000);
  Prng prng(4);
  std::set<std::string> seen;
  std::string cursor = "0";
  int steps = 0;
  do {
    const RespValue reply = parse(fixture.run_args({"HSCAN", "h", cursor, "COUNT", "20"}));
    cursor = reply.elements[0].text;
    const std::vector<RespValue>& items = reply.elements[1].elements;
    REQUIRE_EQ(items.size() % 2, 0);
    CHECK_LT(items.size(), 200);
    for (size_t i = 0; i < items.size(); i += 2)
      seen.insert(items[i].text);
    for (int i = 0; i < 30; i++) {
      const std::string field = "g" + std::to_string(prng.below(5000));
      if (parse(fixture.run_args({"HDEL", "h", field})).integer == 0) {
        fixture.run_args({"HSET", "h", field, "v"});
      }
    }
    steps++;
  } while (cursor != "0");
  CHECK_GT(steps, 20);
  for (int i = 0; i < 2000; i++)
    REQUIRE(seen.contains("f" + std::to_string(i)));
}

TEST_CASE("HSCAN leaves out the values if asked, and filters fields") {
  CommandFixture fixture;
  for (const PackedLimits limits : {PackedLimits{512, 64}, PackedLimits{0, 64}}) {
    set_limits(fixture, limits);
    fixture.run("DEL h");
    fixture.run("HSET h apple 1 berry 2");
    CHECK_EQ(fixture.run("HSCAN h 0 NOVALUES MATCH a*"), "*2 $1 0 *1 $5 apple");
    CHECK_EQ(fixture.run("HSCAN h 0 match b* novalues count 100"), "*2 $1 0 *1 $5 berry");
    CHECK_EQ(fixture.run("HSCAN h 0 MATCH *y COUNT 5"), "*2 $1 0 *2 $5 berry $1 2");
    CHECK_EQ(fixture.run("HSCAN h 0 NOVALUES NOVALUES MATCH z"), "*2 $1 0 *0");
  }
}

TEST_CASE("HRANDFIELD draws distinct fields, or repeats, of packed hashes and of objects") {
  CommandFixture fixture;
  for (const PackedLimits limits : {PackedLimits{512, 64}, PackedLimits{16, 64}}) {
    set_limits(fixture, limits);
    fixture.run("DEL h");
    fill(fixture, "h", 300);
    const Model model = read_all(fixture, "h");
    for (const size_t count : {size_t{1}, size_t{20}, size_t{99}, size_t{101}, size_t{299}}) {
      const RespValue reply =
          parse(fixture.run_args({"HRANDFIELD", "h", std::to_string(count), "WITHVALUES"}));
      REQUIRE_EQ(reply.elements.size(), 2 * count);
      std::set<std::string> fields;
      for (size_t i = 0; i < reply.elements.size(); i += 2) {
        CHECK(fields.insert(reply.elements[i].text).second);
        CHECK(model.at(reply.elements[i].text) == reply.elements[i + 1].text);
      }
    }
    std::map<std::string, int> drawn;
    for (const RespValue& field : parse(fixture.run_args({"HRANDFIELD", "h", "-30000"})).elements)
      drawn[field.text]++;
    CHECK_EQ(drawn.size(), 300);
    for (const auto& [field, times] : drawn) {
      CHECK_GT(times, 40);
      CHECK_LT(times, 200);
    }
    CHECK(model.contains(parse(fixture.run_args({"HRANDFIELD", "h"})).text));
    fixture.run("HSET one f 1");
    CHECK_EQ(fixture.run("HRANDFIELD one -100000000"), "-ERR value is out of range");
  }
}

TEST_CASE("RESP3 has an array for each pair of HRANDFIELD") {
  CommandFixture fixture(1, Resp::k3);
  fixture.run("HSET h f 1");
  CHECK_EQ(fixture.run("HRANDFIELD h -2 WITHVALUES"), "*2 *2 $1 f $1 1 *2 $1 f $1 1");
  CHECK_EQ(fixture.run("HGETALL h"), "%1 $1 f $1 1");
  CHECK_EQ(fixture.run("HGETALL missing"), "%0");
}

TEST_CASE("small hashes take less than a key and an object would") {
  CommandFixture fixture;
  const size_t before = fixture.shard(0).memory_bytes();
  fixture.run("HSET user:1000 name alice age 42 city Berlin");
  const RespValue usage = parse(fixture.run_args({"MEMORY", "USAGE", "user:1000"}));
  CHECK_LE(usage.integer, 80);
  CHECK_GT(fixture.shard(0).memory_bytes(), before);
  fixture.run("HDEL user:1000 name age city");
  CHECK_EQ(fixture.shard(0).memory_bytes(), before);
}

TEST_CASE("a large hash that is dropped is freed in slices") {
  CommandFixture fixture;
  fill(fixture, "h", 20'000);
  fill(fixture, "kept", 600);
  const size_t before = fixture.shard(0).memory_bytes();
  fixture.run("DEL h");
  CHECK_EQ(fixture.run("EXISTS h"), ":0");
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
