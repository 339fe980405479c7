// Intersections, unions and differences against std::set, with sets of every form and on several
// shards. Covers shard/commands/set_builder.cc.
#include "shard/commands/set_algebra.h"

#include <algorithm>
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

Model run_set(CommandFixture& fixture, std::vector<std::string> args) {
  const RespValue reply = parse(fixture.run_args(args));
  Model model;
  for (const RespValue& element : reply.elements)
    REQUIRE(model.insert(element.text).second);
  return model;
}

std::string encoding(CommandFixture& fixture, const std::string& key) {
  return parse(fixture.run_args({"OBJECT", "ENCODING", key})).text;
}

// A set of at most `size` members of one kind, with much in common with others.
Model random_set(Prng& prng, size_t size) {
  Model model;
  const bool integers = prng.one_in(2);
  for (size_t i = prng.below(size + 1); i > 0; --i) {
    const uint64_t number = prng.below(size * 2);
    model.insert(integers || number % 2 == 0 ? std::to_string(number)
                                             : "member:" + std::to_string(number));
  }
  return model;
}

Model inter(const std::vector<Model>& sets) {
  Model result;
  for (const std::string& member : sets[0]) {
    if (std::all_of(sets.begin(), sets.end(),
                    [&](const Model& set) { return set.contains(member); }))
      result.insert(member);
  }
  return result;
}

Model all(const std::vector<Model>& sets) {
  Model result;
  for (const Model& set : sets)
    result.insert(set.begin(), set.end());
  return result;
}

Model diff(const std::vector<Model>& sets) {
  Model result = sets[0];
  for (size_t i = 1; i < sets.size(); ++i)
    for (const std::string& member : sets[i])
      result.erase(member);
  return result;
}

// The form that a new set with these members has by the default limits.
std::string form_of(const Model& set) {
  const bool integers = std::all_of(set.begin(), set.end(), [](const std::string& member) {
    return member.find_first_not_of("0123456789") == member.npos;
  });
  if (integers && set.size() <= 512) return "intset";
  return set.size() <= 128 ? "listpack" : "hashtable";
}

void check_store(CommandFixture& fixture, const char* command, const std::vector<std::string>& keys,
                 const Model& expected) {
  std::vector<std::string> args = {command, "target"};
  args.insert(args.end(), keys.begin(), keys.end());
  CHECK_EQ(parse(fixture.run_args(args)).integer, static_cast<int64_t>(expected.size()));
  CHECK(run_set(fixture, {"SMEMBERS", "target"}) == expected);
  CHECK_EQ(fixture.run("EXISTS target"), expected.empty() ? ":0" : ":1");
  if (!expected.empty()) CHECK_EQ(encoding(fixture, "target"), form_of(expected));
}

void check_all(CommandFixture& fixture, const std::vector<std::string>& keys,
               const std::vector<Model>& sets) {
  const auto with = [&](std::vector<std::string> args) {
    args.insert(args.end(), keys.begin(), keys.end());
    return args;
  };
  CHECK(run_set(fixture, with({"SINTER"})) == inter(sets));
  CHECK(run_set(fixture, with({"SUNION"})) == all(sets));
  CHECK(run_set(fixture, with({"SDIFF"})) == diff(sets));
  const auto common = static_cast<int64_t>(inter(sets).size());
  std::vector<std::string> card = with({"SINTERCARD", std::to_string(keys.size())});
  CHECK_EQ(parse(fixture.run_args(card)).integer, common);
  card.insert(card.end(), {"LIMIT", "3"});
  CHECK_EQ(parse(fixture.run_args(card)).integer, std::min<int64_t>(common, 3));
  check_store(fixture, "SINTERSTORE", keys, inter(sets));
  check_store(fixture, "SUNIONSTORE", keys, all(sets));
  check_store(fixture, "SDIFFSTORE", keys, diff(sets));
}

TEST_CASE("set algebra is that of std::set") {
  for (const int shards : {1, 3}) {
    CommandFixture fixture(shards);
    Prng prng(static_cast<uint64_t>(shards));
    for (int round = 0; round < 60; round++) {
      fixture.run("FLUSHALL");
      const size_t size = std::vector<size_t>{6, 40, 200, 900}[prng.below(4)];
      std::vector<std::string> keys;
      std::vector<Model> sets;
      for (size_t i = 1 + prng.below(4); i > 0; --i) {
        keys.push_back("k" + std::to_string(prng.below(100)));
        const auto named = std::find(keys.begin(), keys.end() - 1, keys.back());
        if (named != keys.end() - 1) {
          sets.push_back(sets[static_cast<size_t>(named - keys.begin())]);
          continue;
        }
        sets.push_back(random_set(prng, prng.one_in(4) ? 3 : size));
        for (const std::string& member : sets.back())
          fixture.run_args({"SADD", keys.back(), member});
      }
      check_all(fixture, keys, sets);
      fixture.verify();
    }
  }
}

TEST_CASE("a small set without a large one, and a large one without small ones") {
  CommandFixture fixture(3);
  Model large;
  for (int i = 0; i < 3000; i++)
    large.insert("m" + std::to_string(i));
  for (const std::string& member : large)
    fixture.run_args({"SADD", "large", member});
  const Model small = {"m1", "m2", "x"};
  fixture.run("SADD small m1 m2 x");
  check_all(fixture, {"large", "small"}, {large, small});
  check_all(fixture, {"small", "large"}, {small, large});
  check_all(fixture, {"large", "small", "small", "small"}, {large, small, small, small});
  check_all(fixture, {"large", "large"}, {large, large});
  check_all(fixture, {"large", "missing"}, {large, {}});
  fixture.verify();
}

TEST_CASE("SMOVE moves between forms and shards") {
  CommandFixture fixture(3);
  for (int i = 0; i < 600; i++)
    fixture.run_args({"SADD", "large", std::to_string(i)});
  fixture.run("SADD words a b");
  CHECK_EQ(fixture.run("SMOVE large words 17"), ":1");
  CHECK_EQ(fixture.run("SISMEMBER large 17"), ":0");
  CHECK_EQ(fixture.run("SISMEMBER words 17"), ":1");
  CHECK_EQ(fixture.run("SMOVE words large a"), ":1");
  CHECK_EQ(fixture.run("SISMEMBER large a"), ":1");
  CHECK_EQ(fixture.run("SMOVE large new 18"), ":1");
  CHECK_EQ(encoding(fixture, "new"), "intset");
  CHECK_EQ(fixture.run("SMOVE words large nothing"), ":0");
  fixture.verify();
}

TEST_CASE("RESP3 has sets") {
  CommandFixture fixture(1, Resp::k3);
  fixture.run("SADD s 1 2");
  CHECK_EQ(fixture.run("SMEMBERS s"), "~2 $1 1 $1 2");
  CHECK_EQ(fixture.run("SINTER s s"), "~2 $1 1 $1 2");
  CHECK_EQ(fixture.run("SUNION s missing"), "~2 $1 1 $1 2");
  CHECK_EQ(fixture.run("SDIFF s missing"), "~2 $1 1 $1 2");
  CHECK_EQ(fixture.run("SDIFF missing s"), "~0");
  CHECK_EQ(fixture.run("SRANDMEMBER s 5"), "*2 $1 1 $1 2");
}

}  // namespace
}  // namespace rondo
