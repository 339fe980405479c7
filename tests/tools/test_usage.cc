// A command's usage in one line, from what COMMAND DOCS replies.
#include "tools/cli/usage.h"

#include <algorithm>
#include <vector>

#include "tests/tools/redis_oracle.h"

#include <doctest/doctest.h>

namespace rondo::cli {
namespace {

// A list of words and lists: "(a b (c d))". "%" in front of a list makes it a map.
RespValue parse(std::string_view& text) {
  const auto skip_spaces = [&] {
    text.remove_prefix(std::min(text.find_first_not_of(' '), text.size()));
  };
  skip_spaces();
  RespValue value;
  value.type = RespValue::Type::kBulk;
  if (text.starts_with('%') || text.starts_with('(')) {
    const bool is_map = text.starts_with('%');
    value.type = is_map ? RespValue::Type::kMap : RespValue::Type::kArray;
    text.remove_prefix(is_map ? 2 : 1);
    for (skip_spaces(); !text.starts_with(')'); skip_spaces())
      value.elements.push_back(parse(text));
    text.remove_prefix(1);
    return value;
  }
  const size_t end = text.find_first_of(" )");
  value.text = text.substr(0, end);
  text.remove_prefix(std::min(end, text.size()));
  return value;
}

RespValue reply_of(std::string_view text) {
  RespValue reply = parse(text);
  REQUIRE(text.empty());
  return reply;
}

// The usage of "x", whose arguments are given.
std::string line_of(const std::string& arguments) {
  const std::vector<std::string> words{"x"};
  const RespValue reply = reply_of("(x (summary s arguments (" + arguments + ")))");
  const auto usage = find_usage(reply, words);
  REQUIRE(usage.has_value());
  return usage->line;
}

TEST_CASE("usage: one argument") {
  CHECK(line_of("") == "X");
  CHECK(line_of("(name a type string)") == "X a");
  CHECK(line_of("(name a type string display_text b)") == "X b");
  CHECK(line_of("%(name a type integer flags (optional))") == "X [a]");
  CHECK(line_of("(name a type key flags (multiple))") == "X a [a ...]");
  CHECK(line_of("(name a type key flags (optional multiple))") == "X [a [a ...]]");
  CHECK(line_of("(name a type pure-token token A)") == "X A");
  CHECK(line_of("(name a type pure-token)") == "X");
  CHECK(line_of("(name a type string token T)") == "X T a");
  CHECK(line_of("(name a type string token T flags (multiple))") == "X T a [a ...]");
  CHECK(line_of("(name a type string token T flags (multiple multiple_token))") ==
        "X T a [T a ...]");
}

TEST_CASE("usage: blocks and choices") {
  const std::string nested = "(name a type string) (name b type pure-token token B)";
  CHECK(line_of("(name n type oneof flags (optional) arguments (" + nested + "))") == "X [a|B]");
  CHECK(line_of("(name n type block token N arguments (" + nested + "))") == "X N a B");
  CHECK(line_of("(name n type block flags (multiple) arguments (" + nested + "))") ==
        "X a B [a B ...]");
  CHECK(line_of("(name n type block)") == "X");
  CHECK(line_of("(name k type key) (name n type block arguments ((name m type oneof arguments (" +
                nested + ")) (name c type string flags (optional))))") == "X k a|B [c]");
}

TEST_CASE("usage: subcommands") {
  const RespValue reply = reply_of(
      "%(client %(summary s subcommands %(client|id %(summary i) client|pause %(arguments ("
      "%(name timeout type integer))))))");
  const auto line = [&](const std::vector<std::string>& words) {
    const auto usage = find_usage(reply, words);
    return usage ? usage->line : "nothing";
  };
  CHECK(line({"client"}) == "CLIENT");
  CHECK(line({"client", "Pause"}) == "CLIENT PAUSE timeout");
  CHECK(line({"client", "pause", "5"}) == "CLIENT PAUSE timeout");
  CHECK(line({"client", "id"}) == "CLIENT ID");
  CHECK(line({"client", "nosuch"}) == "CLIENT");
  CHECK(line({}) == "nothing");
  const std::vector<std::string> id{"client", "id"};
  REQUIRE(find_usage(reply, id)->docs.size() == 2);
  CHECK(find_usage(reply, id)->docs[1].text == "i");
}

TEST_CASE("usage: a server that does not say") {
  const std::vector<std::string> words{"get"};
  CHECK_FALSE(find_usage(RespValue(), words).has_value());
  CHECK_FALSE(find_usage(reply_of("()"), words).has_value());
  CHECK(find_usage(reply_of("(get ())"), words)->line == "GET");
}

TEST_CASE("usage: of redis-server") {
  if (!has_redis()) return;
  const RedisOracle redis;
  Result<client::Client> client = client::Client::connect({.unix_path = redis.socket()});
  REQUIRE(client);
  for (const char* version : {"2", "3"}) {
    REQUIRE(client->command({"HELLO", version}));
    const std::vector<std::string> words{"lpos"};
    const Result<RespValue> reply = client->command({"COMMAND", "DOCS", "lpos"});
    REQUIRE(reply);
    CHECK(find_usage(reply.value(), words)->line ==
          "LPOS key element [RANK rank] [COUNT num-matches] [MAXLEN len]");
  }
}

}  // namespace
}  // namespace rondo::cli
