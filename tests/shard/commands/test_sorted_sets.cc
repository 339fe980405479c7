// The sorted set commands beyond the scripts, over the border between packed sorted sets and
// objects: shard/commands/sorted_set_members.cc, shard/commands/sorted_set_ranges.cc,
// shard/commands/sorted_set_pop.cc and what they share, shard/commands/sorted_set_value.cc and
// shard/commands/sorted_set_range.cc.
#include <algorithm>
#include <map>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "reactor/base/prng.h"
#include "tests/shard/commands/fixture.h"
#include "tests/shard/commands/parsed_reply.h"
#include "tests/testing.h"

namespace rondo {
namespace {

// Members in their order.
using Order = std::vector<std::pair<double, std::string>>;
using Model = std::map<std::string, double>;

void set_limits(CommandFixture& fixture, PackedLimits limits) {
  for (int i = 0; i < fixture.shards(); i++)
    fixture.shard(i).limits().zset = limits;
}

std::string text_of(double score) {
  char text[kDoubleBytesMax];
  return {text, format_double(score, text)};
}

Order order_of(const Model& model) {
  Order order;
  for (const auto& [member, score] : model)
    order.emplace_back(score, member);
  std::sort(order.begin(), order.end());
  return order;
}

// The reply to a range WITHSCORES in RESP2.
Order read_pairs(const RespValue& reply) {
  REQUIRE_EQ(reply.elements.size() % 2, 0);
  Order order;
  for (size_t i = 0; i < reply.elements.size(); i += 2)
    order.emplace_back(std::stod(reply.elements[i + 1].text), reply.elements[i].text);
  return order;
}

Order read_all(CommandFixture& fixture, const std::string& key) {
  return read_pairs(parse(fixture.run_args({"ZRANGE", key, "0", "-1", "WITHSCORES"})));
}

// Few scores, so that members are often ordered by their bytes.
double random_score(Prng& prng) {
  const auto small = static_cast<double>(prng.below(6));
  return prng.one_in(3) ? small + 0.25 : prng.one_in(4) ? -1 - small * 1000 : small;
}

std::string random_member(Prng& prng) {
  const std::string number = std::to_string(prng.below(60));
  return prng.one_in(2) ? number : "m" + number;
}

// One random command on sorted set `key`, in both.
void step(CommandFixture& fixture, const std::string& key, Model& model, Prng& prng) {
  const std::string member = random_member(prng);
  const std::string other = random_member(prng);
  const double score = random_score(prng);
  switch (prng.below(6)) {
    case 0:
    case 1: {
      const size_t before = model.size();
      model[member] = score;
      model[other] = score + 1;
      const auto added = static_cast<int64_t>(model.size() - before);
      CHECK_EQ(
          parse(fixture.run_args({"ZADD", key, text_of(score), member, text_of(score + 1), other}))
              .integer,
          added);
      break;
    }
    case 2:
      model[member] += score;
      CHECK_EQ(parse(fixture.run_args({"ZINCRBY", key, text_of(score), member})).text,
               text_of(model[member]));
      break;
    case 3: {
      const auto found = model.find(member);
      if (found != model.end() && score > found->second) found->second = score;
      fixture.run_args({"ZADD", key, "XX", "GT", text_of(score), member});
      break;
    }
    case 4: {
      const Order order = order_of(model);
      const size_t count = std::min<size_t>(prng.below(3), order.size());
      const bool low = prng.one_in(2);
      Order expected(order.begin(), order.begin() + static_cast<long>(count));
      if (!low) expected.assign(order.rbegin(), order.rbegin() + static_cast<long>(count));
      for (const auto& [popped_score, popped] : expected)
        model.erase(popped);
      CHECK(read_pairs(parse(fixture.run_args(
                {low ? "ZPOPMIN" : "ZPOPMAX", key, std::to_string(count)}))) == expected);
      break;
    }
    default: {
      const size_t erased = model.erase(member) + model.erase(other);
      CHECK_EQ(parse(fixture.run_args({"ZREM", key, member, other})).integer,
               static_cast<int64_t>(erased));
    }
  }
}

// What is asked of one member.
void check_member(CommandFixture& fixture, const std::string& key, const Model& model, Prng& prng) {
  const std::string member = random_member(prng);
  const Order order = order_of(model);
  const auto found = std::find_if(order.begin(), order.end(),
                                  [&](const auto& pair) { return pair.second == member; });
  const RespValue score = parse(fixture.run_args({"ZSCORE", key, member}));
  const RespValue rank = parse(fixture.run_args({"ZRANK", key, member, "WITHSCORE"}));
  const RespValue reverse = parse(fixture.run_args({"ZREVRANK", key, member}));
  CHECK_EQ(score.is_null(), found == order.end());
  CHECK_EQ(rank.is_null(), found == order.end());
  CHECK_EQ(reverse.is_null(), found == order.end());
  if (found == order.end()) return;
  CHECK_EQ(score.text, text_of(found->first));
  CHECK_EQ(rank.elements[0].integer, found - order.begin());
  CHECK_EQ(rank.elements[1].text, text_of(found->first));
  CHECK_EQ(reverse.integer, order.end() - found - 1);
}

constexpr PackedLimits kManyLimits[] = {{8, 64}, {40, 2}, {0, 64}, {128, 64}, {1, 0}};

TEST_CASE("sorted sets do what a map does on both sides of every limit") {
  for (const PackedLimits limits : kManyLimits) {
    CommandFixture fixture(3);
    set_limits(fixture, limits);
    Prng prng(static_cast<uint64_t>(limits.entries_max) + 1);
    for (int round = 0; round < 40; round++) {
      Model model;
      for (uint64_t i = prng.below(150); i > 0; i--) {
        step(fixture, "z", model, prng);
        const Entry entry = fixture.shard_of("z").db(0).peek(make_key("z"));
        if (entry && entry.is_packed()) REQUIRE(PackedView::is_sound(entry.packed()));
        check_member(fixture, "z", model, prng);
      }
      REQUIRE(read_all(fixture, "z") == order_of(model));
      CHECK_EQ(fixture.run("ZCARD z"), ":" + std::to_string(model.size()));
      CHECK_EQ(fixture.run("EXISTS z"), model.empty() ? ":0" : ":1");
      fixture.verify();
      if (prng.one_in(3)) fixture.run("EXPIRE z 1000");
      if (!model.empty()) {
        fixture.run("COPY z other REPLACE");
        fixture.run("RENAME other third");
        CHECK(read_all(fixture, "third") == order_of(model));
      }
      fixture.run("DEL z");
    }
    fixture.verify();
  }
}

TEST_CASE("a sorted set leaves its packed form behind the limits, and stays an object") {
  CommandFixture fixture;
  set_limits(fixture, {3, 10});
  fixture.run("ZADD z 1 a 2 b 3 c");
  CHECK_EQ(fixture.run("OBJECT ENCODING z"), "$8 listpack");
  fixture.run("EXPIRE z 100");
  fixture.run("ZADD z 9 b");
  CHECK_EQ(fixture.run("OBJECT ENCODING z"), "$8 listpack");
  fixture.run("ZADD z 4 d");
  CHECK_EQ(fixture.run("OBJECT ENCODING z"), "$8 skiplist");
  CHECK_EQ(fixture.run("TTL z"), ":100");
  fixture.run("ZREM z a b c");
  CHECK_EQ(fixture.run("OBJECT ENCODING z"), "$8 skiplist");
  CHECK_EQ(fixture.run("ZRANGE z 0 -1 WITHSCORES"), "*2 $1 d $1 4");
  fixture.run("ZADD value 1 12345678901");
  CHECK_EQ(fixture.run("OBJECT ENCODING value"), "$8 skiplist");
  CHECK_EQ(fixture.run("TYPE value"), "+zset");
  fixture.verify();
}

TEST_CASE("long members move in packed sorted sets too") {
  CommandFixture fixture;
  set_limits(fixture, {128, 1000});
  Prng prng(6);
  Model model;
  for (int i = 0; i < 400; i++) {
    const std::string member(100 * (1 + prng.below(6)), static_cast<char>('a' + prng.below(5)));
    const double score = random_score(prng);
    model[member] = score;
    fixture.run_args({"ZADD", "z", text_of(score), member});
    const Entry entry = fixture.shard(0).db(0).peek(make_key("z"));
    REQUIRE(entry.is_packed());
    REQUIRE(PackedView::is_sound(entry.packed()));
    REQUIRE(read_all(fixture, "z") == order_of(model));
  }
  fixture.verify();
}

TEST_CASE("ranks come with scores if asked") {
  CommandFixture fixture;
  fixture.run("ZADD z 1 a 2.5 b");
  CHECK_EQ(fixture.run("ZRANK z b WITHSCORE"), "*2 :1 $3 2.5");
  CHECK_EQ(fixture.run("ZREVRANK z b withscore"), "*2 :0 $3 2.5");
  CHECK_EQ(fixture.run("ZRANK z x WITHSCORE"), "*-1");
  CHECK_EQ(fixture.run("ZRANK z b WITHSCORES"), "-ERR syntax error");
  CHECK_EQ(fixture.run("ZRANK z b WITHSCORE x"), "-ERR syntax error");
  fixture.set_version(Resp::k3);
  CHECK_EQ(fixture.run("ZRANK z b WITHSCORE"), "*2 :1 ,2.5");
  CHECK_EQ(fixture.run("ZRANK z x WITHSCORE"), "_");
}

TEST_CASE("scores have the shortest digits that read back") {
  CommandFixture fixture;
  for (const PackedLimits limits : {PackedLimits{128, 64}, PackedLimits{0, 64}}) {
    set_limits(fixture, limits);
    fixture.run("DEL z");
    CHECK_EQ(fixture.run("ZADD z 0.1 a"), ":1");
    CHECK_EQ(fixture.run("ZSCORE z a"), "$3 0.1");
    CHECK_EQ(fixture.run("ZINCRBY z 0.2 a"), "$19 0.30000000000000004");
    CHECK_EQ(fixture.run("ZADD z INCR 1e22 b"), "$5 1e+22");
    CHECK_EQ(fixture.run("ZADD z INCR -1e-9 c"), "$5 -1e-9");
  }
}

TEST_CASE("small sorted sets take less than an object would, and nothing when they are gone") {
  CommandFixture fixture;
  const size_t before = fixture.shard(0).memory_bytes();
  fixture.run("ZADD board 10 alice 20 bob 30 carol");
  CHECK_LE(parse(fixture.run_args({"MEMORY", "USAGE", "board"})).integer, 72);
  fixture.run("ZREM board alice bob carol");
  CHECK_EQ(fixture.shard(0).memory_bytes(), before);
  set_limits(fixture, {0, 64});
  fixture.run("ZADD board 10 alice 20 bob 30 carol");
  fixture.verify();
  fixture.run("ZPOPMIN board 3");
  CHECK_EQ(fixture.shard(0).memory_bytes(), before);
}

TEST_CASE("a large sorted set that is dropped is freed in slices") {
  CommandFixture fixture;
  for (int i = 0; i < 20'000; i++)
    fixture.run_args({"ZADD", "z", std::to_string(i * 7919 % 20'011), "m" + std::to_string(i)});
  fixture.verify();
  const size_t before = fixture.shard(0).memory_bytes();
  fixture.run("DEL z");
  CHECK_EQ(fixture.run("EXISTS z"), ":0");
  CHECK_GT(fixture.shard(0).memory_bytes(), before / 2);
  int slices = 0;
  while (fixture.shard(0).free_slice())
    slices++;
  CHECK_GT(slices, 50);
  CHECK_LT(fixture.shard(0).memory_bytes(), 1000);
  fixture.verify();
}

TEST_CASE("a large sorted set that loses most or all of its members is freed in slices") {
  for (const char* command : {"ZREMRANGEBYRANK z 100 -1", "ZREMRANGEBYRANK z 0 -1",
                              "ZREMRANGEBYSCORE z 5000 +inf", "ZPOPMAX z 20000"}) {
    CAPTURE(command);
    CommandFixture fixture;
    for (int i = 0; i < 20'000; i++)
      fixture.run_args({"ZADD", "z", std::to_string(i), "m" + std::to_string(i)});
    const size_t before = fixture.shard(0).memory_bytes();
    const std::string reply = fixture.run(command);
    CHECK_GT(reply.size(), 1);
    fixture.verify();
    CHECK_GT(fixture.shard(0).memory_bytes(), before / 2);
    int slices = 0;
    while (fixture.shard(0).free_slice())
      slices++;
    CHECK_GT(slices, 50);
    CHECK_LT(fixture.shard(0).memory_bytes(), before / 2);
    fixture.verify();
  }
}

}  // namespace
}  // namespace rondo
