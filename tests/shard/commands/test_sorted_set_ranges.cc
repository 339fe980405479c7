// Ranges of sorted sets against a model, over the border between packed sorted sets and objects:
// shard/commands/sorted_set_ranges.cc, shard/commands/sorted_set_counts.cc,
// shard/commands/sorted_set_range.cc, shard/commands/sorted_set_builder.cc, and what is drawn and
// scanned: shard/commands/sorted_set_iteration.cc.
#include <algorithm>
#include <functional>
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

using Order = std::vector<std::pair<double, std::string>>;  // Sorted.

void set_limits(CommandFixture& fixture, PackedLimits limits) {
  for (int i = 0; i < fixture.shards(); i++)
    fixture.shard(i).limits().zset = limits;
}

std::string text_of(double score) {
  char text[kDoubleBytesMax];
  return {text, format_double(score, text)};
}

std::vector<std::string> read_texts(const RespValue& reply) {
  std::vector<std::string> texts;
  for (const RespValue& element : reply.elements)
    texts.push_back(element.text);
  return texts;
}

std::vector<std::string> members_of(const Order& order) {
  std::vector<std::string> members;
  for (const auto& [score, member] : order)
    members.push_back(member);
  return members;
}

// Members with few different scores; all of one score if `one_score`.
Order fill(CommandFixture& fixture, const std::string& key, size_t members, bool one_score,
           Prng& prng) {
  Order order;
  std::set<std::string> names;
  while (order.size() < members) {
    const std::string name = std::to_string(prng.below(100 * members));
    if (!names.insert(name).second) continue;
    const double score = one_score ? 0 : static_cast<double>(prng.below(20)) - 10.5;
    order.emplace_back(score, name);
    fixture.run_args({"ZADD", key, text_of(score), name});
  }
  std::sort(order.begin(), order.end());
  return order;
}

// A bound as it is written, and which members it lets through from one side.
struct Bound {
  std::string text;
  std::function<bool(const std::pair<double, std::string>&)> allows;
};

Bound score_bound(Prng& prng, bool is_min) {
  const double score = static_cast<double>(prng.below(24)) - 12.5;
  const bool exclusive = prng.one_in(2);
  return {(exclusive ? "(" : "") + text_of(score), [=](const auto& pair) {
            if (pair.first == score) return !exclusive;
            return is_min ? pair.first > score : pair.first < score;
          }};
}

Bound text_bound(const Order& order, Prng& prng, bool is_min) {
  if (prng.one_in(6)) return {is_min ? "-" : "+", [](const auto&) { return true; }};
  const std::string text =
      prng.one_in(2) ? order[prng.below(order.size())].second : std::to_string(prng.below(1000));
  const bool exclusive = prng.one_in(2);
  return {(exclusive ? "(" : "[") + text, [=](const auto& pair) {
            if (pair.second == text) return !exclusive;
            return is_min ? pair.second > text : pair.second < text;
          }};
}

Order limited(Order order, size_t offset, size_t count) {
  offset = std::min(offset, order.size());
  order.erase(order.begin(), order.begin() + static_cast<long>(offset));
  order.resize(std::min(count, order.size()));
  return order;
}

