// The programs that people already have: redis-benchmark, redis-cli and memtier_benchmark do real
// work against the server, and end without an error. What is not installed is skipped with a word.
#include <algorithm>
#include <cstdlib>
#include <string>
#include <vector>

#include "tests/tcp/exchange.h"
#include "tests/tcp/server_process.h"
#include "tests/testing.h"

namespace rondo {
namespace {

using client::Client;
using Words = std::vector<std::string>;

constexpr int kToolMs = 60'000;

bool have(const std::string& program) {
  if (is_installed(program)) return true;
  MESSAGE(program << " is not installed: not run");
  return false;
}

bool contains(const std::string& text, const std::string& part) {
  return text.find(part) != std::string::npos;
}

class Tools {
 public:
  explicit Tools(int threads) : server_(threads) {}

  const ServerProcess& server() const { return server_; }

  // Runs a program with -p PORT and these words; it has to end well. Returns what it printed.
  std::string run(const std::string& program, const Words& words,
                  const std::string& input = "") const {
    Words all = {program, "-p", std::to_string(server_.port())};
    all.insert(all.end(), words.begin(), words.end());
    const Finished finished = run_program(all, input, kToolMs);
    std::string line;
    for (const std::string& word : all)
      line += word + " ";
    CHECK_MESSAGE(finished.code == 0, line, "\n", finished.output);
    return finished.output;
  }

