// CLIENT PAUSE and UNPAUSE over several cores. Covers server/commands/client_pause.cc.
#include <string>
#include <utility>
#include <vector>

#include "tests/server/local_server.h"
#include "tests/testing.h"

namespace rondo {
namespace {

constexpr int kCores[] = {1, 3};

// Lets time pass and gives every core a turn, so that it looks at the clock.
void pass_ms(LocalServer& server, int64_t ms) {
  server.advance_ms(ms);
  for (int i = 0; i < server.cores(); ++i)
    server.turn(i);
  server.pump();
}

TEST_CASE("CLIENT PAUSE holds back all commands, or the writing ones, on all cores") {
  for (const int cores : kCores) {
    LocalServer server(cores);
    LocalClient& me = server.connect(0);
    LocalClient& other = server.connect(cores - 1);
    const std::string key = server.key_on(0, "k");
    CHECK_EQ(me.run("CLIENT PAUSE 1000 WRITE"), "+OK");
    CHECK_EQ(other.run("GET " + key), "$-1");
    other.send_command({"SET", key, "v"});
    server.pump();
    CHECK_EQ(other.received(), "");
    pass_ms(server, 999);
    CHECK_EQ(other.received(), "");
    pass_ms(server, 1);
    CHECK_EQ(other.take_received(), "+OK\r\n");

    CHECK_EQ(me.run("CLIENT PAUSE 100000"), "+OK");
    other.send_command({"GET", key});
    server.pump();
    CHECK_EQ(other.received(), "");
  }
}

TEST_CASE("a shorter pause preserves the longer one, and INFO counts who waits") {
  for (const int cores : kCores) {
    LocalServer server(cores);
    LocalClient& me = server.connect(0);
    LocalClient& other = server.connect(cores - 1);
    CHECK_EQ(me.run("CLIENT PAUSE 1000 WRITE"), "+OK");
    CHECK_EQ(me.run("CLIENT PAUSE 10 WRITE"), "+OK");
    other.send_command({"SET", "k", "v"});
    server.pump();
    pass_ms(server, 900);
    CHECK_EQ(other.received(), "");
    CHECK_NE(me.run("INFO clients").find("blocked_clients:1 "), std::string::npos);
    pass_ms(server, 100);
    CHECK_EQ(other.take_received(), "+OK\r\n");
    CHECK_NE(me.run("INFO clients").find("blocked_clients:0 "), std::string::npos);
  }
}

TEST_CASE("CLIENT UNPAUSE lets everyone go on") {
  for (const int cores : kCores) {
    LocalServer server(cores);
    LocalClient& me = server.connect(0);
    LocalClient& other = server.connect(cores - 1);
    CHECK_EQ(me.run("CLIENT PAUSE 100000 WRITE"), "+OK");
    other.send_command({"SET", "k", "v"});
    server.pump();
    CHECK_EQ(other.received(), "");
    CHECK_EQ(me.run("CLIENT UNPAUSE"), "+OK");
    server.pump();
    CHECK_EQ(other.take_received(), "+OK\r\n");
  }
}

TEST_CASE("clients that a pause held back go on a few in each tick, each in its order") {
  for (const int cores : kCores) {
    constexpr int kClients = 40;
    LocalServer server(cores);
    for (int i = 0; i < cores; ++i)
      server.core(i).limit_shares(0);
    LocalClient& me = server.connect(0);
    std::vector<LocalClient*> held;
    CHECK_EQ(me.run("CLIENT PAUSE 1000 WRITE"), "+OK");
    for (int i = 0; i < kClients; ++i) {
      held.push_back(&server.connect(0));
      for (int k = 0; k < 3; ++k)
        held.back()->send_command({"INCR", "k" + std::to_string(i)});
    }
    server.pump();
    CHECK_EQ(server.core(0).paused_sessions(), kClients);
    server.advance_ms(1000);
    const auto answered = [&] {
      size_t count = 0;
      for (const LocalClient* client : held)
        count += client->received().empty() ? 0 : 1;
      return count;
    };
    int turns = 0;
    size_t before = 0;
    for (; answered() < kClients && turns < 10 * kClients; ++turns) {
      for (int i = 0; i < cores; ++i)
        server.turn(i);
      const size_t now = answered();
      CHECK_LE(now - before, 10);
      before = now;
    }
    CHECK_GE(turns, 4);
    server.pump();
    for (LocalClient* client : held)
      CHECK_EQ(client->take_received(), ":1\r\n:2\r\n:3\r\n");
  }
}

TEST_CASE("a pause is answered after all that was under way before") {
  LocalServer server(3);
  LocalClient& me = server.connect(0);
  LocalClient& other = server.connect(1);
  // The write has left core 1, but core 2 has not had a turn yet.
  other.send_command({"SET", server.key_on(2, "k"), "v"});
  server.turn(1);
  me.send_command({"CLIENT", "PAUSE", "1000"});
  for (int i = 0; i < 10; ++i) {
    server.turn(0);
    server.turn(1);
    CHECK_EQ(me.received(), "");
  }
  server.pump();
  CHECK_EQ(me.take_received(), "+OK\r\n");
  CHECK_EQ(other.take_received(), "+OK\r\n");
}

TEST_CASE("while clients are paused, no key that expires is removed, and none is seen") {
  for (const int cores : kCores) {
    LocalServer server(cores);
    LocalClient& me = server.connect(0);
    LocalClient& other = server.connect(cores - 1);
    for (int shard = 0; shard < cores; ++shard) {
      const std::string key = server.key_on(shard, "k");
      CHECK_EQ(me.run("SET " + key + " v PX 50"), "+OK");
    }
    const std::string keys = ":" + std::to_string(cores);
    CHECK_EQ(me.run("CLIENT PAUSE 1000 WRITE"), "+OK");
    pass_ms(server, 500);
    const std::string key = server.key_on(cores - 1, "k");
    const std::vector<std::pair<const char*, const char*>> reads = {
        {"GET", "$-1"},  {"EXISTS", ":0"},  {"TTL", ":-2"},  {"TYPE", "+none"},
        {"TOUCH", ":0"}, {"STRLEN", ":0"},  {"DUMP", "$-1"}, {"OBJECT ENCODING", "$-1"},
        {"KEYS", "*0"},  {"MGET", "*1 $-1"}};
    for (const auto& row : reads) {
      const auto& read = row.first;
      const auto& reply = row.second;
      CAPTURE(read);
      CHECK_EQ(other.run(std::string(read) + " " + key), reply);
    }
    CHECK(other.run("SCAN 0 COUNT 1000").ends_with(" *0"));
    // Redis has nothing better either.
    CHECK(other.run("RANDOMKEY").starts_with("$"));
    CHECK_NE(other.run("RANDOMKEY"), "$-1");
    CHECK_EQ(other.run("DBSIZE"), keys);
    // What had expired when it was watched has not changed when it goes.
    CHECK_EQ(other.run("WATCH " + key), "+OK");
    CHECK_EQ(me.run("CLIENT UNPAUSE"), "+OK");
    CHECK_EQ(me.run("GET " + key), "$-1");
    CHECK_EQ(other.run("MULTI"), "+OK");
    CHECK_EQ(other.run("PING"), "+QUEUED");
    CHECK_EQ(other.run("EXEC"), "*1 +PONG");
    pass_ms(server, 2000);
    for (int i = 0; i < 1000; ++i)
      for (int core = 0; core < cores; ++core)
        server.core(core).background();
    CHECK_EQ(other.run("DBSIZE"), ":0");
    uint64_t expired = 0;
    for (int core = 0; core < cores; ++core)
      expired += server.core(core).shard().stats().expired;
    CHECK_EQ(":" + std::to_string(expired), keys);
  }
}

TEST_CASE("a block with CLIENT PAUSE is executed whole, and writes what has expired anew") {
  for (const int cores : kCores) {
    LocalServer server(cores);
    LocalClient& me = server.connect(0);
    LocalClient& other = server.connect(cores - 1);
    const std::string key = server.key_on(cores - 1, "k");
    CHECK_EQ(other.run("SUBSCRIBE news"), "*3 $9 subscribe $4 news :1");
    CHECK_EQ(me.run("SET " + key + " v PX 1"), "+OK");
    CHECK_EQ(me.run("MULTI"), "+OK");
    CHECK_EQ(me.run("CLIENT PAUSE 100000 WRITE"), "+QUEUED");
    CHECK_EQ(me.run("SET " + key + " w"), "+QUEUED");
    CHECK_EQ(me.run("PUBLISH news first"), "+QUEUED");
    CHECK_EQ(me.run("CLIENT PAUSE 10"), "+QUEUED");
    CHECK_EQ(me.run("CLIENT UNPAUSE"), "+QUEUED");
    CHECK_EQ(me.run("CLIENT PAUSE 200000 WRITE"), "+QUEUED");
    server.advance_ms(5);
    CHECK_EQ(me.run("EXEC"), "*6 +OK +OK :1 +OK +OK +OK");
    CHECK_EQ(other.take_received(), "*3\r\n$7\r\nmessage\r\n$4\r\nnews\r\n$5\r\nfirst\r\n");
    CHECK_EQ(me.run("GET " + key), "$1 w");
    me.send_command({"SET", key, "later"});
    server.pump();
    pass_ms(server, 199'000);
    CHECK_EQ(me.received(), "");
    pass_ms(server, 1'000);
    CHECK_EQ(me.take_received(), "+OK\r\n");
  }
}

}  // namespace
}  // namespace rondo
