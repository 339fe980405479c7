// CLIENT and MONITOR over several cores. Covers server/commands/client.cc,
// server/commands/client_list.cc, server/commands/monitor.cc and server/commands/help.cc.
#include <string>
#include <vector>

#include "tests/server/local_server.h"
#include "tests/testing.h"

namespace rondo {
namespace {

constexpr int kCores[] = {1, 3};

bool contains(std::string_view text, std::string_view part) {
  return text.find(part) != text.npos;
}

size_t count_of(std::string_view text, std::string_view part) {
  size_t count = 0;
  for (size_t at = text.find(part); at != text.npos; at = text.find(part, at + 1))
    ++count;
  return count;
}

// Lets time pass and gives every core a turn, so that it looks at the clock.
void pass_ms(LocalServer& server, int64_t ms) {
  server.advance_ms(ms);
  for (int i = 0; i < server.cores(); ++i)
    server.turn(i);
  server.pump();
}

std::string id_of(LocalClient& client) {
  return std::to_string(client.session().id());
}

TEST_CASE("client: with NO-TOUCH a look at a key is no use of it, on any shard") {
  for (const int cores : {1, 3}) {
    LocalServer server(cores);
    LocalClient& client = server.connect(0);
    for (int shard = 0; shard < cores; ++shard) {
      const std::string key = server.key_on(shard, "k");
      CHECK_EQ(client.run("CLIENT NO-TOUCH off"), "+OK");
      CHECK_EQ(client.run("SET " + key + " v"), "+OK");
      server.advance_ms(50'000);
      CHECK_EQ(client.run("CLIENT NO-TOUCH on"), "+OK");
      CHECK_EQ(client.run("GET " + key), "$1 v");
      CHECK_EQ(client.run("MGET " + key + " x"), "*2 $1 v $-1");
      CHECK_NE(client.run("OBJECT IDLETIME " + key), ":0");
      // TOUCH is meant, and counts.
      CHECK_EQ(client.run("TOUCH " + key), ":1");
      CHECK_EQ(client.run("OBJECT IDLETIME " + key), ":0");
      server.advance_ms(50'000);
      CHECK_EQ(client.run("CLIENT NO-TOUCH off"), "+OK");
      CHECK_EQ(client.run("GET " + key), "$1 v");
      CHECK_EQ(client.run("OBJECT IDLETIME " + key), ":0");
    }
  }
}

TEST_CASE("client: with NO-TOUCH a command that waits is no use of its keys either") {
  for (const int cores : {1, 3}) {
    LocalServer server(cores);
    LocalClient& client = server.connect(0);
    LocalClient& waiter = server.connect(0);
    CHECK_EQ(waiter.run("CLIENT NO-TOUCH on"), "+OK");
    for (int shard = 0; shard < cores; ++shard) {
      const std::string key = server.key_on(shard, "k");
      CHECK_EQ(client.run("RPUSH " + key + " a b c"), ":3");
      server.advance_ms(50'000);
      CHECK_EQ(waiter.run("BLPOP " + key + " 0").substr(0, 2), "*2");
      CHECK_EQ(waiter.run("RPUSH " + key + " d"), ":3");
      CHECK_NE(client.run("OBJECT IDLETIME " + key), ":0");
      CHECK_EQ(client.run("BLPOP " + key + " 0").substr(0, 2), "*2");
      CHECK_EQ(client.run("OBJECT IDLETIME " + key), ":0");
    }
  }
}

TEST_CASE("client: MONITOR is refused by EXEC, not at queueing") {
  LocalServer server(3);
  LocalClient& client = server.connect(0);
  CHECK_EQ(client.run("MULTI"), "+OK");
  CHECK_EQ(client.run("MONITOR"), "+QUEUED");
  CHECK_EQ(client.run("EXEC"), "*1 -ERR MONITOR isn't allowed for DENY BLOCKING client");
}

TEST_CASE("CLIENT LIST shows the clients of all cores, INFO only oneself") {
  for (const int cores : kCores) {
    LocalServer server(cores);
    LocalClient& me = server.connect(0);
    LocalClient& other = server.connect(cores - 1);
    CHECK_EQ(me.run("CLIENT SETNAME me"), "+OK");
    CHECK_EQ(other.run("CLIENT SETNAME other"), "+OK");
    CHECK_EQ(other.run("CLIENT SETINFO LIB-NAME lib"), "+OK");
    CHECK_EQ(other.run("CLIENT NO-TOUCH on"), "+OK");
    CHECK_EQ(other.run("SELECT 3"), "+OK");
    const std::string list = me.run("CLIENT LIST");
    CHECK_EQ(count_of(list, "id="), 2);
    CHECK(contains(list, "name=me "));
    CHECK(contains(list, "name=other "));
    CHECK(contains(list, "flags=T db=3 "));
    CHECK(contains(list, "cmd=client|list "));
    CHECK(contains(list, "cmd=select "));
    CHECK(contains(list, "lib-name=lib lib-ver="));
    // In the order of the numbers, whatever core they are on.
    CHECK_LT(list.find("name=me "), list.find("name=other "));
    other.run("NOSUCHCOMMAND");
    CHECK(contains(me.run("CLIENT LIST"), "cmd=NULL "));
    const std::string info = me.run("CLIENT INFO");
    CHECK_EQ(count_of(info, "id="), 1);
    CHECK(contains(info, "name=me "));
    const std::string both = me.run("CLIENT LIST ID " + id_of(other) + " " + id_of(me) + " 99999");
    CHECK_LT(both.find("name=other "), both.find("name=me "));
    CHECK_EQ(count_of(me.run("CLIENT LIST TYPE normal"), "id="), 2);
    CHECK_EQ(me.run("CLIENT LIST TYPE replica"), "$0 ");
  }
}

TEST_CASE("CLIENT KILL by each of its filters") {
  for (const int cores : kCores) {
    LocalServer server(cores);
    LocalClient& me = server.connect(0);
    const auto victim = [&]() -> LocalClient& {
      LocalClient& client = server.connect(cores - 1);
      CHECK_EQ(client.run("PING"), "+PONG");
      return client;
    };
    LocalClient& by_id = victim();
    CHECK_EQ(me.run("CLIENT KILL ID " + id_of(by_id)), ":1");
    server.pump();
    CHECK_FALSE(by_id.connected());

    LocalClient& by_address = victim();
    CHECK_EQ(me.run("CLIENT KILL " + by_address.session().address().peer), "+OK");
    server.pump();
    CHECK_FALSE(by_address.connected());
    CHECK_EQ(me.run("CLIENT KILL 1.2.3.4:5"), "-ERR No such client");

    LocalClient& young = victim();
    pass_ms(server, 10'000);
    LocalClient& newborn = victim();
    CHECK_EQ(me.run("CLIENT KILL MAXAGE 5"), ":1");
    server.pump();
    CHECK_FALSE(young.connected());
    CHECK(newborn.connected());

    CHECK_EQ(me.run("CLIENT KILL USER default TYPE normal"), ":1");
    server.pump();
    CHECK_FALSE(newborn.connected());
    CHECK_EQ(me.run("PING"), "+PONG");
    // Oneself only on request, and with the reply first.
    CHECK_EQ(me.run("CLIENT KILL ID " + id_of(me)), ":0");
    CHECK_EQ(me.run("CLIENT KILL SKIPME no"), ":1");
    server.pump();
    CHECK_FALSE(me.connected());
  }
}

TEST_CASE("a killed client is as good as gone at once") {
  for (const int cores : kCores) {
    LocalServer server(cores);
    LocalClient& me = server.connect(0);
    LocalClient& other = server.connect(cores - 1);
    // Its end of the socket stays open: it just does not read any more.
    other.receives = false;
    CHECK_EQ(me.run("CLIENT KILL SKIPME yes"), ":1");
    CHECK_EQ(me.run("CLIENT KILL SKIPME yes"), ":0");
    CHECK_EQ(count_of(me.run("CLIENT LIST"), "id="), 1);
    CHECK(contains(me.run("INFO clients"), "connected_clients:1 "));
  }
}

TEST_CASE("CLIENT REPLY turns replies off, on, and off for one command") {
  for (const int cores : kCores) {
    LocalServer server(cores);
    LocalClient& client = server.connect(0);
    for (const std::vector<std::string>& command :
         std::vector<std::vector<std::string>>{{"CLIENT", "REPLY", "OFF"},
                                               {"SET", "k", "v"},
                                               {"INFO"},
                                               {"MGET", "a", "b", "c"},
                                               {"nonsense"},
                                               {"CLIENT", "REPLY", "SKIP"},
                                               {"CLIENT", "REPLY", "ON"},
                                               {"GET", "k"},
                                               {"CLIENT", "REPLY", "SKIP"},
                                               {"PING"},
                                               {"PING", "again"}}) {
      client.send_command(command);
    }
    server.pump();
    CHECK_EQ(client.take_received(), "+OK\r\n$1\r\nv\r\n$5\r\nagain\r\n");
  }
}

TEST_CASE("MONITOR sees the commands of all cores until it ends") {
  for (const int cores : kCores) {
    LocalServer server(cores);
    LocalClient& monitor = server.connect(0);
    CHECK_EQ(monitor.run("MONITOR"), "+OK");
    for (int i = 0; i < cores; ++i)
      CHECK_EQ(server.core(i).monitors, 1);
    LocalClient& other = server.connect(cores - 1);
    CHECK_EQ(other.run_args({"SET", "k", "a\"b\x01"}), "+OK\r\n");
    server.pump();
    const std::string line = monitor.take_received();
    CHECK(line.starts_with("+"));
    CHECK(contains(line, " [0 " + other.session().address().peer + "] "));
    CHECK(line.ends_with("\"SET\" \"k\" \"a\\\"b\\x01\"\r\n"));
    // No secrets, and no administration.
    other.run("AUTH hunter2");
    other.run("HELLO 2 AUTH default hunter2");
    other.run("CONFIG SET maxmemory 0");
    server.pump();
    const std::string lines = monitor.take_received();
    CHECK_EQ(count_of(lines, "\r\n"), 2);
    CHECK_FALSE(contains(lines, "hunter2"));
    CHECK(contains(lines, "\"AUTH\" \"(redacted)\""));

    // Where a SELECT leads, if it does.
    other.run("SELECT 3");
    other.run("SELECT 99");
    server.pump();
    const std::string selects = monitor.take_received();
    CHECK(contains(selects, " [3 " + other.session().address().peer + "] \"SELECT\" \"3\""));
    CHECK(contains(selects, " [3 " + other.session().address().peer + "] \"SELECT\" \"99\""));
    other.run("SELECT 0");
    server.pump();
    monitor.take_received();

    // A transaction as it executes.
    for (const char* command : {"MULTI", "SET k 1", "GET k"})
      other.run(command);
    other.run("EXEC");
    server.pump();
    const std::string transaction = monitor.take_received();
    CHECK_EQ(count_of(transaction, "\r\n"), 4);
    CHECK_LT(transaction.find("\"MULTI\""), transaction.find("\"SET\""));
    CHECK_LT(transaction.find("\"GET\""), transaction.find("\"EXEC\""));

    monitor.send_command({"RESET"});
    server.pump();
    CHECK_EQ(monitor.take_received(), "+RESET\r\n");
    for (int i = 0; i < cores; ++i)
      CHECK_EQ(server.core(i).monitors, 0);
    CHECK_EQ(monitor.run("MONITOR"), "+OK");
    monitor.disconnect();
    server.pump();
    for (int i = 0; i < cores; ++i)
      CHECK_EQ(server.core(i).monitors, 0);
  }
}

TEST_CASE("MONITOR makes a client one that keeps off the keys, as a replica would") {
  LocalServer server(2);
  LocalClient& monitor = server.connect(0);
  LocalClient& other_monitor = server.connect(1);
  CHECK_EQ(monitor.run("MONITOR"), "+OK");
  CHECK_EQ(other_monitor.run("MONITOR"), "+OK");
  for (const char* command : {"GET k", "SET k v", "DBSIZE", "PUBLISH channel message"}) {
    CAPTURE(command);
    CHECK_EQ(monitor.run(command), "-ERR Replica can't interact with the keyspace");
  }
  CHECK_EQ(monitor.run("RESET"), "+RESET");
  server.pump();
  CHECK(contains(other_monitor.take_received(), "\"RESET\""));
  CHECK_EQ(monitor.run("SET k v"), "+OK");
}

TEST_CASE("a client that dies while its command is gathered") {
  LocalServer server(3);
  for (const char* command : {"CLIENT LIST", "INFO", "MONITOR", "CLIENT PAUSE 1", "CLIENT UNPAUSE",
                              "CONFIG SET maxmemory 1mb", "SLOWLOG GET", "MEMORY STATS"}) {
    CAPTURE(command);
    LocalClient& client = server.connect(0);
    const std::string text = command;
    client.send(text + "\r\n");
    server.turn(0);
    client.disconnect();
    server.pump();
    CHECK(client.finished());
    pass_ms(server, 2);
  }
  for (int i = 0; i < 3; ++i)
    CHECK_EQ(server.core(i).monitors, 0);
}

TEST_CASE("commands that gather work inside a transaction") {
  for (const int cores : kCores) {
    LocalServer server(cores);
    LocalClient& client = server.connect(0);
    CHECK_EQ(client.run("MULTI"), "+OK");
    for (const char* command : {"SET k 1", "CONFIG SET timeout 7", "SLOWLOG LEN", "INFO keyspace",
                                "CLIENT LIST", "GET k", "CONFIG GET timeout"}) {
      CHECK_EQ(client.run(command), "+QUEUED");
    }
    const std::string reply = client.run("EXEC");
    CHECK(reply.starts_with("*7 +OK +OK :0 $"));
    CHECK(reply.ends_with(" $1 1 *2 $7 timeout $1 7"));
    for (int i = 0; i < cores; ++i)
      CHECK_EQ(server.core(i).config().timeout, 7);
  }
}

TEST_CASE("every HELP lists what there is") {
  LocalServer server(1, [] {
    Config config;
    config.enable_debug_command = GuardedCommands::kYes;
    return config;
  }());
  LocalClient& client = server.connect(0);
  for (const char* name :
       {"CLIENT", "COMMAND", "CONFIG", "DEBUG", "LATENCY", "MEMORY", "SLOWLOG"}) {
    const std::string help = client.run(std::string(name) + " HELP");
    CHECK(contains(help, "+" + std::string(name) + " <subcommand> [<arg> [value] [opt] ...]."));
    CHECK(help.ends_with("+HELP +    Prints this help."));
    const Command* row = CommandTable::instance().find(name);
    REQUIRE(row != nullptr);
    for (const Command& sub : row->subcommands) {
      std::string word(sub.name.substr(sub.name.find('|') + 1));
      for (char& byte : word)
        byte = static_cast<char>(std::toupper(byte));
      CAPTURE(word);
      CHECK(contains(help, "+" + word));
    }
  }
}

}  // namespace
}  // namespace rondo
