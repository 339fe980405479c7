// Scripts that take long: slices, BUSY, SCRIPT KILL. Covers server/core_scripts.cc.
#include <string>
#include <vector>

#include "server/scripting/scripting.h"
#include "tests/server/local_server.h"
#include "tests/testing.h"

namespace rondo {
namespace {

constexpr const char* kBusy =
    "-BUSY Redis is busy running a script. You can only call SCRIPT KILL or SHUTDOWN NOSAVE.";

// Every script that computes for a while is suspended again and again.
struct Slow {
  explicit Slow(int cores) : server(cores) {
    for (int i = 0; i < cores; ++i)
      server.core(i).limit_shares(0);
  }

  LocalClient& start(int core, const std::string& code, const std::vector<std::string>& keys = {}) {
    LocalClient& client = server.connect(core);
    std::vector<std::string> args = {"EVAL", code, std::to_string(keys.size())};
    args.insert(args.end(), keys.begin(), keys.end());
    client.send_command(args);
    turns();
    return client;
  }
  void turns(int count = 20) {
    for (int i = 0; i < count; ++i) {
      for (int core = 0; core < server.cores(); ++core)
        server.turn(core);
    }
  }
  std::string ask(LocalClient& client, const std::vector<std::string>& args) {
    client.send_command(args);
    turns();
    return client.take_received();
  }

  LocalServer server;
};

TEST_CASE("slow scripts: others wait for the end of what it holds, in order") {
  for (const int cores : {1, 3}) {
    Slow slow(cores);
    LocalClient& script =
        slow.start(0,
                   "redis.call('set', 'k', 1) local n = 0 while n < 3e6 do n = n + 1 end "
                   "redis.call('incr', 'k') return n");
    CHECK_EQ(script.received(), "");
    LocalClient& reader = slow.server.connect(cores - 1);
    reader.send_command({"GET", "k"});
    reader.send_command({"INCR", "k"});
    reader.send_command({"PING"});
    slow.turns();
    CHECK_EQ(reader.received(), "");
    slow.server.pump();
    CHECK_EQ(script.take_received(), ":3000000\r\n");
    CHECK_EQ(reader.take_received(), "$1\r\n2\r\n:3\r\n+PONG\r\n");
  }
}

TEST_CASE("slow scripts: after a while others hear that the server is busy, and can end it") {
  for (const int cores : {1, 3}) {
    for (const bool declared : {false, true}) {
      Slow slow(cores);
      LocalClient& other = slow.server.connect(cores - 1);
      LocalClient& waiting = slow.server.connect(0);
      CHECK_EQ(slow.ask(other, {"SCRIPT", "KILL"}),
               "-NOTBUSY No scripts in execution right now.\r\n");
      LocalClient& script =
          slow.start(0, "while true do pcall(function() while true do end end) end",
                     declared ? std::vector<std::string>{"k"} : std::vector<std::string>{});
      waiting.send_command({"GET", "k"});
      slow.turns();
      CHECK_EQ(waiting.received(), "");
      CHECK_EQ(slow.ask(other, {"SCRIPT", "KILL"}),
               "-NOTBUSY No scripts in execution right now.\r\n");
      slow.server.advance_ms(5001);
      slow.turns();
      CHECK_EQ(slow.ask(other, {"PING"}), std::string(kBusy) + "\r\n");
      CHECK_EQ(slow.ask(other, {"GET", "k"}), std::string(kBusy) + "\r\n");
      if (cores == 1) CHECK_EQ(waiting.take_received(), std::string(kBusy) + "\r\n");
      CHECK_EQ(slow.ask(other, {"MULTI"}), "+OK\r\n");
      CHECK_EQ(slow.ask(other, {"GET", "k"}), std::string(kBusy) + "\r\n");
      CHECK(slow.ask(other, {"EXEC"}).starts_with("-EXECABORT"));
      CHECK_EQ(slow.ask(other, {"SCRIPT", "KILL"}), "+OK\r\n");
      slow.server.pump();
      CHECK(script.take_received().starts_with("-ERR Script killed by user with SCRIPT KILL..."));
      CHECK_EQ(slow.ask(other, {"GET", "k"}), "$-1\r\n");
      CHECK_EQ(slow.ask(other, {"SCRIPT", "KILL"}),
               "-NOTBUSY No scripts in execution right now.\r\n");
    }
  }
}

TEST_CASE("slow scripts: one that has written can not be killed") {
  for (const int cores : {1, 3}) {
    Slow slow(cores);
    LocalClient& other = slow.server.connect(0);
    LocalClient& script = slow.start(cores - 1,
                                     "local n = 0 while n < 4e6 do n = n + 1 if n == 1e5 then "
                                     "redis.call('set', 'k', 'v') end end return n");
    slow.server.advance_ms(5001);
    slow.turns();
    CHECK_EQ(slow.ask(other, {"PING"}), std::string(kBusy) + "\r\n");
    // Until then it could have been killed.
    slow.turns(300);
    CHECK(slow.ask(other, {"SCRIPT", "KILL"}).starts_with("-UNKILLABLE"));
    slow.server.pump();
    CHECK_EQ(script.take_received(), ":4000000\r\n");
    CHECK_EQ(other.run("GET k"), "$1 v");
  }
}

TEST_CASE("slow scripts: in MULTI, and with a client that is gone") {
  for (const int cores : {1, 3}) {
    Slow slow(cores);
    LocalClient& client = slow.server.connect(cores - 1);
    client.run("MULTI");
    client.run("SET k 1");
    client.run_args({"EVAL",
                     "local n = 0 while n < 1e6 do n = n + 1 end return redis.call('incr', "
                     "'k')",
                     "0"});
    client.run("INCR k");
    client.send_command({"EXEC"});
    slow.turns();
    LocalClient& other = slow.server.connect(0);
    other.send_command({"GET", "k"});
    slow.turns();
    CHECK_EQ(other.received(), "");
    slow.server.pump();
    CHECK_EQ(client.take_received(), "*3\r\n+OK\r\n:2\r\n:3\r\n");
    CHECK_EQ(other.take_received(), "$1\r\n3\r\n");

    LocalClient& gone = slow.start(
        0, "local n = 0 while n < 1e6 do n = n + 1 end return redis.call('incr', 'k')", {"k"});
    gone.disconnect();
    slow.server.pump();
    CHECK_EQ(other.run("GET k"), "$1 4");
  }
}

TEST_CASE("slow scripts: the end of the server ends them") {
  Slow slow(2);
  LocalClient& script = slow.start(0, "while true do end", {"k"});
  slow.server.server().stopping.store(true);
  slow.server.pump();
  CHECK(script.take_received().starts_with("-ERR The server stops"));
}

}  // namespace
}  // namespace rondo
