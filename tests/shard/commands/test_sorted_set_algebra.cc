// Unions, intersections and differences of sorted sets and sets of all forms, against a model:
// shard/commands/sorted_set_algebra.cc and shard/commands/sorted_set_operand.cc.
#include <algorithm>
#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "reactor/base/prng.h"
#include "tests/shard/commands/fixture.h"
#include "tests/shard/commands/parsed_reply.h"
#include "tests/testing.h"

namespace rondo {
namespace {

using Scores = std::map<std::string, double>;

// Quarters, so that sums are exact in any order.
double random_score(Prng& prng) {
  return static_cast<double>(prng.below(80)) / 4 - 10;
}

// A sorted set or a set, small or large, with some members that others have too.
Scores make_operand(CommandFixture& fixture, const std::string& key, Prng& prng) {
  Scores scores;
  const bool is_set = prng.one_in(3);
  const bool is_text = prng.one_in(2);
  for (uint64_t left = prng.one_in(4) ? 600 : prng.below(20); left > 0; left--) {
    const std::string member = (is_text ? "m" : "") + std::to_string(prng.below(800));
    const double score = is_set ? 1 : random_score(prng);
    scores[member] = score;
    if (is_set) {
      fixture.run_args({"SADD", key, member});
    } else {
      fixture.run_args({"ZADD", key, std::to_string(score), member});
    }
  }
  return scores;
}

struct Setting {
  std::vector<Scores> operands;
  std::vector<double> weights;
  std::string how;

  double combine(double a, double b) const {
    return how == "MIN" ? std::min(a, b) : how == "MAX" ? std::max(a, b) : a + b;
  }
};

Scores unite(const Setting& setting) {
  Scores result;
  for (size_t i = 0; i < setting.operands.size(); i++) {
    for (const auto& [member, score] : setting.operands[i]) {
      const double value = score * setting.weights[i];
      const auto [found, is_new] = result.emplace(member, value);
      if (!is_new) found->second = setting.combine(found->second, value);
    }
  }
  return result;
}

Scores intersect(const Setting& setting) {
  Scores result = unite(setting);
  std::erase_if(result, [&](const auto& pair) {
    return !std::all_of(setting.operands.begin(), setting.operands.end(),
                        [&](const Scores& scores) { return scores.contains(pair.first); });
  });
  return result;
}

Scores subtract(const Setting& setting) {
  Scores result = setting.operands[0];
  std::erase_if(result, [&](const auto& pair) {
    return std::any_of(setting.operands.begin() + 1, setting.operands.end(),
                       [&](const Scores& scores) { return scores.contains(pair.first); });
  });
  return result;
}

Scores read_scores(const RespValue& reply) {
  Scores scores;
  std::optional<std::pair<double, std::string>> before;
  for (size_t i = 0; i < reply.elements.size(); i += 2) {
    const std::pair pair(std::stod(reply.elements[i + 1].text), reply.elements[i].text);
    if (before) CHECK(*before < pair);
    before = pair;
    scores[pair.second] = pair.first;
  }
  return scores;
}

// The command, and the same with STORE and a look at what was stored.
void check_operation(CommandFixture& fixture, const std::string& name,
                     const std::vector<std::string>& operands, bool has_options,
                     const std::vector<std::string>& options, const Scores& expected) {
  CAPTURE(name);
  std::vector<std::string> args = {name};
  args.insert(args.end(), operands.begin(), operands.end());
  if (has_options) args.insert(args.end(), options.begin(), options.end());
  std::vector<std::string> store = args;
  store[0] = name + "STORE";
  store.insert(store.begin() + 1, "stored");
  args.push_back("WITHSCORES");
  CHECK(read_scores(parse(fixture.run_args(args))) == expected);
  CHECK_EQ(parse(fixture.run_args(store)).integer, static_cast<int64_t>(expected.size()));
  CHECK(read_scores(parse(fixture.run_args({"ZRANGE", "stored", "0", "-1", "WITHSCORES"}))) ==
        expected);
}

TEST_CASE("unions, intersections and differences are those of maps") {
  for (uint64_t seed = 1; seed <= 60; seed++) {
    CAPTURE(seed);
    CommandFixture fixture(3);
    Prng prng(seed);
    Setting setting;
    std::vector<std::string> operands = {std::to_string(prng.below(3) + 1)};
    std::vector<std::string> options = {"WEIGHTS"};
    for (int i = 0; i < std::stoi(operands[0]); i++) {
      // With one tag all are on one shard, otherwise on several.
      operands.push_back((prng.one_in(2) ? "{t}" : "k") + std::to_string(i));
      setting.operands.push_back(make_operand(fixture, operands.back(), prng));
      setting.weights.push_back(static_cast<double>(prng.below(5)) - 2);
      options.push_back(std::to_string(setting.weights.back()));
    }
    setting.how = prng.one_in(3) ? "SUM" : prng.one_in(2) ? "MIN" : "MAX";
    options.insert(options.end(), {"AGGREGATE", setting.how});
    check_operation(fixture, "ZUNION", operands, true, options, unite(setting));
    check_operation(fixture, "ZINTER", operands, true, options, intersect(setting));
    check_operation(fixture, "ZDIFF", operands, false, options, subtract(setting));
    const size_t common = intersect(setting).size();
    std::vector<std::string> card = {"ZINTERCARD"};
    card.insert(card.end(), operands.begin(), operands.end());
    CHECK_EQ(parse(fixture.run_args(card)).integer, static_cast<int64_t>(common));
    card.insert(card.end(), {"LIMIT", "5"});
    CHECK_EQ(parse(fixture.run_args(card)).integer,
             static_cast<int64_t>(std::min<size_t>(common, 5)));
    fixture.verify();
  }
}

TEST_CASE("a result may replace one of its operands, on any shard") {
  CommandFixture fixture(3);
  fixture.run("ZADD a 1 x 2 y");
  fixture.run("ZADD b 3 y 4 z");
  fixture.run("EXPIRE a 100");
  CHECK_EQ(fixture.run("ZUNIONSTORE a 2 a b"), ":3");
  CHECK_EQ(fixture.run("ZRANGE a 0 -1 WITHSCORES"), "*6 $1 x $1 1 $1 z $1 4 $1 y $1 5");
  CHECK_EQ(fixture.run("TTL a"), ":-1");
  CHECK_EQ(fixture.run("ZINTERSTORE b 2 a b"), ":2");
  CHECK_EQ(fixture.run("ZDIFFSTORE a 2 a a"), ":0");
  CHECK_EQ(fixture.run("EXISTS a"), ":0");
  fixture.verify();
}

TEST_CASE("RESP3 has an array for each pair") {
  CommandFixture fixture(1, Resp::k3);
  fixture.run("ZADD a 1 x 2.5 y");
  CHECK_EQ(fixture.run("ZUNION 1 a WITHSCORES"), "*2 *2 $1 x ,1 *2 $1 y ,2.5");
  CHECK_EQ(fixture.run("ZDIFF 1 a"), "*2 $1 x $1 y");
}

}  // namespace
}  // namespace rondo
