// Runs the scripts of tests/scripts with 1 and with 3 shards, in RESP2 and RESP3, and compares the
// replies with those recorded from Redis.
#include <algorithm>
#include <fstream>
#include <set>
#include <string>
#include <vector>

#include "protocol/quote.h"
#include "tests/shard/commands/fixture.h"
#include "tests/testing.h"

namespace rondo {
namespace {

std::vector<std::string> read_lines(const std::string& file) {
  std::ifstream in(std::string(RONDO_SCRIPTS) + "/" + file);
  REQUIRE(in.is_open());
  std::vector<std::string> lines;
  for (std::string line; std::getline(in, line);) {
    if (!line.empty() && line[0] != '#') lines.push_back(line);
  }
  return lines;
}

// SELECT belongs to the connection.
std::string select(CommandFixture& fixture, const std::string& db) {
  fixture.select(std::stoi(db));
  return "+OK\r\n";
}

std::string run_line(CommandFixture& fixture, const std::vector<std::string>& args) {
  if (args[0] == "SELECT") return select(fixture, args[1]);
  return fixture.run_args(args);
}

void run_script(const std::string& name, int shards, Resp version) {
  CAPTURE(name);
  CAPTURE(shards);
  const std::vector<std::string> lines = read_lines(name + ".txt");
  const std::vector<std::string> replies =
      read_lines(name + (version == Resp::k2 ? ".resp2" : ".resp3"));
  REQUIRE(lines.size() == replies.size());
  CommandFixture fixture(shards, version);
  for (size_t i = 0; i < lines.size(); i++) {
    CAPTURE(i);
    CAPTURE(lines[i]);
    const auto args = split_words(lines[i]);
    REQUIRE(args.has_value());
    const auto expected = split_words(replies[i]);
    REQUIRE(expected.has_value());
    CHECK_EQ(quoted(run_line(fixture, *args)), quoted(expected->at(0)));
  }
  fixture.verify();
}

constexpr const char* kScripts[] = {"strings",
                                    "keys",
                                    "expiry",
                                    "dump",
                                    "hashes",
                                    "sets",
                                    "lists",
                                    "sort",
                                    "sorted_sets",
                                    "sorted_set_ranges",
                                    "sorted_set_algebra"};

TEST_CASE("scripts get the replies of Redis") {
  for (const char* name : kScripts) {
    for (const int shards : {1, 3}) {
      run_script(name, shards, Resp::k2);
      run_script(name, shards, Resp::k3);
    }
  }
}

TEST_CASE("every command is executed by a script") {
  std::set<const Command*> executed;
  for (const char* name : kScripts) {
    for (const std::string& line : read_lines(std::string(name) + ".txt")) {
      const auto args = split_words(line);
      REQUIRE(args.has_value());
      if (const Command* row = find_row(*args)) executed.insert(row);
    }
  }
  // Their replies have addresses or other words than Redis's, or the Redis that scripts are
  // recorded from does not know them: tests/shard/commands/test_hash_expiry.cc. Those that wait are
  // in a script for whole servers: tests/scripts/blocking.txt.
  const std::set<std::string_view> elsewhere = {
      "object|help", "debug|object", "hexpire",     "hpexpire",     "hexpireat", "hpexpireat",
      "httl",        "hpttl",        "hexpiretime", "hpexpiretime", "hpersist",  "hgetdel",
      "hgetex",      "hsetex",       "blpop",       "brpop",        "blmpop",    "blmove",
      "brpoplpush",  "bzpopmin",     "bzpopmax",    "bzmpop"};
  for (const Command* row : all_rows()) {
    CAPTURE(row->name);
    CHECK_NE(executed.contains(row), elsewhere.contains(row->name));
  }
}

}  // namespace
}  // namespace rondo
