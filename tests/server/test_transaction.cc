// Operations over several shards: what is answered already is seen by all, what is not is seen
// whole or not at all. Covers server/transaction.cc, server/transaction_start.cc,
// server/execute.cc and server/view.cc.
#include <string>
#include <vector>

#include "shard/scan_cursor.h"
#include "tests/server/local_server.h"
#include "tests/testing.h"

namespace rondo {
namespace {

// A client of core 0 writes two keys on the shards 1 and 2 and has its answer, but no commit
// has left core 0 yet.
struct AnsweredWrite {
  explicit AnsweredWrite(int db = 0) : server(3), writer(server.connect(0)) {
    first = server.key_on(1, "k");
    second = server.key_on(2, "k");
    CHECK_EQ(writer.run("SELECT " + std::to_string(db)), "+OK");
  }

  void write() {
    writer.send_command({"MSET", first, "new", second, "new"});
    server.turn(0);
    server.turn(1);
    server.turn(2);
    server.begin_turn(0);
    server.read_clients(0);
    server.flush(0);
    CHECK_EQ(writer.take_received(), "+OK\r\n");
  }
  // Sends a command of a client on core 1 while the commit is not there; then lets all go on.
  std::string run_meanwhile(LocalClient& client, const std::vector<std::string>& args) {
    client.send_command(args);
    for (int i = 0; i < 3; ++i)
      server.turn(1);
    CHECK_EQ(client.received(), "");
    server.pump();
    return client.take_received();
  }

