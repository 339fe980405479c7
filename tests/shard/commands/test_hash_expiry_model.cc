// Fields that come and go by all commands, against a map with times.
#include <map>
#include <string>

#include "reactor/base/prng.h"
#include "tests/shard/commands/fixture.h"
#include "tests/shard/commands/parsed_reply.h"
#include "tests/testing.h"

namespace rondo {
namespace {

constexpr PackedLimits kPacked = {512, 64};
constexpr PackedLimits kObject = {0, 64};

void set_limits(CommandFixture& fixture, PackedLimits limits) {
  for (int i = 0; i < fixture.shards(); i++)
    fixture.shard(i).limits().hash = limits;
}

struct Field {
  std::string value;
  int64_t expire_at_ms = kNoExpiry;
};
using Model = std::map<std::string, Field>;

void drop_expired(Model& model, int64_t now_ms) {
  std::erase_if(model, [&](const auto& field) {
    return field.second.expire_at_ms != kNoExpiry && field.second.expire_at_ms <= now_ms;
  });
}

// One random command on hash "h", in both.
void step(CommandFixture& fixture, Model& model, Prng& prng) {
  const int64_t now_ms = fixture.now_ms();
  const std::string field = "f" + std::to_string(prng.below(30));
  const std::string value = std::to_string(prng.below(1000));
  const bool present = model.contains(field);
  const auto after_ms = static_cast<int64_t>(prng.below(3'000));
  switch (prng.below(8)) {
    case 0:
      CHECK_EQ(parse(fixture.run_args({"HSET", "h", field, value})).integer, present ? 0 : 1);
      model[field] = {value, kNoExpiry};
      break;
    case 1: {
      const std::string at = std::to_string(now_ms + after_ms);
      CHECK_EQ(
          parse(fixture.run_args({"HSETEX", "h", "PXAT", at, "FIELDS", "1", field, value})).integer,
          1);
      model[field] = {value, now_ms + after_ms};
      break;
    }
    case 2:
    case 3: {
      const RespValue reply = parse(
          fixture.run_args({"HPEXPIRE", "h", std::to_string(after_ms), "FIELDS", "1", field}));
      CHECK_EQ(reply.elements[0].integer, !present ? -2 : after_ms == 0 ? 2 : 1);
      if (present) model[field].expire_at_ms = now_ms + after_ms;
      break;
    }
    case 4: {
      const bool expires = present && model[field].expire_at_ms != kNoExpiry;
      CHECK_EQ(parse(fixture.run_args({"HPERSIST", "h", "FIELDS", "1", field})).elements[0].integer,
               !present  ? -2
               : expires ? 1
                         : -1);
      if (present) model[field].expire_at_ms = kNoExpiry;
      break;
    }
    case 5: {
      const int64_t sum = (present ? std::stoll(model[field].value) : 0) + 7;
      CHECK_EQ(parse(fixture.run_args({"HINCRBY", "h", field, "7"})).integer, sum);
      if (!present) model[field] = {};
      model[field].value = std::to_string(sum);
      break;
    }
    case 6: {
      const RespValue reply = parse(fixture.run_args({"HGETDEL", "h", "FIELDS", "1", field}));
      CHECK_EQ(reply.elements[0].is_null(), !present);
      model.erase(field);
      break;
    }
    default:
      fixture.advance_ms(static_cast<int64_t>(prng.below(300)));
      if (prng.one_in(2)) fixture.shard(0).expire_slice();
  }
  drop_expired(model, fixture.now_ms());
}

void check_equal(CommandFixture& fixture, const Model& model) {
  const RespValue all = parse(fixture.run_args({"HGETALL", "h"}));
  REQUIRE_EQ(all.elements.size(), 2 * model.size());
  for (size_t i = 0; i < all.elements.size(); i += 2) {
    const auto found = model.find(all.elements[i].text);
    REQUIRE(found != model.end());
    CHECK_EQ(found->second.value, all.elements[i + 1].text);
    const RespValue at =
        parse(fixture.run_args({"HPEXPIRETIME", "h", "FIELDS", "1", found->first}));
    CHECK_EQ(at.elements[0].integer, found->second.expire_at_ms);
  }
  CHECK_GE(parse(fixture.run("HLEN h") + "\r\n").integer, static_cast<int64_t>(model.size()));
}

TEST_CASE("fields come and go as in a map with times, on both sides of every limit") {
  for (const PackedLimits limits : {kPacked, PackedLimits{10, 64}, kObject}) {
    CommandFixture fixture;
    set_limits(fixture, limits);
    Prng prng(static_cast<uint64_t>(limits.entries_max) + 1);
    for (int round = 0; round < 20; round++) {
      Model model;
      for (uint64_t i = prng.below(400); i > 0; i--)
        step(fixture, model, prng);
      check_equal(fixture, model);
      fixture.verify();
      if (prng.one_in(2)) {
        fixture.run("RENAME h g");
        fixture.run("COPY g h");
        check_equal(fixture, model);
        fixture.verify();
      }
      fixture.run("DEL h g");
    }
    fixture.verify();
  }
}

}  // namespace
}  // namespace rondo
