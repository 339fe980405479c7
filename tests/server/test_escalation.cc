#include "server/escalation.h"

#include <string>

#include "tests/server/blocking_fixture.h"

namespace rondo {
namespace {

// The push is one step with the move, though the target is on another shard: nobody sees it
// without.
TEST_CASE("escalation: those behind the push find the element moved") {
  for (const int pusher : {0, 1}) {
    CAPTURE(pusher);
    BlockingFixture f(3);
    LocalClient& move = f.block(2, "BLMOVE 0:s 1:t LEFT LEFT 0");
    LocalClient& behind = f.block(2, "BLPOP 0:s 0");
    LocalClient& client = f.server.connect(pusher);
    client.send_command(f.args("RPUSH 0:s a"));
    client.send_command(f.args("LPOP 0:s"));
    client.send_command(f.args("SET 0:x 1"));
    client.send_command(f.args("LLEN 0:s"));
    client.send_command(f.args("LRANGE 1:t 0 -1"));
    client.send_command(f.args("RPUSH 0:s b"));
    client.send_command(f.args("GET 0:x"));
    f.server.pump();
    // The order of replies on different shards is the pipeline's, that of execution each shard's.
    const std::string replies = f.line(client.take_received());
    CHECK_EQ(replies.substr(0, 14), ":1 $-1 +OK :0 ");
    CHECK_EQ(replies.substr(replies.size() - 8), " :1 $1 1");
    CHECK_EQ(f.received(move), "$1 a");
    CHECK_EQ(f.received(behind), f.pair("0:s", "b"));
    CHECK_EQ(f.run("LRANGE 1:t 0 -1"), "*1 $1 a");
  }
}

TEST_CASE("escalation: every write that lets it move takes all shards") {
  for (const std::string words :
       {"RPUSH 0:s a", "EXEC", "RENAME 0:x 0:s", "LMOVE 0:x 0:s LEFT LEFT", "RENAME 1:x 0:s",
        "BLMOVE 0:x 0:s LEFT LEFT 0"}) {
    CAPTURE(words);
    BlockingFixture f(3);
    f.run("RPUSH 0:x a");
    f.run("RPUSH 1:x a");
    LocalClient& move = f.block(2, "BLMOVE 0:s 2:t LEFT LEFT 0");
    LocalClient& reader = f.server.connect(0);
    if (words == "EXEC") {
      CHECK_EQ(f.exec({"RPUSH 0:s a", "LLEN 0:s"}), "*2 :1 :1");
    } else {
      reader.send_command(f.args(words));
      f.server.pump();
    }
    CHECK_EQ(f.received(move), "$1 a");
    CHECK_EQ(f.run("LRANGE 2:t 0 -1"), "*1 $1 a");
    CHECK_EQ(f.run("EXISTS 0:s"), ":0");
  }
}

// A push is to wake a chain of moves, the last of which leaves the shard.
TEST_CASE("escalation: a chain that leaves the shard is one step") {
  BlockingFixture f(3);
  LocalClient& out = f.block(1, "BLMOVE 0:b 2:c LEFT LEFT 0");
  LocalClient& in = f.block(1, "BLMOVE 0:a 0:b LEFT LEFT 0");
  LocalClient& pusher = f.server.connect(0);
  pusher.send_command(f.args("RPUSH 0:a e"));
  pusher.send_command(f.args("EXISTS 0:a"));
  pusher.send_command(f.args("EXISTS 0:b"));
  f.server.pump();
  CHECK_EQ(f.line(pusher.take_received()), ":1 :0 :0");
  CHECK_EQ(f.received(in), "$1 e");
  CHECK_EQ(f.received(out), "$1 e");
  CHECK_EQ(f.run("LRANGE 2:c 0 -1"), "*1 $1 e");
}

TEST_CASE("escalation: a client that dies while its push takes all shards") {
  BlockingFixture f(3);
  LocalClient& move = f.block(2, "BLMOVE 0:s 1:t LEFT LEFT 0");
  LocalClient& pusher = f.server.connect(1);
  pusher.send_command(f.args("RPUSH 0:s a"));
  pusher.send_command(f.args("RPUSH 0:s b"));
  f.server.turn(1);
  f.server.turn(0);
  pusher.disconnect();
  f.server.pump();
  CHECK_EQ(f.received(move), "$1 a");
  CHECK_EQ(f.run("LRANGE 0:s 0 -1"), "*1 $1 b");
}

// The move begins to wait in a park, and the push has come before the park ends.
TEST_CASE("escalation: a push that came while the shard was parked") {
  for (const int pusher : {0, 1}) {
    CAPTURE(pusher);
    BlockingFixture f(4);
    LocalClient& move = f.server.connect(0);
    LocalClient& client = f.server.connect(pusher);
    LocalClient& reader = f.server.connect(1);
    // Shard 3 is not held at once, so the escalation takes two rounds.
    LocalClient& locker = f.server.connect(3);
    locker.send_command(f.args("MSET 2:m 1 3:m 2"));
    f.server.turn(3);
    move.send_command(f.args("BLMOVE 1:s 0:t LEFT LEFT 0"));
    for (const char* words :
         {"RPUSH 1:s a", "APPEND 1:log 1", "APPEND 1:log 2", "RPUSH 1:s b", "GET 1:log"}) {
      client.send_command(f.args(words));
    }
    f.server.turn(0);
    f.server.begin_turn(1);
    CHECK(f.server.core(1).admission().parked());
    f.server.read_clients(1);
    f.server.flush(1);
    f.server.publish(1);
    for (const int core : {0, 1, 0, 3, 1, 0, 1, 2, 3, 1}) {
      reader.send_command(f.args("LINDEX 1:s 0"));
      f.server.turn(core);
    }
    const std::string seen = f.received(reader);
    CHECK_EQ(seen.find('a'), std::string::npos);
    CHECK_EQ(f.received(move), "$1 a");
    CHECK_EQ(f.received(client), ":1 :1 :2 :1 $2 12");
    CHECK_EQ(f.run("LRANGE 0:t 0 -1"), "*1 $1 a");
  }
}

TEST_CASE("escalation: what waits for a lock before it stays before it") {
  for (const int pusher : {0, 1}) {
    CAPTURE(pusher);
    BlockingFixture f(3);
    f.run("SET 0:locked v");
    f.block(2, "BLMOVE 0:s 1:t LEFT LEFT 0");
    // Shard 1 does not answer yet, so the lock on shard 0 is kept.
    LocalClient& locker = f.server.connect(2);
    locker.send_command(f.args("MSET 0:locked w 1:m 1"));
    f.server.turn(2);
    f.server.turn(0);
    LocalClient& client = f.server.connect(pusher);
    client.send_command(f.args("COPY 0:locked 0:copy"));
    client.send_command(f.args("RPUSH 0:s a"));
    client.send_command(f.args("EXISTS 0:copy"));
    f.server.read_clients(pusher);
    f.server.flush(pusher);
    f.server.publish(pusher);
    f.server.turn(0);
    CHECK_FALSE(f.server.core(0).escalations().empty());
    f.server.pump();
    CHECK_EQ(f.received(client), ":1 :1 :1");
    CHECK_EQ(f.run("LRANGE 1:t 0 -1"), "*1 $1 a");
  }
}

// What a session sends to the shard behind it waits, of others only what comes while it executes.
TEST_CASE("escalation: only the commands of the same session follow it") {
  BlockingFixture f(3);
  f.block(2, "BLMOVE 0:s 1:t LEFT LEFT 0");
  LocalClient& pusher = f.server.connect(0);
  LocalClient& other = f.server.connect(0);
  // Shard 1 is not held at once, so the escalation takes two rounds.
  LocalClient& locker = f.server.connect(2);
  locker.send_command(f.args("MSET 1:m 1 2:m 2"));
  f.server.turn(2);
  f.server.turn(1);
  pusher.send_command(f.args("RPUSH 0:s a"));
  pusher.send_command(f.args("APPEND 0:log 1"));
  pusher.send_command(f.args("APPEND 0:log 2"));
  f.server.turn(0);
  CHECK_FALSE(f.server.core(0).escalations().empty());
  CHECK_FALSE(f.server.core(0).quiet());
  other.send_command(f.args("APPEND 0:log other"));
  f.server.pump();
  CHECK(f.server.core(0).escalations().empty());
  CHECK(f.server.core(0).quiet());
  CHECK_EQ(f.line(other.take_received()).substr(0, 1), ":");
  CHECK_EQ(f.line(pusher.take_received()).substr(0, 2), ":1");
  const std::string log = f.run("GET 0:log");
  CHECK(log.find("12") != std::string::npos);
  CHECK_EQ(f.run("LRANGE 1:t 0 -1"), "*1 $1 a");
}

// Who only reads pays nothing for those who wait, and a write of another key hardly anything.
TEST_CASE("escalation: other keys have nothing to do with it") {
  BlockingFixture f(2);
  LocalClient& move = f.block(1, "BLMOVE 0:s 1:t LEFT LEFT 0");
  const uint64_t transactions = f.server.core(0).stats().transactions;
  LocalClient& client = f.server.connect(0);
  for (const char* words : {"SET 0:a 1", "GET 0:a", "LLEN 0:s", "RPUSH 0:l x", "LPOP 0:l"})
    client.send_command(f.args(words));
  f.server.pump();
  CHECK_EQ(f.line(client.take_received()), "+OK $1 1 :0 :1 $1 x");
  CHECK_EQ(f.server.core(0).stats().transactions, transactions);
  CHECK_EQ(f.run("RPUSH 0:s e"), ":1");
  CHECK_EQ(f.server.core(0).stats().transactions, transactions + 1);
  CHECK_EQ(f.received(move), "$1 e");
}

// A pause begins while elements are there that nobody was given yet.
TEST_CASE("escalation: after a pause all shards are served as one") {
  BlockingFixture f(3);
  LocalClient& move = f.block(1, "BLMOVE 0:s 1:t LEFT LEFT 0");
  LocalClient& wide = f.block(2, "BLPOP 2:late 0:s 1:u 0");
  LocalClient& pauser = f.server.connect(0);
  CHECK_EQ(f.run(pauser, "MULTI"), "+OK");
  CHECK_EQ(f.run(pauser, "CLIENT PAUSE 1000 WRITE"), "+QUEUED");
  CHECK_EQ(f.run(pauser, "RPUSH 0:s a"), "+QUEUED");
  CHECK_EQ(f.run(pauser, "RPUSH 1:u b"), "+QUEUED");
  CHECK_EQ(f.run(pauser, "RPUSH 2:late c"), "+QUEUED");
  pauser.send_command({"EXEC"});
  f.server.pump();
  f.server.advance_ms(1001);
  f.server.pump();
  CHECK_EQ(f.received(move), "$1 a");
  CHECK_EQ(f.received(wide), f.pair("2:late", "c"));
  CHECK_EQ(f.run("LRANGE 1:t 0 -1"), "*1 $1 a");
  CHECK_EQ(f.run("LRANGE 1:u 0 -1"), "*1 $1 b");
}

}  // namespace
}  // namespace rondo
