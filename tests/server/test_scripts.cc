// Runs the scripts of tests/scripts against whole servers of 1 and 3 cores, in RESP2 and RESP3, and
// compares the replies with those recorded from Redis. Covers server/commands/all.cc,
// server/commands/connection.cc, server/commands/command.cc, server/commands/command_entry.cc,
// server/commands/config.cc, server/commands/debug.cc, server/commands/gather.cc and
// server/commands/process.cc.
#include <fstream>
#include <string>
#include <vector>

#include "protocol/quote.h"
#include "tests/server/local_server.h"
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

void run_script(const std::string& name, int cores, const std::string& version) {
  CAPTURE(name);
  CAPTURE(cores);
  CAPTURE(version);
  const std::vector<std::string> lines = read_lines(name + ".txt");
  const std::vector<std::string> replies = read_lines(name + ".resp" + version);
  REQUIRE_EQ(lines.size(), replies.size());
  Config config;
  config.enable_debug_command = GuardedCommands::kYes;
  LocalServer server(cores, config);
  LocalClient& client = server.connect(cores - 1);
  client.run("HELLO " + version);
  for (size_t i = 0; i < lines.size(); ++i) {
    const auto args = split_words(lines[i]);
    REQUIRE(args.has_value());
    CAPTURE(lines[i]);
    // A paused client goes on when the time has come.
    server.advance_ms(2);
    for (int core = 0; core < cores; ++core)
      server.turn(core);
    const std::string reply = client.run_args(*args);
    CHECK_EQ(quoted(reply), replies[i]);
  }
}

constexpr const char* kScripts[] = {"connection",
                                    "admin",
                                    "strings",
                                    "keys",
                                    "expiry",
                                    "sets",
                                    "sorted_sets",
                                    "sorted_set_ranges",
                                    "sorted_set_algebra",
                                    "scripting"};

TEST_CASE("scripts get the replies of Redis from a whole server") {
  for (const char* name : kScripts) {
    for (const int cores : {1, 3}) {
      run_script(name, cores, "2");
      run_script(name, cores, "3");
    }
  }
}

}  // namespace
}  // namespace rondo
