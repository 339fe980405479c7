// Plain commands skip the dispatch of others (server/plain.cc). Here they stand in one pipeline
// with commands that end or begin the state that allows it: the outcome must be that of one at a
// time.
#include <string>
#include <vector>

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

}  // namespace
}  // namespace rondo
