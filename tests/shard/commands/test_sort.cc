// SORT and SORT_RO beyond the scripts: shard/commands/sort.cc, shard/commands/sort_options.cc and
// shard/commands/sort_elements.cc.
#include "shard/commands/sort.h"

#include <algorithm>
#include <map>
#include <string>
#include <vector>

#include "reactor/base/prng.h"
#include "shard/commands/sort_elements.h"
#include "shard/commands/sort_options.h"
#include "tests/shard/commands/fixture.h"
#include "tests/shard/commands/parsed_reply.h"
#include "tests/testing.h"

namespace rondo {
namespace {

using Texts = std::vector<std::string>;
using Words = std::vector<std::string_view>;

TEST_CASE("SORT's keys are its first argument and that of the last STORE") {
  const auto keys = [](const Words& args) {
    std::vector<int> positions;
    CHECK_FALSE(sort_keys(args, positions));
    return positions;
  };
  using Positions = std::vector<int>;
  CHECK(keys({"sort", "l"}) == Positions{1});
  CHECK(keys({"sort", "l", "store", "d"}) == Positions{1, 3});
  CHECK(keys({"sort", "l", "STORE", "d", "alpha", "store", "e"}) == Positions{1, 6});
  CHECK(keys({"sort", "l", "by", "store", "get", "store", "limit", "store", "x"}) == Positions{1});
  CHECK(keys({"sort", "l", "store"}) == Positions{1});
  std::vector<int> positions;
  CHECK_FALSE(sort_ro_keys(Words{"sort_ro", "l", "store", "d"}, positions));
  CHECK(positions == Positions{1});
}

TEST_CASE("only a pattern with a star leads to other keys") {
  CHECK(sort_reaches_far(Words{"sort", "l", "by", "w_*"}));
  CHECK(sort_reaches_far(Words{"sort", "l", "desc", "GET", "#", "get", "x*->f"}));
  CHECK_FALSE(sort_reaches_far(Words{"sort", "l"}));
  CHECK_FALSE(sort_reaches_far(Words{"sort", "l*", "by", "nosort", "get", "#", "store", "d*"}));
  CHECK_FALSE(sort_reaches_far(Words{"sort", "l", "limit", "by", "*"}));
  CHECK_FALSE(sort_reaches_far(Words{"sort", "l", "by"}));
}

TEST_CASE("patterns of SORT") {
  std::string key;
  SortPattern("a*b").write_key("X", key);
  CHECK(key == "aXb");
  const SortPattern field("u:*:x->name->y");
  field.write_key("*", key);
  CHECK(key == "u:*:x");
  CHECK(field.field() == "name->y");
  const SortPattern no_field("a->b*->");
  no_field.write_key("1", key);
  CHECK(key == "a->b1->");
  CHECK(no_field.field().empty());
  CHECK_FALSE(SortPattern("#").has_star());
  CHECK(SortPattern("#").is_element());
}

TEST_CASE("numbers of SORT are what strtod reads") {
  double number = 0;
  for (const auto& row : std::map<std::string, double>{
           {"", 0}, {"  5", 5}, {"\t-1.5e1", -15}, {"0x10", 16}, {"+1", 1}, {"-0", 0}}) {
    CAPTURE(row.first);
    CHECK(read_sort_number(row.first, number));
    CHECK(number == row.second);
  }
  CHECK(read_sort_number(std::string("7\0x", 3), number));
  CHECK(number == 7);
  for (const char* text : {" ", "1 ", "x", "1e400", "1e-400", "nan", "1x", "--1"}) {
    CAPTURE(text);
    CHECK_FALSE(read_sort_number(text, number));
  }
}

// What SORT gives for these elements, each with a weight.
Texts sorted(std::vector<std::pair<double, std::string>> model, bool descending, size_t first,
             size_t count) {
  std::sort(model.begin(), model.end());
  if (descending) std::reverse(model.begin(), model.end());
  Texts texts;
  for (size_t i = first; i < model.size() && texts.size() < count; ++i)
    texts.push_back(model[i].second);
  return texts;
}

TEST_CASE("SORT orders what lie on any shard as a sort of pairs does") {
  Prng prng(3);
  for (const int shards : {1, 3}) {
    CommandFixture fixture(shards);
    for (int round = 0; round < 30; ++round) {
      fixture.run("FLUSHALL");
      const bool is_set = prng.one_in(2);
      std::vector<std::pair<double, std::string>> model;
      for (uint64_t i = prng.below(round == 0 ? 5'000 : 60); i > 0; --i) {
        const std::string element = "e" + std::to_string(i);
        const auto weight = static_cast<int64_t>(prng.below(40)) - 20;
        model.emplace_back(static_cast<double>(weight), element);
        fixture.run_args({is_set ? "SADD" : "RPUSH", "source", element});
        // An element without a weight has 0.
        if (weight != 0) fixture.run_args({"SET", "weight:" + element, std::to_string(weight)});
        fixture.run_args({"HSET", "hash:" + element, "w", std::to_string(weight)});
      }
      const bool descending = prng.one_in(2);
      const size_t first = prng.below(10);
      const size_t count = prng.one_in(2) ? 1'000'000 : prng.below(20);
      Texts args = {"SORT", "source", "BY", prng.one_in(2) ? "weight:*" : "hash:*->w"};
      args.insert(args.end(), {"LIMIT", std::to_string(first), std::to_string(count)});
      if (descending) args.emplace_back("DESC");
      const Texts expected = sorted(model, descending, first, count);
      CHECK(texts_of(parse(fixture.run_args(args))) == expected);
      args.insert(args.end(), {"STORE", "target"});
      CHECK(parse(fixture.run_args(args)).integer == static_cast<int64_t>(expected.size()));
      CHECK(texts_of(parse(fixture.run_args({"LRANGE", "target", "0", "-1"}))) == expected);
      fixture.verify();
    }
  }
}

TEST_CASE("SORT reads keys of every form") {
  CommandFixture fixture(3);
  const std::string large(100'000, 'x');
  fixture.run("RPUSH ids 1 2");
  fixture.run_args({"SET", "v_1", large});
  fixture.run("SET v_2 17");
  const RespValue reply = parse(fixture.run_args({"SORT", "ids", "GET", "v_*"}));
  CHECK(texts_of(reply) == Texts{large, "17"});
  fixture.run("SET v_1 x PX 10");
  fixture.advance_ms(10);
  CHECK(fixture.run("SORT ids GET v_*") == "*2 $-1 $2 17");
  fixture.verify();
}

TEST_CASE("what SORT stores has the form of its size") {
  CommandFixture fixture(3);
  Texts args = {"RPUSH", "l"};
  for (int i = 0; i < 5'000; ++i)
    args.push_back(std::to_string(i * 7919 % 5'000));
  fixture.run_args(args);
  CHECK(fixture.run("SORT l STORE d") == ":5000");
  CHECK(fixture.run("OBJECT ENCODING d") == "$9 quicklist");
  CHECK(fixture.run("LRANGE d 4998 -1") == "*2 $4 4998 $4 4999");
  CHECK(fixture.run("SORT l LIMIT 0 100 STORE d") == ":100");
  CHECK(fixture.run("OBJECT ENCODING d") == "$8 listpack");
  CHECK(fixture.run("SORT l LIMIT 5000 1 STORE d") == ":0");
  CHECK(fixture.run("EXISTS d") == ":0");
  fixture.verify();
}

TEST_CASE("a set that is stored unsorted is sorted all the same") {
  CommandFixture fixture;
  fixture.run("SADD s c b a 10 9");
  CHECK(fixture.run("SORT s BY nosort STORE d") == ":5");
  CHECK(fixture.run("LRANGE d 0 -1") == "*5 $2 10 $1 9 $1 a $1 b $1 c");
  CHECK(parse(fixture.run_args({"SORT", "s", "BY", "nosort", "LIMIT", "1", "3"})).elements.size() ==
        3);
}

}  // namespace
}  // namespace rondo
