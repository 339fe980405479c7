// SCAN over several shards: one call goes on to the next ones while it has looked at too few keys.
#include "server/scan_walk.h"

#include <algorithm>
#include <set>
#include <string>
#include <vector>

#include "protocol/resp_reader.h"
#include "tests/server/local_server.h"
#include "tests/testing.h"

namespace rondo {
namespace {

struct Step {
  std::string cursor;
  std::vector<std::string> keys;
};

Step step_of(const std::string& bytes) {
  RespReader reader;
  reader.feed(bytes);
  RespValue reply;
  REQUIRE(reader.next(reply) == RespReader::Status::kValue);
  REQUIRE_EQ(reply.elements.size(), 2);
  Step step{reply.elements[0].text, {}};
  for (const RespValue& key : reply.elements[1].elements)
    step.keys.push_back(key.text);
  std::sort(step.keys.begin(), step.keys.end());
  return step;
}

TEST_CASE("scan: a few keys on several shards are one call") {
  for (const int cores : {1, 2, 4, 8}) {
    CAPTURE(cores);
    LocalServer server(cores);
    for (int home = 0; home < cores; ++home) {
      LocalClient& client = server.connect(home);
      client.run("FLUSHALL");
      Step step = step_of(client.run_args({"SCAN", "0"}));
      CHECK_EQ(step.cursor, "0");
      CHECK(step.keys.empty());
      client.run("MSET a 1 b 2 c 3");
      step = step_of(client.run_args({"SCAN", "0"}));
      CHECK_EQ(step.cursor, "0");
      CHECK_EQ(step.keys, std::vector<std::string>{"a", "b", "c"});
      // The filter does not count: keys that it leaves out were looked at.
      step = step_of(client.run_args({"SCAN", "0", "MATCH", "b"}));
      CHECK_EQ(step.cursor, "0");
      CHECK_EQ(step.keys, std::vector<std::string>{"b"});
      CHECK_EQ(step_of(client.run_args({"SCAN", "0", "TYPE", "list"})).cursor, "0");
      // In an EXEC too.
      client.run("MULTI");
      client.run("SCAN 0");
      const std::string exec = client.run_args({"EXEC"});
      REQUIRE(exec.starts_with("*1\r\n"));
      step = step_of(exec.substr(4));
      CHECK_EQ(step.cursor, "0");
      CHECK_EQ(step.keys.size(), 3);
    }
  }
}

TEST_CASE("scan: COUNT ends a call, wherever it is, and every key is found once") {
  LocalServer server(3);
  LocalClient& client = server.connect(1);
  std::multiset<std::string> expected;
  for (int shard = 0; shard < 3; ++shard) {
    for (int i = 0; i < 40; ++i) {
      expected.insert(server.key_on(shard, "k", i));
      client.run_args({"SET", server.key_on(shard, "k", i), "v"});
    }
  }
  for (const int count : {1, 7, 10, 45, 100, 1000}) {
    CAPTURE(count);
    std::multiset<std::string> found;
    std::string cursor = "0";
    int calls = 0;
    do {
      const Step step = step_of(client.run_args({"SCAN", cursor, "COUNT", std::to_string(count)}));
      found.insert(step.keys.begin(), step.keys.end());
      // At most a bucket more than it was to look at.
      CHECK_LT(step.keys.size(), static_cast<size_t>(count) + 16);
      if (step.cursor != "0") CHECK_GE(step.keys.size(), static_cast<size_t>(count));
      cursor = step.cursor;
      ++calls;
    } while (cursor != "0");
    CHECK(found == expected);
    if (count == 1000) CHECK_EQ(calls, 1);
    if (count == 100) CHECK_EQ(calls, 2);
  }
}

TEST_CASE("scan: errors, and what is counted") {
  LocalServer server(3);
  LocalClient& client = server.connect(2);
  CHECK_EQ(client.run("SCAN x"), "-ERR invalid cursor");
  CHECK_EQ(client.run("SCAN 0 COUNT 0"), "-ERR syntax error");
  CHECK_EQ(client.run("SCAN 0 COUNT"), "-ERR syntax error");
  CHECK_EQ(client.run("CONFIG RESETSTAT"), "+OK");
  CHECK_EQ(client.run("SCAN 0"), "*2 $1 0 *0");
  const std::string stats = client.run("INFO commandstats");
  CHECK(stats.find("cmdstat_scan:calls=1,") != std::string::npos);
  // Its replies keep their place in a pipeline.
  CHECK_EQ(client.pipeline({"SET a 1", "SCAN 0", "GET a", "SCAN 0 COUNT 0", "GET a"}),
           std::vector<std::string>{"+OK", "*2 $1 0 *1 $1 a", "$1 1", "-ERR syntax error", "$1 1"});
}

TEST_CASE("scan: on every shard it waits for what holds the shard") {
  LocalServer server(3);
  LocalClient& client = server.connect(0);
  const std::string first = server.key_on(1, "k");
  const std::string second = server.key_on(2, "k");
  // Locks of a transaction that is about to write on shards 1 and 2.
  const std::vector<uint64_t> keys = {hash_key(first)};
  server.core(1).admission().lock(keys, LockMode::kExclusive);
  client.send_command({"SCAN", "0"});
  server.pump();
  CHECK_EQ(client.received(), "");
  CHECK_EQ(server.core(1).admission().waiting(), 1);
  // The client's death changes nothing.
  LocalClient& dying = server.connect(2);
  dying.send_command({"SCAN", "0"});
  server.pump();
  dying.disconnect();
  CHECK_EQ(server.connect(1).run_args({"SET", second, "v"}), "+OK\r\n");
  server.core(1).admission().unlock(keys, LockMode::kExclusive);
  server.core(1).admission().run_waiting();
  server.turn(1);
  server.pump();
  const Step step = step_of(client.take_reply());
  CHECK_EQ(step.cursor, "0");
  CHECK_EQ(step.keys, std::vector<std::string>{second});
  CHECK(dying.finished());
}

}  // namespace
}  // namespace rondo