 private:
  ServerProcess server_;
};

void check_benchmark(const std::string& output) {
  CHECK_MESSAGE(!contains(output, "rror"), output);
  CHECK_MESSAGE(contains(output, "requests per second"), output);
}

TEST_CASE("redis-benchmark: its own tests of the commands that are here") {
  if (!have("redis-benchmark")) return;
  for (const int threads : {1, 2}) {
    const Tools tools(threads);
    const std::string output =
        tools.run("redis-benchmark", {"-q", "-n", "2000", "-t", "ping,set,get,incr,mset"});
    check_benchmark(output);
    for (const char* test :
         {"PING_INLINE: ", "PING_MBULK: ", "SET: ", "GET: ", "INCR: ", "MSET (10 keys): "}) {
      CHECK_MESSAGE(contains(output, test), output);
    }
    Client client = tools.server().connect();
    CHECK_EQ(run(client, "GET counter:__rand_int__"), "$4 2000");
  }
}

TEST_CASE("redis-benchmark: pipelines, threads, random keys, RESP3 and big values") {
  if (!have("redis-benchmark")) return;
  const Tools tools(2);
  const std::vector<Words> runs = {
      {"-P", "30", "-r", "1000", "-t", "set,get,incr,mset"},
      {"--threads", "2", "-c", "20", "-P", "4", "-r", "1000", "-t", "set,get"},
      {"-3", "-t", "set,get,incr"},
      {"-d", "20000", "-t", "set,get"},
      {"-k", "0", "-c", "10", "-t", "ping"},
      {"-r", "100", "MGET", "key:__rand_int__", "key:__rand_int__"},
      {"-r", "100", "RENAME", "same", "same"},
  };
  Client client = tools.server().connect();
  CHECK_EQ(run(client, "SET same v"), "+OK");
  for (const Words& words : runs) {
    Words all = {"-q", "-n", "1000"};
    all.insert(all.end(), words.begin(), words.end());
    check_benchmark(tools.run("redis-benchmark", all));
  }
}

TEST_CASE("mass insertion by redis-cli and rondo-cli --pipe") {
  for (const std::string& program : {std::string("redis-cli"), std::string(RONDO_CLI_PATH)}) {
    if (!have(program)) continue;
    const Tools tools(2);
    std::string input;
    for (int i = 0; i < 20'000; ++i)
      input += encode("SET key:" + std::to_string(i) + " value");
    input += "SET inline yes\r\n";
    const std::string output = tools.run(program, {"--pipe"}, input);
    CHECK_MESSAGE(contains(output, "errors: 0, replies: 20001"), output);
    Client client = tools.server().connect();
    CHECK_EQ(run(client, "DBSIZE"), ":20001");
    CHECK_EQ(run(client, "GET key:19999"), "$5 value");
  }
}

TEST_CASE("redis-cli and rondo-cli in their modes") {
  for (const std::string& program : {std::string("redis-cli"), std::string(RONDO_CLI_PATH)}) {
    if (!have(program)) continue;
    const Tools tools(2);
    CHECK_EQ(tools.run(program, {"-x", "SET", "x"}, "from input"), "OK\n");
    CHECK_EQ(tools.run(program, {"GET", "x"}), "from input\n");
    CHECK_EQ(tools.run(program, {"--no-raw", "GET", "x"}), "\"from input\"\n");
    CHECK_EQ(tools.run(program, {"-r", "3", "INCR", "n"}), "1\n2\n3\n");
    CHECK_EQ(tools.run(program, {"-n", "3", "SET", "in3", "v"}), "OK\n");
    CHECK_EQ(tools.run(program, {}, "SELECT 3\nGET in3\nMULTI\nINCR a\nEXEC\n"),
             "OK\nv\nOK\nQUEUED\n1\n");
    CHECK_EQ(tools.run(program, {"--csv", "MGET", "x", "n"}), "\"from input\",\"3\"\n");
    CHECK(contains(tools.run(program, {"-3", "--json", "HELLO", "3"}), "\"server\":\"redis\""));
    CHECK(contains(tools.run(program, {"-3", "CONFIG", "GET", "maxclients"}), "10000"));
    CHECK(contains(tools.run(program, {"INFO", "server"}), "redis_version:7."));
    for (int i = 0; i < 300; ++i) {
      Client client = tools.server().connect();
      REQUIRE_EQ(run(client, "SET key:" + std::to_string(i) + " v"), "+OK");
    }
    const std::string scanned = tools.run(program, {"--scan", "--pattern", "key:1*"});
    CHECK_EQ(std::count(scanned.begin(), scanned.end(), '\n'), 111);
  }
}

TEST_CASE("redis-cli looks at the whole keyspace") {
  if (!have("redis-cli")) return;
  const Tools tools(2);
  Client client = tools.server().connect();
  for (int i = 0; i < 300; ++i) {
    REQUIRE_EQ(run(client, "SET key:" + std::to_string(i) + " v"), "+OK");
  }
  CHECK_EQ(run_words(client, {"SET", "longest", std::string(1000, 'x')}), "+OK\r\n");
  const std::string big = tools.run("redis-cli", {"--bigkeys"});
  CHECK_MESSAGE(contains(big, "Sampled 301 keys"), big);
  CHECK_MESSAGE(contains(big, "Biggest string found '\"longest\"' has 1000 bytes"), big);
  const std::string memory = tools.run("redis-cli", {"--memkeys"});
  CHECK_MESSAGE(contains(memory, "Biggest string found '\"longest\"'"), memory);
}

TEST_CASE("memtier_benchmark: its own default run, shortened") {
  const char* path = std::getenv("RONDO_MEMTIER");
  if (path == nullptr) {
    MESSAGE("RONDO_MEMTIER does not name a memtier_benchmark: not run");
    return;
  }
  for (const int threads : {1, 2}) {
    const Tools tools(threads);
    for (const Words& words : std::vector<Words>{{},
                                                 {"--pipeline", "30"},
                                                 {"--protocol", "resp3"},
                                                 {"--ratio", "1:1", "-d", "20000"}}) {
      Words all = {"-s", "127.0.0.1", "-n", "200", "-t", "2", "-c", "20", "--hide-histogram"};
      all.insert(all.end(), words.begin(), words.end());
      const std::string output = tools.run(path, all);
      CHECK_MESSAGE(contains(output, "Totals"), output);
      CHECK_MESSAGE(!contains(output, "error"), output);
    }
  }
}

}  // namespace
}  // namespace rondo
