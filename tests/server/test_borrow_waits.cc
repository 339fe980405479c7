// Clients that wait for keys of shards that are lent: who borrows a shard looks there for them,
// serves them and takes them out of its lines. And the looks that need parks: those of one core
// together, its own shard last. Covers server/blocking.cc, server/serve.cc, server/borrow.cc,
// server/transaction.cc and server/transaction_start.cc.
#include <initializer_list>
#include <string>
#include <vector>

#include "server/transaction.h"
#include "tests/server/blocking_fixture.h"
#include "tests/testing.h"

namespace rondo {
namespace {

// Three cores that sleep unless their turn is given. `client` is on core 0.
struct Fixture : BlockingFixture {
  Fixture() : BlockingFixture(3) {
    server.lend_shards();
    server.pump();
    for (int core = 0; core < 3; ++core)
      server.turn(core);
    client = &server.connect(0);
  }

  // Turns of one core alone.
  std::string only(int core, LocalClient& sender, std::initializer_list<std::string> commands) {
    for (const std::string& command : commands)
      sender.send_command(args(command));
    for (int i = 0; i < 3; ++i)
      server.turn(core);
    return line(sender.take_received());
  }
  size_t places(int core) { return server.core(core).shard().waiters().places(); }
  uint64_t transactions() {
    uint64_t count = 0;
    for (int i = 0; i < server.cores(); ++i)
      count += server.core(i).stats().transactions;
    return count;
  }

