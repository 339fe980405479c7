// The list commands beyond the scripts, over the border between packed lists and objects:
// shard/commands/list_ends.cc, shard/commands/list_ranges.cc, shard/commands/list_search.cc and
// what they share, shard/commands/list_value.cc and shard/commands/list_moves.cc.
#include <algorithm>
#include <deque>
#include <map>
#include <string>
#include <vector>

#include "reactor/base/prng.h"
#include "tests/shard/commands/fixture.h"
#include "tests/shard/commands/parsed_reply.h"
#include "tests/testing.h"

namespace rondo {
namespace {

using Model = std::deque<std::string>;
using Texts = std::vector<std::string>;

Texts range(CommandFixture& fixture, const std::string& key, int64_t from, int64_t to) {
  return texts_of(
      parse(fixture.run_args({"LRANGE", key, std::to_string(from), std::to_string(to)})));
}

int64_t integer_of(CommandFixture& fixture, const Texts& args) {
  return parse(fixture.run_args(args)).integer;
}

void set_limit(CommandFixture& fixture, int64_t max_listpack_size) {
  for (int i = 0; i < fixture.shards(); i++)
    fixture.shard(i).limits().list = ListLimits::of(max_listpack_size);
}

std::string random_element(Prng& prng) {
  if (prng.one_in(100)) return std::string(prng.below(10'000), 'L');
  if (prng.one_in(3)) return std::to_string(static_cast<int64_t>(prng.next()) >> prng.below(64));
  if (prng.one_in(3)) return "dup" + std::to_string(prng.below(4));
  return std::string(prng.below(90), static_cast<char>(prng.below(256)));
}

// Pushes some elements, or pops some, at a random end.
void step_at_end(CommandFixture& fixture, const std::string& key, Model& model, Prng& prng,
                 bool pushes) {
  const bool left = prng.one_in(2);
  if (pushes) {
    Texts args = {left ? "LPUSH" : "RPUSH", key};
    for (uint64_t i = 1 + (prng.one_in(20) ? prng.below(100) : prng.below(3)); i > 0; i--) {
      args.push_back(random_element(prng));
      left ? model.push_front(args.back()) : model.push_back(args.back());
    }
    CHECK_EQ(integer_of(fixture, args), static_cast<int64_t>(model.size()));
    return;
  }
  const size_t count = prng.one_in(20) ? prng.below(200) : prng.below(4);
  Texts expected;
  while (expected.size() < count && !model.empty()) {
    expected.push_back(left ? model.front() : model.back());
    left ? model.pop_front() : model.pop_back();
  }
  const RespValue reply =
      parse(fixture.run_args({left ? "LPOP" : "RPOP", key, std::to_string(count)}));
  CHECK(texts_of(reply) == expected);
}

void step_in_middle(CommandFixture& fixture, const std::string& key, Model& model, Prng& prng) {
  const size_t index = prng.below(model.size());
  const std::string at = std::to_string(index);
  const std::string element = random_element(prng);
  switch (prng.below(5)) {
    case 0:
      CHECK_EQ(fixture.run_args({"LSET", key, at, element}), "+OK\r\n");
      model[index] = element;
      break;
    case 1: {
      const auto pivot = std::find(model.begin(), model.end(), model[index]);
      const bool after = prng.one_in(2);
      const std::string text = *pivot;
      model.insert(pivot + (after ? 1 : 0), element);
      CHECK_EQ(integer_of(fixture, {"LINSERT", key, after ? "AFTER" : "BEFORE", text, element}),
               static_cast<int64_t>(model.size()));
      break;
    }
    case 2: {
      const auto found = std::find(model.begin(), model.end(), model[index]);
      const int64_t place = found - model.begin();
      CHECK_EQ(integer_of(fixture, {"LPOS", key, model[index]}), place);
      CHECK_EQ(integer_of(fixture, {"LREM", key, "1", model[index]}), 1);
      model.erase(found);
      break;
    }
    case 3: {
      const std::string wanted = "dup" + std::to_string(prng.below(4));
      const auto count = static_cast<int64_t>(std::count(model.begin(), model.end(), wanted));
      CHECK_EQ(integer_of(fixture, {"LREM", key, "0", wanted}), count);
      std::erase(model, wanted);
      break;
    }
    default: {
      const size_t last = index + prng.below(model.size() - index);
      CHECK(range(fixture, key, static_cast<int64_t>(index), static_cast<int64_t>(last)) ==
            Texts(model.begin() + static_cast<int64_t>(index),
                  model.begin() + static_cast<int64_t>(last) + 1));
      if (!prng.one_in(8)) break;
      fixture.run_args({"LTRIM", key, at, std::to_string(last)});
      model = Model(model.begin() + static_cast<int64_t>(index),
                    model.begin() + static_cast<int64_t>(last) + 1);
    }
  }
}

TEST_CASE("lists do what a deque does on both sides of every limit") {
  for (const int64_t limit : {-2, -1, -5, 1, 8, 300}) {
    CAPTURE(limit);
    CommandFixture fixture(3);
    set_limit(fixture, limit);
    Prng prng(static_cast<uint64_t>(limit + 20));
    for (int round = 0; round < 12; round++) {
      Model model;
      const uint64_t push_percent = prng.one_in(2) ? 80 : 45;
      for (uint64_t i = prng.below(250); i > 0; i--) {
        if (model.empty() || prng.one_in(2)) {
          step_at_end(fixture, "l", model, prng, prng.below(100) < push_percent);
        } else {
          step_in_middle(fixture, "l", model, prng);
        }
      }
      REQUIRE(range(fixture, "l", 0, -1) == Texts(model.begin(), model.end()));
      CHECK_EQ(fixture.run("LLEN l"), ":" + std::to_string(model.size()));
      CHECK_EQ(fixture.run("EXISTS l"), model.empty() ? ":0" : ":1");
      fixture.verify();
      if (!model.empty()) {
        fixture.run("COPY l other REPLACE");
        CHECK(range(fixture, "other", 0, -1) == Texts(model.begin(), model.end()));
      }
      fixture.run("DEL l");
    }
    fixture.verify();
  }
}

// What LPOS should return, by a look at one element after the other.
std::vector<int64_t> positions_of(const Model& model, const std::string& wanted, int64_t rank,
                                  size_t count, size_t length_max) {
  std::vector<int64_t> found;
  size_t skip = static_cast<size_t>(rank > 0 ? rank : -rank) - 1;
  const size_t looks = length_max == 0 ? model.size() : std::min(length_max, model.size());
  for (size_t i = 0; i < looks; i++) {
    const size_t index = rank > 0 ? i : model.size() - 1 - i;
    if (model[index] != wanted) continue;
    if (skip > 0) {
      skip--;
      continue;
    }
    found.push_back(static_cast<int64_t>(index));
    if (found.size() == count) break;
  }
  return found;
}

TEST_CASE("LPOS finds what a walk over all elements finds") {
  for (const int64_t limit : {-2, 3, 60}) {
    CommandFixture fixture;
    set_limit(fixture, limit);
    Prng prng(static_cast<uint64_t>(limit + 20));
    const Texts some = {"7", "123456789", "dup", "a longer element of more than 32 bytes", ""};
    Model model;
    for (int i = 0; i < 3'000; i++) {
      model.push_back(prng.one_in(4) ? some[prng.below(some.size())] : random_element(prng));
      fixture.run_args({"RPUSH", "l", model.back()});
      if (i % 3 != 0 && i > 100) continue;
      const std::string wanted = prng.one_in(20) ? "absent" : some[prng.below(some.size())];
      int64_t rank = 1 + static_cast<int64_t>(prng.below(prng.one_in(3) ? 300 : 3));
      if (prng.one_in(2)) rank = -rank;
      const size_t count = prng.one_in(3) ? 0 : prng.below(5);
      const size_t length_max = prng.one_in(2) ? 0 : prng.below(model.size() + 10);
      const RespValue reply =
          parse(fixture.run_args({"LPOS", "l", wanted, "RANK", std::to_string(rank), "COUNT",
                                  std::to_string(count), "MAXLEN", std::to_string(length_max)}));
      std::vector<int64_t> found;
      for (const RespValue& index : reply.elements)
        found.push_back(index.integer);
      REQUIRE(found ==
              positions_of(model, wanted, rank, count == 0 ? SIZE_MAX : count, length_max));
    }
    fixture.verify();
  }
}

TEST_CASE("a list leaves its packed form behind its limit and returns at half of it") {
  CommandFixture fixture;
  const std::string kilobyte(1'000, 'x');
  for (int i = 0; i < 8; i++)
    fixture.run_args({"RPUSH", "l", kilobyte});
  fixture.run("EXPIRE l 100");
  CHECK_EQ(fixture.run("OBJECT ENCODING l"), "$8 listpack");
  fixture.run_args({"RPUSH", "l", kilobyte});
  CHECK_EQ(fixture.run("OBJECT ENCODING l"), "$9 quicklist");
  CHECK_EQ(fixture.run("TTL l"), ":100");
  // One node is left with three elements and one with one; then the first of them alone.
  fixture.run("LPOP l 5");
  CHECK_EQ(fixture.run("OBJECT ENCODING l"), "$9 quicklist");
  fixture.run("RPOP l");
  CHECK_EQ(fixture.run("OBJECT ENCODING l"), "$8 listpack");
  CHECK_EQ(fixture.run("TTL l"), ":100");
  // One element that is larger than a node, and another in its place.
  fixture.run_args({"LSET", "l", "0", std::string(9'000, 'y')});
  CHECK_EQ(fixture.run("OBJECT ENCODING l"), "$9 quicklist");
  fixture.run("LSET l 0 small");
  CHECK_EQ(fixture.run("LLEN l"), ":3");
  fixture.verify();
}

TEST_CASE("a positive limit of lists counts elements") {
  CommandFixture fixture;
  set_limit(fixture, 4);
  fixture.run("RPUSH l a b c d");
  CHECK_EQ(fixture.run("OBJECT ENCODING l"), "$8 listpack");
  fixture.run("LINSERT l BEFORE c x");
  CHECK_EQ(fixture.run("OBJECT ENCODING l"), "$9 quicklist");
  CHECK_EQ(fixture.run("LRANGE l 0 -1"), "*5 $1 a $1 b $1 x $1 c $1 d");
  fixture.run("LTRIM l 0 1");
  CHECK_EQ(fixture.run("OBJECT ENCODING l"), "$8 listpack");
  fixture.run("RPUSH many a b c d e");
  CHECK_EQ(fixture.run("OBJECT ENCODING many"), "$9 quicklist");
  fixture.run("LREM many 0 e");
  CHECK_EQ(fixture.run("LRANGE many 0 -1"), "*4 $1 a $1 b $1 c $1 d");
  fixture.verify();
}

TEST_CASE("many short elements meet the limits of packed values") {
  CommandFixture fixture;
  Texts args = {"RPUSH", "l"};
  args.resize(100'002);
  CHECK_EQ(integer_of(fixture, args), 100'000);
  CHECK_EQ(fixture.run("OBJECT ENCODING l"), "$9 quicklist");
  CHECK_EQ(integer_of(fixture, {"LREM", "l", "99999", ""}), 99'999);
  CHECK_EQ(fixture.run("LRANGE l 0 -1"), "*1 $0 ");
  fixture.verify();
}

TEST_CASE("elements move between lists of every form, on one shard or several") {
  for (const int64_t limit : {-2, 3}) {
    CommandFixture fixture(3);
    set_limit(fixture, limit);
    Prng prng(9);
    std::map<std::string, Model> models;
    const Texts keys = {"a", "b", "c", "{a}d"};
    for (const std::string& key : keys) {
      for (int i = 0; i < 6; i++)
        models[key].push_back(key + std::string(prng.below(400), 'e'));
      for (const std::string& text : models[key])
        fixture.run_args({"RPUSH", key, text});
    }
    for (int i = 0; i < 2'000; i++) {
      const std::string from = keys[prng.below(keys.size())];
      const std::string to = keys[prng.below(keys.size())];
      const bool left = prng.one_in(2);
      const bool to_left = prng.one_in(2);
      const RespValue reply = parse(fixture.run_args(
          {"LMOVE", from, to, left ? "LEFT" : "RIGHT", to_left ? "LEFT" : "RIGHT"}));
      if (models[from].empty()) {
        CHECK(reply.is_null());
        continue;
      }
      const std::string text = left ? models[from].front() : models[from].back();
      left ? models[from].pop_front() : models[from].pop_back();
      to_left ? models[to].push_front(text) : models[to].push_back(text);
      REQUIRE_EQ(reply.text, text);
    }
    for (const std::string& key : keys) {
      CHECK(range(fixture, key, 0, -1) == Texts(models[key].begin(), models[key].end()));
    }
    fixture.verify();
  }
}

TEST_CASE("small lists take less than a key and an object would") {
  CommandFixture fixture;
  const size_t before = fixture.shard(0).memory_bytes();
  fixture.run("RPUSH list:1000 alpha beta gamma");
  CHECK_LE(parse(fixture.run_args({"MEMORY", "USAGE", "list:1000"})).integer, 56);
  fixture.run("LPOP list:1000 3");
  CHECK_EQ(fixture.shard(0).memory_bytes(), before);
}

TEST_CASE("a large list that is dropped is freed in slices") {
  CommandFixture fixture;
  for (int i = 0; i < 2'000; i++)
    fixture.run_args({"RPUSH", "l", std::string(3'000, 'x'), std::string(3'000, 'y')});
  const size_t before = fixture.shard(0).memory_bytes();
  fixture.run("DEL l");
  CHECK_EQ(fixture.run("EXISTS l"), ":0");
  CHECK_GT(fixture.shard(0).memory_bytes(), before / 2);
  int slices = 0;
  while (fixture.shard(0).free_slice())
    slices++;
  CHECK_GT(slices, 20);
  CHECK_LT(fixture.shard(0).memory_bytes(), before / 10);
  fixture.verify();
}

TEST_CASE("all commands on lists read and change compressed nodes") {
  CommandFixture fixture;
  Model model;
  for (int i = 0; i < 600; i++) {
    Texts args = {"RPUSH", "l"};
    for (int j = 0; j < 100; j++)
      args.push_back("element:" + std::to_string(1'000'000 + 100 * i + j));
    model.insert(model.end(), args.begin() + 2, args.end());
    fixture.run_args(args);
  }
  const size_t plain = 60'000 * 17;
  const auto usage = [&] { return integer_of(fixture, {"MEMORY", "USAGE", "l"}); };
  CHECK_LT(usage(), plain / 2);
  CHECK(range(fixture, "l", 0, -1) == Texts(model.begin(), model.end()));
  CHECK(range(fixture, "l", 29'000, 31'000) ==
        Texts(model.begin() + 29'000, model.begin() + 31'001));
  CHECK_EQ(fixture.run("LINDEX l 30000"), "$15 " + model[30'000]);
  CHECK_EQ(fixture.run("LPOS l " + model[30'000]), ":30000");
  CHECK_EQ(fixture.run("LPOS l " + model[30'000] + " RANK -1"), ":30000");
  const Texts sorted =
      texts_of(parse(fixture.run_args({"SORT", "l", "ALPHA", "DESC", "LIMIT", "30000", "2"})));
  CHECK(sorted == Texts{model[29'999], model[29'998]});
  fixture.run("LSET l 20000 set");
  model[20'000] = "set";
  fixture.run_args({"LINSERT", "l", "AFTER", model[40'000], "inserted"});
  model.insert(model.begin() + 40'001, "inserted");
  CHECK_EQ(integer_of(fixture, {"LREM", "l", "-1", model[10'000]}), 1);
  model.erase(model.begin() + 10'000);
  CHECK_EQ(fixture.run("COPY l copied"), ":1");
  CHECK(range(fixture, "copied", 0, -1) == Texts(model.begin(), model.end()));
  const std::string dump = parse(fixture.run_args({"DUMP", "l"})).text;
  fixture.run_args({"RESTORE", "restored", "0", dump});
  CHECK(range(fixture, "restored", 0, -1) == Texts(model.begin(), model.end()));
  CHECK_LT(integer_of(fixture, {"MEMORY", "USAGE", "restored"}), plain / 2);
  fixture.verify();
  fixture.run("LTRIM l 25000 34999");
  model.erase(model.begin() + 35'000, model.end());
  model.erase(model.begin(), model.begin() + 25'000);
  CHECK(range(fixture, "l", 0, -1) == Texts(model.begin(), model.end()));
  CHECK_EQ(fixture.run("LMOVE l other LEFT RIGHT"), "$15 " + model.front());
  CHECK_EQ(fixture.run("RPOP l"), "$15 " + model.back());
  CHECK_EQ(integer_of(fixture, {"LLEN", "l"}), 9'998);
  fixture.run("DEL l copied restored");
  while (fixture.shard(0).free_slice()) {
  }
  fixture.verify();
}

}  // namespace
}  // namespace rondo
