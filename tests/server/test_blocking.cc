// Clients that wait for their keys: server/blocking.cc and server/serve.cc with the commands of
// shard/commands/blocking_lists.cc, shard/commands/blocking_sorted_sets.cc and
// shard/commands/key_waits.cc, in whole servers with one core and with several. The order of
// events is what redis-server does.
#include "server/blocking.h"

#include <string>
#include <vector>

#include "tests/server/blocking_fixture.h"
#include "tests/testing.h"

namespace rondo {
namespace {

constexpr int kCores[] = {1, 3};

TEST_CASE("blocking: a push serves those who wait, in their order") {
  for (const int cores : kCores) {
    CAPTURE(cores);
    BlockingFixture f(cores);
    LocalClient& first = f.block(0, "BLPOP 1:k 0");
    LocalClient& second = f.block(1, "BRPOP 1:k 0");
    LocalClient& third = f.block(2, "BLMPOP 0 1 1:k LEFT COUNT 5");
    CHECK_EQ(f.waiting(), 3);
    CHECK_EQ(f.run("RPUSH 1:k a b c d"), ":4");
    CHECK_EQ(f.received(first), f.pair("1:k", "a"));
    CHECK_EQ(f.received(second), f.pair("1:k", "d"));
    const std::string name = f.key("1:k");
    CHECK_EQ(f.received(third),
             "*2 $" + std::to_string(name.size()) + " " + name + " *2 $1 b $1 c");
    CHECK_EQ(f.waiting(), 0);
    CHECK_EQ(f.run("EXISTS 1:k"), ":0");
    // They are as before.
    f.block(first, "BLPOP 1:k 0");
    CHECK_EQ(f.run("LPUSH 1:k e"), ":1");
    CHECK_EQ(f.received(first), f.pair("1:k", "e"));
  }
}

TEST_CASE("blocking: a key that has elements does not block, the first of the arguments counts") {
  for (const int cores : kCores) {
    CAPTURE(cores);
    BlockingFixture f(cores);
    f.run("RPUSH 2:b x y z");
    CHECK_EQ(f.run("BLPOP 0:a 2:b 1:c 0"), f.pair("2:b", "x"));
    CHECK_EQ(f.run("BRPOP 2:b 0"), f.pair("2:b", "z"));
    f.run("RPUSH 0:a q");
    CHECK_EQ(f.run("BLPOP 0:a 2:b 1:c 0"), f.pair("0:a", "q"));
    CHECK_EQ(f.run("BLMOVE 2:b 1:c LEFT RIGHT 0"), "$1 y");
    CHECK_EQ(f.run("BRPOPLPUSH 1:c 1:c 0"), "$1 y");
    CHECK_EQ(f.run("EXISTS 2:b"), ":0");
    f.run("SET 0:a text");
    const std::string wrong = "-WRONGTYPE Operation against a key holding the wrong kind of value";
    CHECK_EQ(f.run("BLPOP 0:a 1:c 0"), wrong);
    CHECK_EQ(f.run("BLMOVE 1:c 0:a LEFT LEFT 0"), wrong);
    CHECK_EQ(f.run("BLMOVE 0:a 1:c LEFT LEFT 0"), wrong);
    CHECK_EQ(f.run("LLEN 1:c"), ":1");
  }
}

TEST_CASE("blocking: several keys on several shards, the same key twice") {
  for (const int cores : kCores) {
    CAPTURE(cores);
    BlockingFixture f(cores);
    LocalClient& client = f.block(1, "BLPOP 0:a 2:b 2:b 0:a 1:c 0");
    CHECK_EQ(f.run("RPUSH 2:b x"), ":1");
    CHECK_EQ(f.received(client), f.pair("2:b", "x"));
    f.server.pump();
    for (int i = 0; i < cores; ++i)
      CHECK(f.server.core(i).shard().waiters().empty());
    f.block(client, "BLPOP 0:a 2:b 2:b 0:a 1:c 0");
    CHECK_EQ(f.run("RPUSH 1:c y"), ":1");
    CHECK_EQ(f.received(client), f.pair("1:c", "y"));
    // One of those who wait for both gets one of two pushes.
    f.block(client, "BLPOP 0:a 1:c 0");
    CHECK_EQ(f.server.connect(1 % cores).run_args(f.args("RPUSH 1:c 1")), ":1\r\n");
    CHECK_EQ(f.run("RPUSH 0:a 2"), ":1");
    CHECK_EQ(f.received(client), f.pair("1:c", "1"));
    CHECK_EQ(f.run("LLEN 0:a"), ":1");
  }
}

// Both shards' owners would serve the client at once.
TEST_CASE("blocking: pushes to two shards at the same time serve a client once") {
  for (int first = 0; first < 2; ++first) {
    BlockingFixture f(3);
    LocalClient& client = f.block(2, "BLPOP 0:a 1:b 0");
    LocalClient& here = f.server.connect(0);
    LocalClient& there = f.server.connect(1);
    here.send_command(f.args("RPUSH 0:a x"));
    there.send_command(f.args("RPUSH 1:b y"));
    f.server.turn(first);
    f.server.turn(1 - first);
    const std::string reply = f.received(client);
    CHECK_EQ(reply, first == 0 ? f.pair("0:a", "x") : f.pair("1:b", "y"));
    CHECK_EQ(f.run("LLEN 0:a"), first == 0 ? ":0" : ":1");
    CHECK_EQ(f.run("LLEN 1:b"), first == 0 ? ":1" : ":0");
  }
}

// A DEL over two shards holds its lock on a key that the client waits for too. Whoever sees the
// element may push to the third key, so the client has to be served before.
TEST_CASE("blocking: a push waits for locks on what the client looks at when it is served") {
  BlockingFixture f(3);
  LocalClient& client = f.block(1, "BLPOP 0:a 0:b 1:c 0");
  LocalClient& holder = f.server.connect(2);
  LocalClient& pusher = f.server.connect(0);
  holder.send_command(f.args("DEL 0:a 1:x"));
  f.server.turn(2);
  f.server.turn(0);
  // On 0:a, and so on what its client reaches.
  REQUIRE(f.server.core(0).admission().locks_held() == 2);
  pusher.send_command(f.args("RPUSH 0:b e"));
  f.server.turn(0);
  CHECK_EQ(f.line(pusher.take_received()), "");
  CHECK_FALSE(f.server.core(0).shard().db(0).contains(make_key(f.key("0:b"))));
  f.server.pump();
  CHECK_EQ(f.line(holder.take_received()), ":0");
  CHECK_EQ(f.line(pusher.take_received()), ":1");
  CHECK_EQ(f.received(client), f.pair("0:b", "e"));
}

TEST_CASE("blocking: of what one EXEC made ready the first argument is taken") {
  for (const int cores : kCores) {
    CAPTURE(cores);
    BlockingFixture f(cores);
    LocalClient& same = f.block(1, "BLPOP 1:a 1:b 0");
    CHECK_EQ(f.exec({"RPUSH 1:b 1", "RPUSH 1:a 2"}), "*2 :1 :1");
    CHECK_EQ(f.received(same), f.pair("1:a", "2"));
    f.run("DEL 1:b");
    LocalClient& wide = f.block(1, "BLPOP 2:a 1:b 0");
    CHECK_EQ(f.exec({"RPUSH 1:b 1", "SET 0:x y", "RPUSH 2:a 2"}), "*3 :1 +OK :1");
    CHECK_EQ(f.received(wide), f.pair("2:a", "2"));
    CHECK_EQ(f.run("LLEN 1:b"), ":1");
  }
}

TEST_CASE("blocking: what is gone at the end of an EXEC wakes nobody") {
  for (const int cores : kCores) {
    CAPTURE(cores);
    BlockingFixture f(cores);
    LocalClient& client = f.block(1, "BLPOP 2:k 0");
    f.exec({"LPUSH 2:k a", "DEL 2:k"});
    f.exec({"LPUSH 2:k a", "DEL 2:k", "SET 2:k text"});
    CHECK_EQ(f.received(client), "");
    f.run("DEL 2:k");
    f.exec({"LPUSH 2:k a", "LPUSH 2:k b", "LPUSH 2:k c"});
    CHECK_EQ(f.received(client), f.pair("2:k", "c"));
    CHECK_EQ(f.run("LPUSH 2:k d"), ":3");
  }
}

TEST_CASE("blocking: a value of another type leaves the client waiting") {
  for (const int cores : kCores) {
    BlockingFixture f(cores);
    LocalClient& client = f.block(1, "BLPOP 0:k 1:l 0");
    f.run("SET 0:k text");
    CHECK_EQ(f.received(client), "");
    CHECK_EQ(f.run("RPUSH 1:l x"), ":1");
    CHECK_EQ(f.received(client), f.pair("1:l", "x"));
  }
}

TEST_CASE("blocking: time-outs come on the millisecond, 0 is for ever") {
  for (const int cores : kCores) {
    CAPTURE(cores);
    BlockingFixture f(cores);
    LocalClient& second = f.block(1, "BLPOP 2:k 1");
    LocalClient& forever = f.block(0, "BLPOP 2:k 0");
    LocalClient& part = f.block(2, "BLMOVE 2:k 1:l LEFT LEFT 0.0501");
    LocalClient& wide = f.block(2, "BLMPOP 0.25 2 2:k 1:l LEFT");
    f.server.advance_ms(50);
    CHECK_EQ(f.received(part), "");
    f.server.advance_ms(1);
    CHECK_EQ(f.received(part), "*-1");
    f.server.advance_ms(198);
    CHECK_EQ(f.received(wide), "");
    f.server.advance_ms(1);
    CHECK_EQ(f.received(wide), "*-1");
    f.server.advance_ms(749);
    CHECK_EQ(f.received(second), "");
    f.server.advance_ms(1);
    CHECK_EQ(f.received(second), "*-1");
    f.server.advance_ms(1'000'000'000);
    CHECK_EQ(f.received(forever), "");
    CHECK_EQ(f.run("RPUSH 2:k x"), ":1");
    CHECK_EQ(f.received(forever), f.pair("2:k", "x"));
    CHECK_EQ(f.run("RPUSH 2:k x"), ":1");
  }
}

TEST_CASE("blocking: RESP3 has one null") {
  for (const int cores : kCores) {
    BlockingFixture f(cores);
    LocalClient& client = f.server.connect(0);
    static_cast<void>(client.run("HELLO 3"));
    f.block(client, "BLPOP 0:k 1:l 0.01");
    f.server.advance_ms(10);
    CHECK_EQ(f.received(client), "_");
  }
}

TEST_CASE("blocking: time-outs that are none") {
  BlockingFixture f(3);
  CHECK_EQ(f.run("BLPOP 0:k x"), "-ERR timeout is not a float or out of range");
  CHECK_EQ(f.run("BLPOP 1:k 2:k nan"), "-ERR timeout is not a float or out of range");
  CHECK_EQ(f.run("BLPOP 1:k -1"), "-ERR timeout is negative");
  CHECK_EQ(f.run("BLMOVE 1:k 2:k LEFT LEFT -0.5"), "-ERR timeout is negative");
  CHECK_EQ(f.run("BLPOP 1:k 0x7FFFFFFFFFFFFF"), "-ERR timeout is out of range");
  CHECK_EQ(f.run("BLPOP 1:k inf"), "-ERR timeout is out of range");
  CHECK_EQ(f.run("BLMPOP x 0 1:k LEFT"), "-ERR numkeys should be greater than 0");
  CHECK_EQ(f.run("BLMPOP x 1 1:k LEFT"), "-ERR timeout is not a float or out of range");
  CHECK_EQ(f.run("BLMOVE 1:k 2:k LEFT UP x"), "-ERR syntax error");
  CHECK_EQ(f.waiting(), 0);
  // The end of time is no time-out.
  LocalClient& client = f.block(1, "BLPOP 0:k 9000000000000000");
  f.server.advance_ms(1'000'000'000);
  CHECK_EQ(f.received(client), "");
}

TEST_CASE("blocking: ten thousand clients on one key") {
  BlockingFixture f(3);
  std::vector<LocalClient*> clients;
  for (int i = 0; i < 10'000; ++i) {
    clients.push_back(&f.server.connect(i % 3));
    clients.back()->send_command(f.args("BLPOP 1:k " + std::to_string(1 + i % 100)));
  }
  f.server.pump();
  CHECK_EQ(f.waiting(), 10'000);
  f.server.advance_ms(50'000);
  f.server.pump();
  CHECK_EQ(f.waiting(), 5'000);
  std::vector<std::string> push = {"RPUSH", f.key("1:k")};
  for (int i = 0; i < 5'000; ++i)
    push.push_back("v");
  CHECK_EQ(f.control->run_args(push), ":5000\r\n");
  CHECK_EQ(f.waiting(), 0);
  CHECK_EQ(f.run("EXISTS 1:k"), ":0");
  for (LocalClient* client : clients)
    CHECK_NE(client->received(), "");
}

TEST_CASE("blocking: CLIENT UNBLOCK") {
  for (const int cores : kCores) {
    CAPTURE(cores);
    BlockingFixture f(cores);
    LocalClient& client = f.block(2, "BLPOP 1:k 0");
    CHECK_EQ(f.run("CLIENT UNBLOCK " + f.id(client)), ":1");
    CHECK_EQ(f.received(client), "*-1");
    CHECK_EQ(f.run("CLIENT UNBLOCK " + f.id(client)), ":0");
    f.block(client, "BLMOVE 1:k 2:l LEFT LEFT 0");
    CHECK_EQ(f.run("CLIENT UNBLOCK " + f.id(client) + " timeout"), ":1");
    CHECK_EQ(f.received(client), "*-1");
    f.block(client, "BLPOP 1:k 0:l 0");
    CHECK_EQ(f.run("CLIENT UNBLOCK " + f.id(client) + " ERROR"), ":1");
    CHECK_EQ(f.received(client), "-UNBLOCKED client unblocked via CLIENT UNBLOCK");
    CHECK_EQ(f.run("CLIENT UNBLOCK 12345"), ":0");
    CHECK_EQ(f.run("CLIENT UNBLOCK x"), "-ERR value is not an integer or out of range");
    // Nothing of it is left.
    CHECK_EQ(f.run("LPUSH 1:k v"), ":1");
    CHECK_EQ(f.run("LLEN 1:k"), ":1");
    CHECK_EQ(f.run(client, "BLPOP 1:k 0"), f.pair("1:k", "v"));
  }
}

TEST_CASE("blocking: a client that dies takes nothing with it") {
  for (const int cores : kCores) {
    CAPTURE(cores);
    BlockingFixture f(cores);
    LocalClient& first = f.block(1, "BLPOP 2:k 0:l 0");
    LocalClient& second = f.block(2, "BLPOP 2:k 0");
    LocalClient& third = f.block(0, "BLPOP 2:k 0");
    first.disconnect();
    third.disconnect();
    f.server.pump();
    CHECK(first.finished());
    CHECK(third.finished());
    CHECK_EQ(f.waiting(), 1);
    CHECK_EQ(f.run("RPUSH 2:k a b"), ":2");
    CHECK_EQ(f.received(second), f.pair("2:k", "a"));
    CHECK_EQ(f.run("LLEN 2:k"), ":1");
    LocalClient& killed = f.block(1, "BLPOP 1:x 0:l 0");
    CHECK_EQ(f.run("CLIENT KILL ID " + f.id(killed)), ":1");
    f.server.pump();
    CHECK(killed.finished());
    CHECK_EQ(f.waiting(), 0);
  }
}

// The owner has heard of the client, the client's core does not know that yet.
TEST_CASE("blocking: a client that dies before it is known to wait") {
  BlockingFixture f(3);
  LocalClient& client = f.server.connect(0);
  client.send_command(f.args("BLPOP 1:k 0"));
  f.server.turn(0);
  f.server.turn(1);
  client.disconnect();
  f.server.pump();
  CHECK(client.finished());
  CHECK_EQ(f.run("RPUSH 1:k v"), ":1");
  CHECK_EQ(f.run("LLEN 1:k"), ":1");
}

TEST_CASE("blocking: a pipeline goes on when the wait is over") {
  for (const int cores : kCores) {
    CAPTURE(cores);
    BlockingFixture f(cores);
    LocalClient& client = f.server.connect(1 % cores);
    for (const char* words : {"SET 0:x 1", "GET 2:none", "BLPOP 2:k 0", "LLEN 2:k", "PING"})
      client.send_command(f.args(words));
    f.server.pump();
    CHECK_EQ(f.line(client.take_received()), "+OK $-1");
    CHECK_EQ(f.run("RPUSH 2:k a b"), ":2");
    CHECK_EQ(f.received(client), f.pair("2:k", "a") + " :1 +PONG");
  }
}

TEST_CASE("blocking: members of sorted sets are waited for, by those who want them") {
  for (const int cores : kCores) {
    CAPTURE(cores);
    BlockingFixture f(cores);
    const std::string name = f.key("1:z");
    const std::string head = "$" + std::to_string(name.size()) + " " + name;
    LocalClient& list = f.block(0, "BLPOP 1:z 0");
    LocalClient& low = f.block(1, "BZPOPMIN 1:z 2:y 0");
    LocalClient& high = f.block(2, "BZPOPMAX 1:z 0");
    LocalClient& many = f.block(0, "BZMPOP 0 1 1:z MAX COUNT 2");
    CHECK_EQ(f.run("ZADD 1:z 1 a 2 b 3.5 c 4 d"), ":4");
    CHECK_EQ(f.received(low), "*3 " + head + " $1 a $1 1");
    CHECK_EQ(f.received(high), "*3 " + head + " $1 d $1 4");
    CHECK_EQ(f.received(many), "*2 " + head + " *2 *2 $1 c $3 3.5 *2 $1 b $1 2");
    CHECK_EQ(f.received(list), "");
    f.block(low, "BZPOPMIN 1:z 0.02");
    CHECK_EQ(f.run("RPUSH 1:z e f"), ":2");
    CHECK_EQ(f.received(list), f.pair("1:z", "e"));
    f.server.advance_ms(20);
    CHECK_EQ(f.received(low), "*-1");
    f.run("DEL 1:z");
    f.run("ZADD 0:x 1 m");
    f.block(high, "BZPOPMIN 1:z 0");
    CHECK_EQ(f.run("ZUNIONSTORE 1:z 1 0:x"), ":1");
    CHECK_EQ(f.received(high), "*3 " + head + " $1 m $1 1");
  }
}

TEST_CASE("blocking: in MULTI nothing blocks") {
  for (const int cores : kCores) {
    BlockingFixture f(cores);
    CHECK_EQ(f.exec({"BLPOP 1:k 0", "BLMOVE 1:k 1:l LEFT LEFT 0", "BLMPOP 0 1 1:k LEFT"}),
             "*3 *-1 $-1 *-1");
    CHECK_EQ(f.exec({"BLPOP 0:k 1:k 0", "BRPOPLPUSH 1:k 2:l 0", "RPUSH 1:k a", "BLPOP 0:k 1:k 0"}),
             "*4 *-1 $-1 :1 " + f.pair("1:k", "a"));
  }
}

}  // namespace
}  // namespace rondo