  LocalClient* client = nullptr;
};

TEST_CASE("borrowed waits: a look at several shards needs nobody else, found or not") {
  Fixture f;
  f.run("RPUSH 2:k x");
  CHECK_EQ(f.only(0, *f.client, {"BLPOP 0:k 1:k 2:k 0"}), f.pair("2:k", "x"));
  CHECK_EQ(f.only(0, *f.client, {"BLPOP 0:k 1:k 2:k 1"}), "");
  CHECK(f.client->session().waits_for_keys());
  for (int core = 0; core < 3; ++core)
    CHECK_EQ(f.places(core), 1);
  CHECK_EQ(f.transactions(), 0);
  // It times out, and leaves all lines, alone too.
  f.server.advance_ms(1000);
  CHECK_EQ(f.only(0, *f.client, {}), "*-1");
  for (int core = 0; core < 3; ++core)
    CHECK_EQ(f.places(core), 0);
}

TEST_CASE("borrowed waits: errors and arguments without a key") {
  Fixture f;
  f.run("SET 1:s x");
  CHECK_EQ(f.only(0, *f.client, {"BLPOP 2:k 1:s 0"}),
           "-WRONGTYPE Operation against a key holding the wrong kind of value");
  CHECK_EQ(f.only(0, *f.client, {"BLPOP 2:k 1:k -1"}), "-ERR timeout is negative");
  CHECK_EQ(f.only(0, *f.client, {"BLMPOP 0 0 k LEFT"}), "-ERR numkeys should be greater than 0");
  CHECK_FALSE(f.client->session().blocked());
}

TEST_CASE("borrowed waits: a push on a borrowed shard serves") {
  Fixture f;
  LocalClient& pusher = f.server.connect(0);
  CHECK_EQ(f.only(0, *f.client, {"BLPOP 1:k 2:k 0"}), "");
  CHECK_EQ(f.only(0, pusher, {"RPUSH 2:k x y", "LLEN 2:k"}), ":2 :1");
  CHECK_EQ(f.line(f.client->take_received()), f.pair("2:k", "x"));
  CHECK_EQ(f.places(1), 0);
  CHECK_EQ(f.places(2), 0);
  CHECK_EQ(f.server.core(0).stats().hops, 0);
}

TEST_CASE("borrowed waits: who waits at a third core is served there, and leaves its own line") {
  Fixture f;
  LocalClient& waiter = f.server.connect(2);
  CHECK_EQ(f.only(2, waiter, {"BLPOP 1:k 2:k 0:k 0"}), "");
  CHECK_EQ(f.only(0, *f.client, {"RPUSH 1:k x"}), ":1");
  // Out of the lines that its server has: the one that was borrowed and its own.
  CHECK_EQ(f.places(1), 0);
  CHECK_EQ(f.places(0), 0);
  CHECK_EQ(f.places(2), 1);
  CHECK_EQ(f.only(2, waiter, {}), f.pair("1:k", "x"));
  CHECK_EQ(f.places(2), 0);
}

TEST_CASE("borrowed waits: those in line are served in their order, whoever pushes") {
  Fixture f;
  LocalClient& second = f.server.connect(2);
  LocalClient& pusher = f.server.connect(2);
  CHECK_EQ(f.only(0, *f.client, {"BLPOP 0:k 1:k 0"}), "");
  CHECK_EQ(f.only(2, second, {"BLPOP 1:k 2:k 0"}), "");
  CHECK_EQ(f.only(2, pusher, {"RPUSH 1:k x"}), ":1");
  CHECK_EQ(f.received(second), "");
  CHECK_EQ(f.received(*f.client), f.pair("1:k", "x"));
  CHECK_EQ(f.only(2, pusher, {"RPUSH 1:k y"}), ":1");
  CHECK_EQ(f.received(second), f.pair("1:k", "y"));
}

TEST_CASE("borrowed waits: of what a transaction makes ready the first argument is taken") {
  for (const bool on_one : {false, true}) {
    Fixture f;
    const std::string first = on_one ? "1:a" : "2:a";
    LocalClient& waiter = f.server.connect(2);
    CHECK_EQ(f.only(2, waiter, {"BLPOP " + first + " 1:b 0"}), "");
    CHECK_EQ(f.only(0, *f.client, {"MULTI", "RPUSH 1:b x", "RPUSH " + first + " y", "EXEC"}),
             "+OK +QUEUED +QUEUED *2 :1 :1");
    CHECK_EQ(f.received(waiter), f.pair(first, "y"));
    CHECK_EQ(f.run("LRANGE 1:b 0 -1"), "*1 $1 x");
    CHECK_EQ(f.places(0) + f.places(1) + f.places(2), 0);
  }
}

TEST_CASE("borrowed waits: a transaction over shards with others in line gives its replies") {
  Fixture f;
  LocalClient& waiter = f.server.connect(2);
  CHECK_EQ(f.only(2, waiter, {"BLPOP 0:k 1:k 0"}), "");
  CHECK_EQ(f.only(0, *f.client, {"MSET 0:s a 1:s b", "MGET 1:s 0:s 2:s", "DEL 0:s 1:s 2:s"}),
           "+OK *3 $1 b $1 a $-1 :2");
  CHECK_EQ(f.received(waiter), "");
  CHECK(waiter.session().waits_for_keys());
}

TEST_CASE("borrowed waits: a list moved to a shard that is held serves who waits there") {
  Fixture f;
  LocalClient& waiter = f.server.connect(2);
  CHECK_EQ(f.only(2, waiter, {"BLPOP 1:to 0"}), "");
  f.run("RPUSH 0:from x");
  CHECK_EQ(f.only(0, *f.client, {"BLMOVE 0:from 1:to LEFT LEFT 0"}), "$1 x");
  CHECK_EQ(f.received(waiter), f.pair("1:to", "x"));
}

TEST_CASE("borrowed waits: a shard from which an element is to go to another is not lent") {
  Fixture f;
  LocalClient& mover = f.server.connect(1);
  CHECK_EQ(f.only(1, mover, {"BLMOVE 1:k 2:k LEFT LEFT 0"}), "");
  const uint64_t borrowed = f.server.core(0).stats().borrowed;
  CHECK_EQ(f.only(0, *f.client, {"BLPOP 1:k 0:k 0"}), "");
  CHECK_EQ(f.server.core(0).stats().borrowed, borrowed);
  LocalClient& pusher = f.server.connect(0);
  CHECK_EQ(f.run(pusher, "RPUSH 1:k x y"), ":2");
  CHECK_EQ(f.received(mover), "$1 x");
  CHECK_EQ(f.received(*f.client), f.pair("1:k", "y"));
}

TEST_CASE("borrowed waits: what takes a number of elements looks at its own shard only") {
  Fixture f;
  f.run("RPUSH 1:k x");
  const uint64_t borrowed = f.server.core(0).stats().borrowed;
  CHECK_EQ(f.only(0, *f.client, {"BLMPOP 0 2 1:k 2:k LEFT COUNT 1000"}), "");
  CHECK_EQ(f.server.core(0).stats().borrowed, borrowed);
  const std::string key = f.key("1:k");
  CHECK_EQ(f.received(*f.client), "*2 $" + std::to_string(key.size()) + " " + key + " *1 $1 x");
}

TEST_CASE("borrowed waits: a core that is awake is asked, and a dead client leaves its lines") {
  Fixture f;
  f.server.begin_turn(1);
  CHECK_EQ(f.only(0, *f.client, {"BLPOP 1:k 2:k 0"}), "");
  CHECK_EQ(f.places(2), 0);
  f.server.flush(1);
  f.server.publish(1);
  f.server.pump();
  CHECK_EQ(f.places(1), 1);
  CHECK_EQ(f.places(2), 1);
  CHECK_EQ(f.transactions(), 1);
  f.server.begin_turn(1);
  f.client->disconnect();
  f.server.turn(0);
  CHECK_EQ(f.places(1), 1);
  CHECK_EQ(f.places(2), 0);
  f.server.flush(1);
  f.server.publish(1);
  f.server.pump();
  CHECK_EQ(f.places(1), 0);
}

TEST_CASE("looks together: those that come while the shards are asked for look with the first") {
  BlockingFixture f(3);
  std::vector<LocalClient*> clients;
  const auto send = [&](const std::string& words) {
    clients.push_back(&f.server.connect(0));
    clients.back()->send_command(f.args(words));
  };
  send("BLPOP 1:k 2:k 0");
  send("BLPOP 2:k 1:k 0");
  send("BLPOP 1:s 2:k 0");
  send("BLPOP 1:k 0:k 0");  // Shards that are not asked for yet.
  f.run("SET 1:s x");
  CHECK_EQ(f.server.core(0).stats().transactions, 2);
  CHECK_EQ(f.received(*clients[2]),
           "-WRONGTYPE Operation against a key holding the wrong kind of value");
  for (const size_t i : {0, 1, 3}) {
    CHECK(clients[i]->session().waits_for_keys());
    CHECK_EQ(f.run("RPUSH 1:k " + std::to_string(i)), ":1");
    CHECK_EQ(f.received(*clients[i]), f.pair("1:k", std::to_string(i)));
  }
}

TEST_CASE("looks together: what one moves the next one finds, and so many look at once") {
  BlockingFixture f(3);
  f.run("RPUSH 1:k x");
  std::vector<LocalClient*> clients;
  for (size_t i = 0; i < Transaction::kClientsMax + 2; ++i) {
    clients.push_back(&f.server.connect(0));
    clients.back()->send_command(f.args(i == 0 ? "BLMOVE 1:k 2:k LEFT LEFT 0" : "BLPOP 2:k 1:k 0"));
  }
  f.server.pump();
  CHECK_EQ(f.server.core(0).stats().transactions, 2);
  CHECK_EQ(f.received(*clients[0]), "$1 x");
  CHECK_EQ(f.received(*clients[1]), f.pair("2:k", "x"));
  for (size_t i = 2; i < clients.size(); ++i)
    CHECK(clients[i]->session().waits_for_keys());
  CHECK_EQ(f.waiting(), Transaction::kClientsMax);
}

TEST_CASE("looks together: one of them dies meanwhile") {
  BlockingFixture f(3);
  LocalClient& first = f.server.connect(0);
  LocalClient& second = f.server.connect(0);
  for (LocalClient* client : {&first, &second})
    client->send_command(f.args("BLPOP 1:k 2:k 0"));
  f.server.turn(0);
  first.disconnect();
  f.server.pump();
  CHECK_EQ(f.waiting(), 1);
  CHECK_EQ(f.run("RPUSH 2:k x"), ":1");
  CHECK_EQ(f.received(second), f.pair("2:k", "x"));
}

TEST_CASE("parks: the own shard goes on until the lower ones are parked") {
  BlockingFixture f(2);
  LocalClient& mover = f.server.connect(1);
  LocalClient& other = f.server.connect(1);
  f.run("SET 0:a x");
  mover.send_command(f.args("RENAME 0:a 1:a"));
  f.server.turn(1);
  other.send_command(f.args("SET 1:b y"));
  f.server.turn(1);
  CHECK_EQ(f.line(other.take_received()), "+OK");
  CHECK_EQ(f.received(mover), "+OK");
  CHECK_EQ(f.run("GET 1:a"), "$1 x");
}

TEST_CASE("parks: of two cores that want the same shards one is refused") {
  BlockingFixture f(2);
  LocalClient& one = f.server.connect(0);
  LocalClient& two = f.server.connect(1);
  f.run("SET 0:a x");
  one.send_command(f.args("RENAME 0:a 1:a"));
  two.send_command(f.args("RENAME 1:a 0:a"));
  for (int core = 0; core < 2; ++core)
    f.server.begin_turn(core);
  for (int core = 0; core < 2; ++core) {
    f.server.read_clients(core);
    f.server.flush(core);
  }
  for (int core = 0; core < 2; ++core)
    f.server.publish(core);
  CHECK_EQ(f.received(one), "+OK");
  CHECK_EQ(f.received(two), "+OK");
  CHECK_EQ(f.server.core(0).stats().transaction_retries, 0);
  CHECK_EQ(f.server.core(1).stats().transaction_retries, 1);
}

}  // namespace
}  // namespace rondo