// One range by score or by text, through all commands that take one.
void check_range(CommandFixture& fixture, const Order& order, bool by_text, Prng& prng) {
  const Bound min = by_text ? text_bound(order, prng, true) : score_bound(prng, true);
  const Bound max = by_text ? text_bound(order, prng, false) : score_bound(prng, false);
  Order expected;
  for (const auto& pair : order) {
    if (min.allows(pair) && max.allows(pair)) expected.push_back(pair);
  }
  CAPTURE(min.text);
  CAPTURE(max.text);
  const std::string by = by_text ? "BYLEX" : "BYSCORE";
  CHECK(read_texts(parse(fixture.run_args({"ZRANGE", "z", min.text, max.text, by}))) ==
        members_of(expected));
  CHECK_EQ(
      parse(fixture.run_args({by_text ? "ZLEXCOUNT" : "ZCOUNT", "z", min.text, max.text})).integer,
      static_cast<int64_t>(expected.size()));
  CHECK_EQ(parse(fixture.run_args({"ZRANGESTORE", "copy", "z", min.text, max.text, by})).integer,
           static_cast<int64_t>(expected.size()));
  CHECK(read_texts(parse(fixture.run_args({"ZRANGE", "copy", "0", "-1"}))) == members_of(expected));
  const size_t offset = prng.below(10);
  const size_t count = prng.below(30);
  Order reversed(expected.rbegin(), expected.rend());
  CHECK(read_texts(parse(fixture.run_args({"ZRANGE", "z", max.text, min.text, by, "REV", "LIMIT",
                                           std::to_string(offset), std::to_string(count)}))) ==
        members_of(limited(reversed, offset, count)));
  CHECK(read_texts(parse(
            fixture.run_args({by_text ? "ZRANGEBYLEX" : "ZRANGEBYSCORE", "z", min.text, max.text,
                              "LIMIT", std::to_string(offset), std::to_string(count)}))) ==
        members_of(limited(expected, offset, count)));
}

constexpr PackedLimits kTwoForms[] = {{1000, 64}, {0, 64}};

TEST_CASE("ranges are those of a sorted list, in both forms") {
  for (const PackedLimits limits : kTwoForms) {
    for (const bool by_text : {false, true}) {
      for (const size_t members : {1u, 7u, 200u, 900u}) {
        CommandFixture fixture(3);
        set_limits(fixture, limits);
        Prng prng(members);
        const Order order = fill(fixture, "z", members, by_text, prng);
        for (int i = 0; i < 60; i++)
          check_range(fixture, order, by_text, prng);
        fixture.verify();
      }
    }
  }
}

// Removes a random range of the order by one of the three commands.
void remove_range(CommandFixture& fixture, Order& order, bool by_text, Prng& prng) {
  Order kept;
  std::string reply;
  if (prng.one_in(2)) {
    const auto start = prng.below(order.size());
    const auto stop = start + prng.below(20);
    for (size_t i = 0; i < order.size(); i++) {
      if (i < start || i > stop) kept.push_back(order[i]);
    }
    // From the end, if that is possible.
    const auto size = static_cast<int64_t>(order.size());
    const auto last = static_cast<int64_t>(stop) - (stop < order.size() ? size : 0);
    reply = fixture.run_args({"ZREMRANGEBYRANK", "z", std::to_string(start), std::to_string(last)});
  } else {
    const Bound min = by_text ? text_bound(order, prng, true) : score_bound(prng, true);
    const Bound max = by_text ? text_bound(order, prng, false) : score_bound(prng, false);
    for (const auto& pair : order) {
      if (!min.allows(pair) || !max.allows(pair)) kept.push_back(pair);
    }
    reply = fixture.run_args(
        {by_text ? "ZREMRANGEBYLEX" : "ZREMRANGEBYSCORE", "z", min.text, max.text});
  }
  CHECK_EQ(parse(reply).integer, static_cast<int64_t>(order.size() - kept.size()));
  order = kept;
}

TEST_CASE("ranges are removed, down to the last member and the key") {
  for (const PackedLimits limits : kTwoForms) {
    for (const bool by_text : {false, true}) {
      CommandFixture fixture;
      set_limits(fixture, limits);
      Prng prng(by_text ? 1 : 2);
      for (int round = 0; round < 10; round++) {
        Order order = fill(fixture, "z", 300, by_text, prng);
        while (!order.empty()) {
          remove_range(fixture, order, by_text, prng);
          CHECK(read_texts(parse(fixture.run_args({"ZRANGE", "z", "0", "-1"}))) ==
                members_of(order));
          fixture.verify();
        }
        CHECK_EQ(fixture.run("EXISTS z"), ":0");
      }
    }
  }
}

