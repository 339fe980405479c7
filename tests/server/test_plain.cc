// Plain commands skip the dispatch of others (server/plain.cc). Here they stand in one pipeline
// with commands that end or begin the state that allows it: the outcome must be that of one at a
// time.
#include <string>
#include <vector>

#include "reactor/base/prng.h"
#include "tests/server/local_server.h"
#include "tests/testing.h"

namespace rondo {
namespace {

// Sends words as one pipeline, gives the server all the turns that it wants, and returns the bytes.
std::string run_at_once(LocalServer& server, LocalClient& client,
                        const std::vector<std::vector<std::string>>& commands) {
  for (const auto& command : commands)
    client.send_command(command);
  server.pump();
  return client.take_received();
}

TEST_CASE("plain: a transaction begins and ends between plain commands") {
  LocalServer server(1);
  LocalClient& client = server.connect();
  CHECK_EQ(
      run_at_once(
          server, client,
          {{"SET", "k", "1"}, {"MULTI"}, {"SET", "k", "2"}, {"GET", "k"}, {"EXEC"}, {"GET", "k"}}),
      "+OK\r\n+OK\r\n+QUEUED\r\n+QUEUED\r\n*2\r\n+OK\r\n$1\r\n2\r\n$1\r\n2\r\n");
}

TEST_CASE("plain: a client that waits is served between two commands of one pipeline") {
  LocalServer server(1);
  LocalClient& waiter = server.connect();
  waiter.send_command({"BLPOP", "queue", "0"});
  server.pump();
  LocalClient& client = server.connect();
  CHECK_EQ(
      run_at_once(
          server, client,
          {{"RPUSH", "queue", "a"}, {"LLEN", "queue"}, {"RPUSH", "queue", "b"}, {"LLEN", "queue"}}),
      ":1\r\n:0\r\n:1\r\n:1\r\n");
  CHECK_EQ(waiter.take_received(), "*2\r\n$5\r\nqueue\r\n$1\r\na\r\n");
}

TEST_CASE("plain: replies that are dropped, and the database, change within a pipeline") {
  LocalServer server(1);
  LocalClient& client = server.connect();
  CHECK_EQ(run_at_once(server, client,
                       {{"CLIENT", "REPLY", "SKIP"},
                        {"SET", "k", "0"},
                        {"GET", "k"},
                        {"SELECT", "1"},
                        {"GET", "k"},
                        {"SET", "k", "1"},
                        {"SELECT", "0"},
                        {"GET", "k"}}),
           "$1\r\n0\r\n+OK\r\n$-1\r\n+OK\r\n+OK\r\n$1\r\n0\r\n");
}

TEST_CASE("plain: a subscriber in RESP2, and a monitor, are seen within a pipeline") {
  LocalServer server(1);
  LocalClient& client = server.connect();
  LocalClient& monitor = server.connect();
  CHECK_EQ(run_at_once(server, client, {{"SET", "k", "v"}}), "+OK\r\n");
  CHECK_EQ(monitor.run("MONITOR"), "+OK");
  const std::string replies =
      run_at_once(server, client, {{"GET", "k"}, {"SUBSCRIBE", "news"}, {"GET", "k"}});
  CHECK(replies.starts_with("$1\r\nv\r\n*3\r\n"));
  CHECK(replies.find("-ERR Can't execute 'get'") != replies.npos);
  CHECK(monitor.received().find("\"GET\" \"k\"") != std::string::npos);
}

TEST_CASE("plain: the number of arguments and the type are checked, and errors are counted") {
  LocalServer server(1);
  LocalClient& client = server.connect();
  CHECK_EQ(
      run_at_once(
          server, client,
          {{"GET"}, {"GET", "a", "b"}, {"LPUSH", "list", "x"}, {"GET", "list"}, {"LPUSH", "list"}}),
      "-ERR wrong number of arguments for 'get' command\r\n"
      "-ERR wrong number of arguments for 'get' command\r\n"
      ":1\r\n"
      "-WRONGTYPE Operation against a key holding the wrong kind of value\r\n"
      "-ERR wrong number of arguments for 'lpush' command\r\n");
  const std::string stats = client.run_args({"INFO", "commandstats", "errorstats"});
  CHECK(stats.find("cmdstat_get:calls=1,") != stats.npos);
  CHECK(stats.find("rejected_calls=2,failed_calls=1") != stats.npos);
  CHECK(stats.find("errorstat_WRONGTYPE:count=1") != stats.npos);
}

TEST_CASE("plain: they are in the slow log, and in CLIENT LIST") {
  Config config;
  config.slowlog_log_slower_than = 0;
  LocalServer server(1, config);
  LocalClient& client = server.connect();
  run_at_once(server, client, {{"SET", "slow", "v"}, {"GET", "slow"}});
  CHECK(client.session().commands == 2);
  const std::string log = client.run_args({"SLOWLOG", "GET"});
  CHECK(log.find("$3\r\nSET\r\n$4\r\nslow\r\n") != log.npos);
  CHECK(log.find("$3\r\nGET\r\n$4\r\nslow\r\n") != log.npos);
}

TEST_CASE("plain: a pause in the same pipeline holds back what follows") {
  LocalServer server(1);
  LocalClient& client = server.connect();
  CHECK_EQ(run_at_once(server, client,
                       {{"SET", "k", "1"},
                        {"CLIENT", "PAUSE", "100", "WRITE"},
                        {"GET", "k"},
                        {"SET", "k", "2"},
                        {"GET", "k"}}),
           "+OK\r\n+OK\r\n$1\r\n1\r\n");
  server.advance_ms(101);
  server.turn(0);
  server.pump();
  CHECK_EQ(client.take_received(), "+OK\r\n$1\r\n2\r\n");
}

// --- Spread over the shards of several cores ----------------------------------------------------

using Commands = std::vector<std::vector<std::string>>;

// Commands on few keys of all shards, nearly all of them plain ones.
Commands random_commands(Prng& prng, size_t count) {
  Commands commands;
  const auto key = [&] { return "key" + std::to_string(prng.below(12)); };
  while (commands.size() < count) {
    const std::string value = std::to_string(prng.below(1000));
    switch (prng.below(14)) {
      case 0:
      case 1:
      case 2:
        commands.push_back({"SET", key(), value});
        break;
      case 3:
        commands.push_back({"INCR", key()});
        break;
      case 4:
        commands.push_back({"LPUSH", "list" + key(), value});
        break;
      case 5:
        commands.push_back({"LPOP", "list" + key()});
        break;
      case 6:
        commands.push_back({"HSET", key(), "field", value});
        break;
      case 7:
        if (prng.one_in(4)) commands.push_back({"MGET", key(), key(), key()});
        break;
      case 8:
        if (prng.one_in(4)) commands.push_back({"SELECT", std::to_string(prng.below(2))});
        break;
      case 9:
        if (prng.one_in(4)) commands.push_back({"RENAME", key(), key()});
        break;
      case 10:
        commands.push_back({"SET", key(), std::string(prng.below(20'000), 'x')});
        break;
      default:
        commands.push_back({"GET", key()});
    }
  }
  return commands;
}

TEST_CASE("spread: a pipeline over all shards is answered as one by one on one shard") {
  for (uint64_t seed = 0; seed < 60; ++seed) {
    CAPTURE(seed);
    Prng prng(seed);
    const Commands commands = random_commands(prng, 150);
    LocalServer one(1);
    LocalClient& single = one.connect();
    std::string expected;
    for (const auto& command : commands)
      expected += single.run_args(command);

    LocalServer three(3);
    if (prng.one_in(2)) three.lend_shards();
    LocalClient& client = three.connect(static_cast<int>(prng.below(3)));
    if (prng.one_in(2)) client.read_bytes_max = 100 + prng.below(5000);
    CHECK(run_at_once(three, client, commands) == expected);
    CHECK_EQ(client.session().commands, commands.size());
  }
}

TEST_CASE("spread: more commands than replies may be awaited") {
  LocalServer server(2);
  LocalClient& client = server.connect(0);
  const std::string near = server.key_on(0, "near");
  const std::string far = server.key_on(1, "far");
  Commands commands;
  std::string expected;
  for (int i = 1; i <= 3000; ++i) {
    commands.push_back({"INCR", far});
    commands.push_back({"INCR", near});
    expected += ":" + std::to_string(i) + "\r\n:" + std::to_string(i) + "\r\n";
  }
  CHECK(run_at_once(server, client, commands) == expected);
}

TEST_CASE("spread: a write that serves a client of another shard keeps its place") {
  LocalServer server(2);
  const std::string near = server.key_on(0, "near");
  const std::string far = server.key_on(1, "far");
  LocalClient& waiter = server.connect(1);
  waiter.send_command({"BLMOVE", near, far, "LEFT", "RIGHT", "0"});
  server.pump();
  LocalClient& client = server.connect(0);
  CHECK_EQ(run_at_once(server, client,
                       {{"EXISTS", far},
                        {"GET", far},
                        {"LPUSH", near, "a"},
                        {"LLEN", near},
                        {"LPUSH", near, "b"},
                        {"LLEN", near}}),
           ":0\r\n$-1\r\n:1\r\n:0\r\n:1\r\n:1\r\n");
  CHECK_EQ(waiter.take_received(), "$1\r\na\r\n");
  CHECK_EQ(client.run("LLEN " + far), ":1");
}

TEST_CASE("spread: errors, types and counts are those of each command") {
  LocalServer server(2);
  LocalClient& client = server.connect(0);
  const std::string near = server.key_on(0, "near");
  const std::string far = server.key_on(1, "far");
  CHECK_EQ(run_at_once(server, client,
                       {{"SET", far, "text"},
                        {"SET", near, "text"},
                        {"INCR", far},
                        {"LLEN", near},
                        {"GET", far},
                        {"GET"},
                        {"GET", near}}),
           "+OK\r\n+OK\r\n-ERR value is not an integer or out of range\r\n"
           "-WRONGTYPE Operation against a key holding the wrong kind of value\r\n"
           "$4\r\ntext\r\n-ERR wrong number of arguments for 'get' command\r\n"
           "$4\r\ntext\r\n");
  const std::string stats = client.run_args({"INFO", "commandstats"});
  CHECK(stats.find("cmdstat_set:calls=2,") != stats.npos);
  CHECK(stats.find("cmdstat_get:calls=2,") != stats.npos);
}

TEST_CASE("spread: the strict order waits for each shard") {
  Config config;
  config.strict_pipeline_order = true;
  LocalServer server(2, config);
  LocalClient& client = server.connect(0);
  const std::string near = server.key_on(0, "near");
  const std::string far = server.key_on(1, "far");
  client.send_command({"SET", far, "1"});
  client.send_command({"SET", near, "1"});
  server.begin_turn(0);
  server.read_clients(0);
  // The one for the other core is on its way, and the one behind it waits.
  CHECK_EQ(server.core(0).shard().db(0).size(), 0);
  server.flush(0);
  server.publish(0);
  server.pump();
  CHECK_EQ(client.take_received(), "+OK\r\n+OK\r\n");
  CHECK_EQ(server.core(0).shard().db(0).size(), 1);
}

}  // namespace
}  // namespace rondo
