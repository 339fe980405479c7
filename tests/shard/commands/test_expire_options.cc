#include "shard/commands/expire_options.h"

#include <limits>
#include <vector>

#include "protocol/errors.h"
#include "shard/keyspace.h"
#include "tests/testing.h"

namespace rondo {
namespace {

constexpr int64_t kNow = 1'900'000'000'000;
constexpr int64_t kMax = std::numeric_limits<int64_t>::max();

using Words = std::vector<std::string_view>;

std::string value_options_error(const Words& words, ValueCommand command, ValueOptions& options) {
  return std::string(parse_value_options(words, 0, command, options).text());
}

TEST_CASE("value options exclude each other") {
  const Words bad_for_set[] = {{"NX", "XX"},
                               {"XX", "NX"},
                               {"KEEPTTL", "EX", "1"},
                               {"EX", "1", "KEEPTTL"},
                               {"EX"},
                               {"EX", "1", "PX", "1"},
                               {"EXAT", "1", "EX", "1"},
                               {"PERSIST"},
                               {""},
                               {"EX ", "1"}};
  for (const Words& words : bad_for_set) {
    ValueOptions options;
    CHECK_EQ(value_options_error(words, ValueCommand::kSet, options), errors::kSyntax);
  }
  const Words bad_for_getex[] = {
      {"NX"}, {"GET"}, {"KEEPTTL"}, {"PERSIST", "EX", "1"}, {"EX", "1", "PERSIST"}, {"PXAT"}};
  for (const Words& words : bad_for_getex) {
    ValueOptions options;
    CHECK_EQ(value_options_error(words, ValueCommand::kGetex, options), errors::kSyntax);
  }
}

TEST_CASE("value options are read in any order, and the last of a kind counts") {
  ValueOptions options;
  CHECK_EQ(
      value_options_error({"get", "PXAT", "5", "xx", "pxat", "6"}, ValueCommand::kSet, options),
      "");
  CHECK(options.get);
  CHECK(options.if_present);
  CHECK_FALSE(options.if_absent);
  CHECK(options.expires);
  CHECK(options.expiry.absolute);
  CHECK_FALSE(options.expiry.seconds);
  CHECK_EQ(options.expiry.text, "6");
}

TEST_CASE("the expiry of a value is positive and does not overflow") {
  int64_t at_ms = 0;
  const auto error = [&](const char* text, bool seconds, bool absolute) {
    const ExpireArgument argument{.text = text, .seconds = seconds, .absolute = absolute};
    return std::string(resolve_value_expiry(argument, kNow, "set", at_ms).text());
  };
  constexpr const char* kInvalid = "ERR invalid expire time in 'set' command";
  CHECK_EQ(error("10", true, false), "");
  CHECK_EQ(at_ms, kNow + 10'000);
  CHECK_EQ(error("10", false, false), "");
  CHECK_EQ(at_ms, kNow + 10);
  CHECK_EQ(error("10", true, true), "");
  CHECK_EQ(at_ms, 10'000);
  CHECK_EQ(error("9223372036854775807", false, true), "");
  CHECK_EQ(at_ms, kMax);
  CHECK_EQ(error("0", false, true), kInvalid);
  CHECK_EQ(error("-1", true, false), kInvalid);
  CHECK_EQ(error("9223372036854776", true, true), kInvalid);
  CHECK_EQ(error("9223372036854775807", false, false), kInvalid);
  CHECK_EQ(error("x", false, false), errors::kNotInteger);
  CHECK_EQ(at_ms, kMax);
}

TEST_CASE("the expiry of a key may lie in the past") {
  int64_t at_ms = 0;
  const auto error = [&](const char* text, bool seconds, bool absolute) {
    const ExpireArgument argument{.text = text, .seconds = seconds, .absolute = absolute};
    return std::string(resolve_key_expiry(argument, kNow, "expire", at_ms).text());
  };
  constexpr const char* kInvalid = "ERR invalid expire time in 'expire' command";
  CHECK_EQ(error("-10", true, false), "");
  CHECK_EQ(at_ms, kNow - 10'000);
  CHECK_EQ(error("-9223372036854775808", false, false), "");
  CHECK_EQ(at_ms, std::numeric_limits<int64_t>::min() + kNow);
  CHECK_EQ(error("-9223372036854776", true, true), kInvalid);
  CHECK_EQ(error("9223372036854776", true, true), kInvalid);
  CHECK_EQ(error("9223372036854775807", false, false), kInvalid);
  CHECK_EQ(error("9223372036854775807", false, true), "");
}

TEST_CASE("conditions: all combinations against their definition") {
  constexpr int64_t kTimes[] = {kNoExpiry, 100, 200, 300};
  for (int bits = 0; bits < 16; bits++) {
    const ExpireConditions conditions{.if_none = (bits & 1) != 0,
                                      .if_some = (bits & 2) != 0,
                                      .if_later = (bits & 4) != 0,
                                      .if_earlier = (bits & 8) != 0};
    for (const int64_t current : kTimes) {
      // No expiry is later than every other.
      const int64_t rank = current == kNoExpiry ? kMax : current;
      const bool allowed = (!conditions.if_none || current == kNoExpiry) &&
                           (!conditions.if_some || current != kNoExpiry) &&
                           (!conditions.if_later || 200 > rank) &&
                           (!conditions.if_earlier || 200 < rank);
      CHECK_EQ(conditions.allow(current, 200), allowed);
    }
  }
}

TEST_CASE("conditions that exclude each other") {
  const auto error = [](const Words& words) {
    ExpireConditions conditions;
    return std::string(parse_expire_conditions(words, 0, conditions).text());
  };
  CHECK_EQ(error({"nx"}), "");
  CHECK_EQ(error({"xx", "GT"}), "");
  CHECK_EQ(error({"NX", "LT"}),
           "ERR NX and XX, GT or LT options at the same time are not compatible");
  CHECK_EQ(error({"LT", "XX", "GT"}), "ERR GT and LT options at the same time are not compatible");
  CHECK_EQ(error({"nx", "what"}), "ERR Unsupported option what");
}

}  // namespace
}  // namespace rondo