TEST_CASE("ZRANGESTORE packs what fits, and removes the key for nothing") {
  CommandFixture fixture(3);
  set_limits(fixture, {3, 10});
  fixture.run("ZADD z 1 a 2 b 3 c 4 d 0.5 0123456789x");
  fixture.run("ZRANGESTORE few z 1 3");
  CHECK_EQ(fixture.run("OBJECT ENCODING few"), "$8 listpack");
  fixture.run("ZRANGESTORE many z 1 4");
  CHECK_EQ(fixture.run("OBJECT ENCODING many"), "$8 skiplist");
  fixture.run("ZRANGESTORE long z 0 0");
  CHECK_EQ(fixture.run("OBJECT ENCODING long"), "$8 skiplist");
  fixture.run("EXPIRE many 100");
  CHECK_EQ(fixture.run("ZRANGESTORE many z 1 4"), ":4");
  CHECK_EQ(fixture.run("TTL many"), ":-1");
  CHECK_EQ(fixture.run("ZRANGESTORE many z 9 9"), ":0");
  CHECK_EQ(fixture.run("EXISTS many"), ":0");
  fixture.verify();
}

TEST_CASE("ZRANDMEMBER draws distinct members, or repeats, in both forms") {
  for (const PackedLimits limits : kTwoForms) {
    CommandFixture fixture;
    set_limits(fixture, limits);
    Prng prng(3);
    const Order order = fill(fixture, "z", 300, false, prng);
    std::map<std::string, double> model;
    for (const auto& [score, member] : order)
      model[member] = score;
    for (const size_t count : {1u, 20u, 99u, 101u, 299u, 300u, 1000u}) {
      const RespValue reply =
          parse(fixture.run_args({"ZRANDMEMBER", "z", std::to_string(count), "WITHSCORES"}));
      REQUIRE_EQ(reply.elements.size(), 2 * std::min<size_t>(count, 300));
      std::set<std::string> members;
      for (size_t i = 0; i < reply.elements.size(); i += 2) {
        CHECK(members.insert(reply.elements[i].text).second);
        CHECK_EQ(text_of(model.at(reply.elements[i].text)), reply.elements[i + 1].text);
      }
    }
    std::map<std::string, int> drawn;
    for (const RespValue& member : parse(fixture.run_args({"ZRANDMEMBER", "z", "-30000"})).elements)
      drawn[member.text]++;
    CHECK_EQ(drawn.size(), 300);
    for (const auto& [member, times] : drawn) {
      CHECK_GT(times, 40);
      CHECK_LT(times, 200);
    }
    CHECK(model.contains(parse(fixture.run_args({"ZRANDMEMBER", "z"})).text));
    CHECK_EQ(fixture.run("ZRANDMEMBER z -100000000"), "-ERR value is out of range");
  }
}

TEST_CASE("ZSCAN visits all members of a large sorted set while it changes") {
  CommandFixture fixture;
  for (int i = 0; i < 2000; i++)
    fixture.run_args({"ZADD", "z", std::to_string(i), "f" + std::to_string(i)});
  Prng prng(4);
  std::map<std::string, std::string> seen;
  std::string cursor = "0";
  int steps = 0;
  do {
    const RespValue reply = parse(fixture.run_args({"ZSCAN", "z", cursor, "COUNT", "20"}));
    cursor = reply.elements[0].text;
    const std::vector<RespValue>& items = reply.elements[1].elements;
    REQUIRE_EQ(items.size() % 2, 0);
    CHECK_LT(items.size(), 200);
    for (size_t i = 0; i < items.size(); i += 2)
      seen[items[i].text] = items[i + 1].text;
    for (int i = 0; i < 30; i++) {
      const std::string member = "g" + std::to_string(prng.below(5000));
      if (parse(fixture.run_args({"ZREM", "z", member})).integer == 0) {
        fixture.run_args({"ZADD", "z", std::to_string(prng.below(2000)), member});
      }
    }
    steps++;
  } while (cursor != "0");
  CHECK_GT(steps, 20);
  for (int i = 0; i < 2000; i++)
    REQUIRE(seen.at("f" + std::to_string(i)) == std::to_string(i));
}

}  // namespace
}  // namespace rondo
