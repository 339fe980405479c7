// Blocked clients beside the rest of the server: statistics, MONITOR, CLIENT LIST, CLIENT PAUSE.
// Covers server/blocking.cc and server/blocked_client.h.
#include <string>
#include <vector>

#include "tests/server/blocking_fixture.h"
#include "tests/testing.h"

namespace rondo {
namespace {

constexpr int kCores[] = {1, 3};

bool has(const std::string& text, const std::string& part) {
  return text.find(part) != std::string::npos;
}

TEST_CASE("blocked clients: INFO and CLIENT LIST know them") {
  for (const int cores : kCores) {
    CAPTURE(cores);
    BlockingFixture f(cores);
    CHECK(has(f.run("INFO clients"), "blocked_clients:0 "));
    LocalClient& client = f.block(1, "BLPOP 1:k 2:l 0");
    f.block(2, "BLPOP 1:k 0");
    CHECK(has(f.run("INFO clients"), "blocked_clients:2 "));
    CHECK(has(f.run("CLIENT LIST ID " + f.id(client)), " flags=b "));
    f.run("RPUSH 2:l x");
    CHECK(has(f.run("INFO clients"), "blocked_clients:1 "));
    CHECK(has(f.run("CLIENT LIST ID " + f.id(client)), " flags=N "));
  }
}

TEST_CASE("blocked clients: time-outs that come together are spread over ticks") {
  for (const int cores : kCores) {
    CAPTURE(cores);
    BlockingFixture f(cores);
    constexpr size_t kClients = 1000;
    std::vector<LocalClient*> clients;
    for (size_t i = 0; i < kClients; ++i)
      clients.push_back(&f.block(0, i % 2 == 0 ? "BLPOP 0:k 5" : "BLPOP 1:k 5"));
    CHECK(f.waiting() == kClients);
    f.server.advance_ms(4'999);
    f.server.pump();
    CHECK(f.waiting() == kClients);
    f.server.advance_ms(1);
    size_t turns = 0;
    for (; f.waiting() > 0; ++turns) {
      REQUIRE(turns < kClients);
      const size_t before = f.waiting();
      CHECK(f.server.core(0).blocking().next_timeout_ms() <= f.server.now().mono_ns / 1'000'000);
      f.server.turn(0);
      CHECK(before - f.waiting() <= Blocking::kTimeoutsMax);
    }
    CHECK(turns >= kClients / Blocking::kTimeoutsMax);
    f.server.pump();
    for (LocalClient* client : clients)
      CHECK_EQ(f.received(*client), "*-1");
  }
}

TEST_CASE("blocked clients: each command counts once, when it is over") {
  for (const int cores : kCores) {
    CAPTURE(cores);
    BlockingFixture f(cores);
    LocalClient& client = f.block(1, "BLPOP 2:k 0");
    CHECK_FALSE(has(f.run("INFO commandstats"), "cmdstat_blpop"));
    f.run("RPUSH 2:k x");
    CHECK_NE(f.received(client), "");
    CHECK(has(f.run("INFO commandstats"), "cmdstat_blpop:calls=1,"));
    f.block(client, "BLPOP 2:k 0:l 1");
    f.server.advance_ms(1000);
    CHECK_NE(f.received(client), "");
    CHECK(has(f.run("INFO commandstats"), "cmdstat_blpop:calls=2,"));
    f.block(client, "BLPOP 2:k 1");
    f.run("CLIENT UNBLOCK " + f.id(client) + " ERROR");
    const std::string stats = f.run("INFO commandstats");
    CHECK(has(stats, "cmdstat_blpop:calls=3,"));
    CHECK(has(stats.substr(stats.find("cmdstat_blpop")), "failed_calls=1"));
    CHECK(has(f.run("INFO errorstats"), "errorstat_UNBLOCKED:count=1"));
  }
}

TEST_CASE("blocked clients: MONITOR shows a command when it arrives, once") {
  for (const int cores : kCores) {
    CAPTURE(cores);
    BlockingFixture f(cores);
    LocalClient& monitor = f.server.connect(0);
    CHECK_EQ(f.run(monitor, "MONITOR"), "+OK");
    LocalClient& client = f.block(1, "BLPOP 2:k 0");
    f.run("RPUSH 2:k x");
    CHECK_NE(f.received(client), "");
    const std::string shown = f.received(monitor);
    const size_t first = shown.find("\"BLPOP\"");
    REQUIRE(first != std::string::npos);
    CHECK_EQ(shown.find("\"BLPOP\"", first + 1), std::string::npos);
    CHECK_GT(shown.find("\"RPUSH\""), first);
    CHECK_FALSE(has(shown, "POP\" \"" + f.key("2:k") + "\" \"1\""));
  }
}

TEST_CASE("blocked clients: a pause of writes holds them back until its end") {
  for (const int cores : kCores) {
    for (const char* target : {"1:t", "0:t"}) {
      CAPTURE(cores);
      BlockingFixture f(cores);
      LocalClient& pop = f.block(1, "BLPOP 1:k 0");
      LocalClient& move = f.block(2, std::string("BLMOVE 1:s ") + target + " LEFT LEFT 0");
      CHECK_EQ(f.exec({"CLIENT PAUSE 100 WRITE"}), "*1 +OK");
      for (int i = 0; i < cores; ++i) {
        Core& core = f.server.core(i);
        if (core.index() != f.server.shard_of(f.key("1:k"))) continue;
        for (const char* name : {"1:k", "1:s"}) {
          // What was under way when the pause began.
          const std::string key = f.key(name);
          const std::vector<std::string_view> args = {"RPUSH", key, "x"};
          OutBuffer out;
          Reply reply(out, Resp::k2);
          Request request;
          request.args = args;
          core.execute(request, *core.table().find("rpush"), reply);
          core.serve_ready();
        }
      }
      CHECK_EQ(f.received(pop), "");
      CHECK_EQ(f.received(move), "");
      CHECK_EQ(f.run("LLEN 1:k"), ":1");
      f.server.advance_ms(100);
      for (int i = 0; i < cores; ++i)
        f.server.turn(i);
      CHECK_EQ(f.received(pop), f.pair("1:k", "x"));
      CHECK_EQ(f.received(move), "$1 x");
    }
  }
}

// A leading core that has the shard parked serves too, and its message overtakes the owner's.
TEST_CASE("blocked clients: served before its core has heard that it stands in line") {
  LocalServer server(3);
  LocalClient& waiter = server.connect(2);
  LocalClient& pusher = server.connect(0);
  const std::string key = server.key_on(1, "k");
  for (int round = 0; round < 3; ++round) {
    waiter.send_command({"BLPOP", key, "0"});
    server.turn(2);
    server.turn(1);  // Its news are on the way to core 2.
    pusher.send_command({"MULTI"});
    pusher.send_command({"RPUSH", key, "x"});
    pusher.send_command({"RENAME", server.key_on(0, "none"), key});
    pusher.send_command({"EXEC"});
    for (int i = 0; i < 10; ++i) {
      server.turn(0);
      server.turn(1);
    }
    CHECK_NE(pusher.take_received().find(":1\r\n-ERR no such key"), std::string::npos);
    server.turn(2);
    CHECK_EQ(waiter.take_reply(),
             "*2\r\n$" + std::to_string(key.size()) + "\r\n" + key + "\r\n$1\r\nx\r\n");
    CHECK_EQ(server.core(2).blocking().waiting(), 0);
  }
}

TEST_CASE("blocked clients: the server may end while they wait") {
  for (const int cores : kCores) {
    BlockingFixture f(cores);
    f.block(0, "BLPOP 1:k 0");
    f.block(1, "BLPOP 1:k 2:k 10");
    f.block(2, "BLMOVE 1:k 2:k LEFT LEFT 10");
  }
}

}  // namespace
}  // namespace rondo