  LocalServer server;
  LocalClient& writer;
  std::string first;
  std::string second;
};

TEST_CASE("transaction: whoever reads after the answer sees the write") {
  AnsweredWrite at;
  LocalClient& reader = at.server.connect(1);
  at.write();
  CHECK_EQ(at.run_meanwhile(reader, {"GET", at.first}), "$3\r\nnew\r\n");
}

TEST_CASE("transaction: HELLO in MULTI changes the protocol of the replies behind it") {
  for (const int cores : {1, 3}) {
    LocalServer server(cores);
    LocalClient& client = server.connect(0);
    CHECK_EQ(client.run("HSET {a}h f v"), ":1");
    CHECK_EQ(client.run("MSET a 1 b 2"), "+OK");
    for (const char* command : {"MULTI", "HGETALL {a}h", "HELLO 3", "HGETALL {a}h", "GET b"}) {
      const std::string reply = client.run(command);
      CHECK(reply == (command == std::string_view("MULTI") ? "+OK" : "+QUEUED"));
    }
    const std::string replies = client.run("EXEC");
    CHECK(replies.starts_with("*4 *2 $1 f $1 v %7 "));
    CHECK(replies.ends_with(" %1 $1 f $1 v $1 2"));
  }
}

TEST_CASE("transaction: a command in parts counts as one") {
  for (const bool exec : {false, true}) {
    LocalServer server(3);
    LocalClient& client = server.connect(0);
    const std::string keys = server.key_on(0, "k") + " 1 " + server.key_on(1, "k") + " 1 " +
                             server.key_on(2, "k") + " 1";
    CHECK_EQ(client.run("CONFIG SET slowlog-log-slower-than 0"), "+OK");
    CHECK_EQ(client.run("CONFIG RESETSTAT"), "+OK");
    CHECK_EQ(client.run("SLOWLOG RESET"), "+OK");
    if (exec) {
      client.pipeline({"MULTI", "MSET " + keys, "EXEC"});
    } else {
      CHECK_EQ(client.run("MSET " + keys), "+OK");
    }
    const std::string stats = client.run("INFO commandstats");
    CHECK(stats.find("cmdstat_mset:calls=1,") != std::string::npos);
    const std::string log = client.run("SLOWLOG GET -1");
    const size_t found = log.find("MSET " + std::string("$"));
    CHECK(found != std::string::npos);
    CHECK(log.find("MSET", found + 1) == std::string::npos);
    // The whole command: its name and six words.
    CHECK(log.find("*7 $4 MSET") != std::string::npos);
  }
}

TEST_CASE("transaction: SCAN waits for a write that was answered, alone and in an EXEC") {
  for (const bool in_exec : {false, true}) {
    AnsweredWrite at;
    LocalClient& reader = at.server.connect(1);
    CHECK_EQ(reader.run("SET " + at.server.key_on(1, "other") + " 1"), "+OK");
    const std::string cursor = std::to_string(pack_scan_cursor({0, 1}, at.server.cores()));
    const std::vector<std::string> scan = {"SCAN", cursor, "COUNT", "1000"};
    if (in_exec) {
      CHECK_EQ(reader.run("MULTI"), "+OK");
      CHECK_EQ(reader.run_args(scan), "+QUEUED\r\n");
    }
    at.write();
    const std::string found =
        at.run_meanwhile(reader, in_exec ? std::vector<std::string>{"EXEC"} : scan);
    CHECK(found.find(at.first) != std::string::npos);
  }
}

TEST_CASE("transaction: a write of a watched key that was answered fails the EXEC behind it") {
  AnsweredWrite at;
  LocalClient& watcher = at.server.connect(1);
  CHECK_EQ(watcher.run("WATCH " + at.first), "+OK");
  CHECK_EQ(watcher.run("MULTI"), "+OK");
  CHECK_EQ(watcher.run("SET " + at.server.key_on(1, "other") + " 1"), "+QUEUED");
  at.write();
  CHECK_EQ(at.run_meanwhile(watcher, {"EXEC"}), "*-1\r\n");
}

TEST_CASE("transaction: MOVE and COPY wait for the key in the other database") {
  for (const bool copy : {false, true}) {
    AnsweredWrite at(1);
    LocalClient& mover = at.server.connect(1);
    CHECK_EQ(mover.run("SET " + at.first + " old"), "+OK");
    at.write();
    CHECK_EQ(at.run_meanwhile(mover,
                              copy ? std::vector<std::string>{"COPY", at.first, at.first, "DB", "1"}
                                   : std::vector<std::string>{"MOVE", at.first, "1"}),
             ":0\r\n");
    CHECK_EQ(mover.run("SELECT 1"), "+OK");
    CHECK_EQ(mover.run("GET " + at.first), "$3 new");
  }
}

// Every order of turns of two cores, up to a length at which all is over.
TEST_CASE("transaction: MSET and MGET in every order of turns") {
  constexpr int kTurns = 11;
  for (int order = 0; order < 1 << kTurns; ++order) {
    LocalServer server(2);
    const std::string x = server.key_on(0, "k");
    const std::string y = server.key_on(1, "k");
    LocalClient& a = server.connect(0);
    LocalClient& b = server.connect(1);
    LocalClient& reader = server.connect(order & 1);
    a.send_command({"MSET", x, "a", y, "a"});
    b.send_command({"MSET", y, "b", x, "b"});
    reader.send_command({"MGET", x, y});
    reader.send_command({"MGET", y, x});
    for (int turn = 0; turn < kTurns; ++turn)
      server.turn(order >> turn & 1);
    server.pump();
    REQUIRE_EQ(a.take_received(), "+OK\r\n");
    REQUIRE_EQ(b.take_received(), "+OK\r\n");
    std::string seen;
    for (int n = 0; n < 2; ++n) {
      const std::string reply = reader.take_reply();
      const bool none = reply == "*2\r\n$-1\r\n$-1\r\n";
      const bool by_a = reply == "*2\r\n$1\r\na\r\n$1\r\na\r\n";
      const bool by_b = reply == "*2\r\n$1\r\nb\r\n$1\r\nb\r\n";
      CAPTURE(order);
      CAPTURE(reply);
      REQUIRE((none || by_a || by_b));
      REQUIRE((!none || seen.empty()));  // Nothing goes back.
      if (!none) seen = reply;
    }
    REQUIRE(server.core(0).admission().quiet());
    REQUIRE(server.core(1).admission().quiet());
  }
}

TEST_CASE("transaction: parked and locked operations in every order of turns") {
  constexpr int kTurns = 10;
  for (int order = 0; order < 1 << kTurns; ++order) {
    CAPTURE(order);
    LocalServer server(2);
    const std::string x = server.key_on(0, "k");
    const std::string y = server.key_on(1, "k");
    LocalClient& a = server.connect(0);
    LocalClient& b = server.connect(1);
    LocalClient& c = server.connect(order & 1);
    REQUIRE_EQ(a.run("SET " + x + " v"), "+OK");
    a.send_command({"RENAME", x, y});
    b.send_command({"RENAME", y, x});
    c.send_command({"EXISTS", x, y});
    c.send_command({"EXISTS", x, y});
    for (int turn = 0; turn < kTurns; ++turn)
      server.turn(order >> turn & 1);
    server.pump();
    REQUIRE_EQ(a.take_received(), "+OK\r\n");
    const std::string second = b.take_received();
    REQUIRE((second == "+OK\r\n" || second == "-ERR no such key\r\n"));
    REQUIRE_EQ(c.take_received(), ":1\r\n:1\r\n");
  }
}

TEST_CASE("transaction: EXEC over shards ends its watches") {
  LocalServer server(3);
  LocalClient& client = server.connect(0);
  LocalClient& other = server.connect(1);
  const std::string near = server.key_on(0, "k");
  const std::string far = server.key_on(2, "k");
  for (const std::string& key : {near, far}) {
    CHECK_EQ(client.run("WATCH " + key), "+OK");
    CHECK_EQ(client.run("MULTI"), "+OK");
    CHECK_EQ(client.run("GET " + far), "+QUEUED");
    CHECK_EQ(client.run("EXEC"), "*1 $-1");
    CHECK_EQ(other.run("SET " + key + " 1"), "+OK");
    CHECK_EQ(client.run("MULTI"), "+OK");
    CHECK_EQ(client.run("DEL " + key), "+QUEUED");
    CHECK_EQ(client.run("EXEC"), "*1 :1");
  }
  for (int core = 0; core < 3; ++core)
    CHECK_EQ(server.core(core).shard().watches().tokens(), 0);
}

}  // namespace
}  // namespace rondo
