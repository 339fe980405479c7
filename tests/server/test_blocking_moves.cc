// Clients that wait for an element to move: chains, circles, shards that are not the owner's, and
// keys that a transaction has locked. Covers server/blocking.cc and server/serve.cc.
#include <string>
#include <vector>

#include "tests/server/blocking_fixture.h"
#include "tests/testing.h"

namespace rondo {
namespace {

constexpr int kCores[] = {1, 3};
constexpr const char* kWrongType =
    "-WRONGTYPE Operation against a key holding the wrong kind of value";

TEST_CASE("blocking move: to a list of any shard") {
  for (const int cores : kCores) {
    for (const char* target : {"1:t", "2:t"}) {
      CAPTURE(cores);
      BlockingFixture f(cores);
      const std::string to = target;
      f.run("RPUSH " + to + " x");
      LocalClient& client = f.block(0, "BLMOVE 1:s " + to + " RIGHT LEFT 0");
      CHECK_EQ(f.run("RPUSH 1:s a b"), ":2");
      CHECK_EQ(f.received(client), "$1 b");
      CHECK_EQ(f.run("LRANGE " + to + " 0 -1"), "*2 $1 b $1 x");
      CHECK_EQ(f.run("LRANGE 1:s 0 -1"), "*1 $1 a");
      f.run("DEL 1:s");
      f.block(client, "BRPOPLPUSH 1:s " + to + " 0");
      CHECK_EQ(f.run("RPUSH 1:s c d"), ":2");
      CHECK_EQ(f.received(client), "$1 d");
    }
  }
}

TEST_CASE("blocking move: chains are served to their end") {
  for (const int cores : kCores) {
    for (const char* middle : {"0:b", "1:b"}) {
      CAPTURE(cores);
      BlockingFixture f(cores);
      const std::string b = middle;
      LocalClient& first = f.block(0, "BLMOVE 0:a " + b + " RIGHT LEFT 0");
      LocalClient& second = f.block(1, "BLMOVE " + b + " 2:c LEFT RIGHT 0");
      LocalClient& third = f.block(2, "BLPOP 2:c 0");
      CHECK_EQ(f.run("RPUSH 0:a x"), ":1");
      CHECK_EQ(f.received(first), "$1 x");
      CHECK_EQ(f.received(second), "$1 x");
      CHECK_EQ(f.received(third), f.pair("2:c", "x"));
      CHECK_EQ(f.run("EXISTS 0:a " + b + " 2:c"), ":0");
    }
  }
}

TEST_CASE("blocking move: circles end, a list may be its own target") {
  for (const int cores : kCores) {
    CAPTURE(cores);
    BlockingFixture f(cores);
    LocalClient& first = f.block(0, "BRPOPLPUSH 0:a 1:b 0");
    LocalClient& second = f.block(1, "BRPOPLPUSH 1:b 0:a 0");
    CHECK_EQ(f.run("RPUSH 0:a x"), ":1");
    CHECK_EQ(f.received(first), "$1 x");
    CHECK_EQ(f.received(second), "$1 x");
    CHECK_EQ(f.run("LRANGE 0:a 0 -1"), "*1 $1 x");
    CHECK_EQ(f.run("EXISTS 1:b"), ":0");
    LocalClient& self = f.block(2, "BRPOPLPUSH 2:s 2:s 0");
    CHECK_EQ(f.run("RPUSH 2:s y"), ":1");
    CHECK_EQ(f.received(self), "$1 y");
    CHECK_EQ(f.run("LRANGE 2:s 0 -1"), "*1 $1 y");
  }
}

TEST_CASE("blocking move: a target of another type ends the wait and leaves the element") {
  for (const int cores : kCores) {
    for (const char* target : {"1:t", "2:t"}) {
      CAPTURE(cores);
      BlockingFixture f(cores);
      const std::string to = target;
      f.run("SET " + to + " text");
      LocalClient& first = f.block(0, "BRPOPLPUSH 1:s " + to + " 0");
      LocalClient& second = f.block(1, "BRPOPLPUSH 1:s 0:u 0");
      LocalClient& third = f.block(2, "BLPOP 1:s 0");
      CHECK_EQ(f.run("RPUSH 1:s a b c"), ":3");
      CHECK_EQ(f.received(first), kWrongType);
      CHECK_EQ(f.received(second), "$1 c");
      CHECK_EQ(f.received(third), f.pair("1:s", "a"));
      CHECK_EQ(f.run("LRANGE 1:s 0 -1"), "*1 $1 b");
      CHECK_EQ(f.run("LRANGE 0:u 0 -1"), "*1 $1 c");
    }
  }
}

// The order of Redis's test "Unblock fairness is kept during nested unblock".
TEST_CASE("blocking move: what a move makes ready comes after what was ready before") {
  for (const int cores : kCores) {
    CAPTURE(cores);
    BlockingFixture f(cores);
    LocalClient& first = f.block(0, "BRPOPLPUSH 0:a 2:c 0");
    LocalClient& second = f.block(1, "BLPOP 1:b 0");
    LocalClient& third = f.block(2, "BLMPOP 0 2 1:b 2:c LEFT COUNT 1");
    CHECK_EQ(f.exec({"LPUSH 0:a 1", "LPUSH 1:b 2"}), "*2 :1 :1");
    CHECK_EQ(f.received(first), "$1 1");
    CHECK_EQ(f.received(second), f.pair("1:b", "2"));
    const std::string name = f.key("2:c");
    CHECK_EQ(f.received(third), "*2 $" + std::to_string(name.size()) + " " + name + " *1 $1 1");
  }
}

TEST_CASE("blocking move: the end of the wait while all shards are being parked") {
  for (const bool dies : {false, true}) {
    CAPTURE(dies);
    BlockingFixture f(3);
    LocalClient& move = f.block(2, "BLMOVE 0:s 1:t LEFT LEFT 1");
    LocalClient& behind = f.block(1, "BLPOP 0:s 0");
    LocalClient& pusher = f.server.connect(0);
    pusher.send_command(f.args("RPUSH 0:s a"));
    f.server.turn(0);  // The push asks for the parks.
    if (dies) {
      move.disconnect();
    } else {
      f.server.advance_ms(1000);
      f.server.turn(2);
    }
    f.server.pump();
    if (!dies) CHECK_EQ(f.received(move), "*-1");
    CHECK_EQ(f.line(pusher.take_received()), ":1");
    CHECK_EQ(f.received(behind), f.pair("0:s", "a"));
    CHECK_EQ(f.run("EXISTS 0:s 1:t"), ":0");
  }
}

// An MGET over two shards holds its lock on the target while the other shard has not answered.
TEST_CASE("blocking move: a locked target delays the push until the lock is gone") {
  BlockingFixture f(3);
  LocalClient& move = f.block(2, "BLMOVE 1:s 1:t LEFT LEFT 0");
  LocalClient& behind = f.block(2, "BLPOP 1:s 0");
  LocalClient& reader = f.server.connect(0);
  LocalClient& pusher = f.server.connect(1);
  reader.send_command(f.args("MGET 1:t 2:x"));
  f.server.turn(0);
  f.server.turn(1);
  CHECK_EQ(f.server.core(1).admission().locks_held(), 1);
  pusher.send_command(f.args("RPUSH 1:s a b"));
  f.server.turn(1);
  CHECK_EQ(f.line(pusher.take_received()), "");
  CHECK_EQ(f.server.core(1).shard().db(0).contains(make_key(f.key("1:s"))), false);
  CHECK_EQ(f.waiting(), 2);
  f.server.pump();
  CHECK_EQ(f.line(pusher.take_received()), ":2");
  CHECK_EQ(f.line(reader.take_received()), "*2 $-1 $-1");
  CHECK_EQ(f.received(move), "$1 a");
  CHECK_EQ(f.received(behind), f.pair("1:s", "b"));
  CHECK_EQ(f.run("LRANGE 1:t 0 -1"), "*1 $1 a");
}

TEST_CASE("blocking move: it counts for WATCH as what it does") {
  for (const int cores : kCores) {
    CAPTURE(cores);
    BlockingFixture f(cores);
    LocalClient& move = f.block(1, "BRPOPLPUSH 0:s 1:t 0");
    LocalClient& watcher = f.server.connect(0);
    CHECK_EQ(f.run(watcher, "WATCH 1:t"), "+OK");
    CHECK_EQ(f.run(watcher, "MULTI"), "+OK");
    CHECK_EQ(f.run(watcher, "GET 0:x"), "+QUEUED");
    CHECK_EQ(f.run("LPUSH 0:s e"), ":1");
    CHECK_EQ(f.received(move), "$1 e");
    CHECK_EQ(f.run(watcher, "EXEC"), "*-1");
  }
}

TEST_CASE("blocking: all ways in which a list can come") {
  for (const int cores : kCores) {
    CAPTURE(cores);
    BlockingFixture f(cores);
    LocalClient& client = f.server.connect(1 % cores);
    const auto comes = [&](const std::string& words, const std::string& reply) {
      f.run("RPUSH 2:from a b");
      f.block(client, "BLPOP 1:k 0");
      CHECK_EQ(f.run(words), reply);
      CHECK_EQ(f.received(client), f.pair("1:k", "a"));
      f.run("DEL 1:k 2:from");
    };
    comes("RENAME 2:from 1:k", "+OK");
    comes("RENAMENX 2:from 1:k", ":1");
    comes("COPY 2:from 1:k", ":1");
    comes("LMOVE 2:from 1:k LEFT LEFT", "$1 a");
    f.run("SELECT 3");
    f.run("RPUSH 1:k m");
    f.block(client, "BLPOP 1:k 0");
    CHECK_EQ(f.run("MOVE 1:k 0"), ":1");
    CHECK_EQ(f.received(client), f.pair("1:k", "m"));
    f.run("RPUSH 1:k n");
    f.block(client, "BLPOP 1:k 0");
    CHECK_EQ(f.run("SWAPDB 0 3"), "+OK");
    CHECK_EQ(f.received(client), f.pair("1:k", "n"));
  }
}

// The commands of all clients, in the order in which they changed something.
TEST_CASE("blocking: those behind the push in its pipeline come after those who wait") {
  for (const int cores : kCores) {
    CAPTURE(cores);
    BlockingFixture f(cores);
    LocalClient& first = f.block(1, "BLPOP 2:k 0");
    LocalClient& second = f.server.connect(0);
    second.send_command(f.args("LPUSH 2:k 1"));
    second.send_command(f.args("BLPOP 2:k 0"));
    CHECK_EQ(f.received(second), ":1");
    CHECK_EQ(f.received(first), f.pair("2:k", "1"));
    CHECK_EQ(f.waiting(), 1);
    f.run("LPUSH 2:k 2");
    CHECK_EQ(f.received(second), f.pair("2:k", "2"));
  }
}

}  // namespace
}  // namespace rondo
