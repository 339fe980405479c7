// Shards of sleeping cores: when they are borrowed, and that order and locks hold all the same.
#include <string>

#include "tests/server/local_server.h"
#include "tests/testing.h"

namespace rondo {
namespace {

// Two cores; a client on core 0, and keys on the shard of core 1, which sleeps unless its turn is
// given.
struct Fixture {
  Fixture() : server(2) {
    server.lend_shards();
    server.pump();
    for (int core = 0; core < 2; ++core)
      server.turn(core);
    client = &server.connect(0);
  }

  std::string there(int number) const { return server.key_on(1, "k", number); }
  uint64_t hops() { return server.core(0).stats().hops; }
  uint64_t borrowed() { return server.core(0).stats().borrowed; }
  // Turns of core 0 alone.
  std::string only_here(std::initializer_list<std::vector<std::string>> commands) {
    for (const auto& command : commands)
      client->send_command(command);
    for (int i = 0; i < 3; ++i)
      server.turn(0);
    return client->take_received();
  }

  LocalServer server;
  LocalClient* client = nullptr;
};

TEST_CASE("borrow: a short command runs on the shard of a sleeping core, without a message") {
  Fixture f;
  CHECK_EQ(f.only_here({{"SET", f.there(1), "a"}, {"GET", f.there(1)}}), "+OK\r\n$1\r\na\r\n");
  CHECK_EQ(f.hops(), 0);
  CHECK_EQ(f.borrowed(), 1);
  // Its owner sees it.
  CHECK_EQ(f.server.connect(1).run("GET " + f.there(1)), "$1 a");
}

TEST_CASE("borrow: so does a transaction of short commands, and several keys of one shard") {
  Fixture f;
  const std::string one = f.there(1);
  const std::string two = f.there(2);
  CHECK_EQ(f.only_here({{"MULTI"}, {"SET", one, "a"}, {"INCR", two}, {"EXEC"}}),
           "+OK\r\n+QUEUED\r\n+QUEUED\r\n*2\r\n+OK\r\n:1\r\n");
  CHECK_EQ(f.only_here({{"MGET", one, two}, {"DEL", one, two}}),
           "*2\r\n$1\r\na\r\n$1\r\n1\r\n:2\r\n");
  CHECK_EQ(f.hops(), 0);
  CHECK_GE(f.borrowed(), 2);
}

TEST_CASE("borrow: so does one command, or one transaction, over several shards") {
  Fixture f;
  const std::string one = f.there(1);
  const std::string own = f.server.key_on(0, "k", 2);
  CHECK_EQ(f.only_here({{"MSET", one, "a", own, "b"}, {"MGET", own, one}}),
           "+OK\r\n*2\r\n$1\r\nb\r\n$1\r\na\r\n");
  CHECK_EQ(f.only_here({{"MULTI"}, {"APPEND", own, "c"}, {"GET", one}, {"EXEC"}}),
           "+OK\r\n+QUEUED\r\n+QUEUED\r\n*2\r\n:2\r\n$1\r\na\r\n");
  CHECK_EQ(f.only_here({{"EXISTS", own, one, f.there(3)}, {"DEL", own, one}}), ":2\r\n:2\r\n");
  CHECK_EQ(f.hops(), 0);
  CHECK_EQ(f.server.connect(1).run("EXISTS " + one), ":0");
}

TEST_CASE("borrow: a transaction over several shards waits when one of them is locked") {
  Fixture f;
  const std::string one = f.there(1);
  const std::string own = f.server.key_on(0, "k", 2);
  const uint64_t locked = hash_key(own);
  f.server.core(0).admission().lock({&locked, 1}, LockMode::kExclusive);
  CHECK_EQ(f.only_here({{"MSET", one, "a", own, "b"}}), "");
  CHECK_EQ(f.server.connect(1).run("EXISTS " + one), ":0");
  f.server.core(0).admission().unlock({&locked, 1}, LockMode::kExclusive);
  f.server.core(0).admission().run_waiting();
  f.server.pump();
  CHECK_EQ(f.client->take_received(), "+OK\r\n");
  CHECK_EQ(f.client->run("MGET " + own + " " + one), "*2 $1 b $1 a");
}

TEST_CASE("borrow: a write over several shards serves those who wait for its keys") {
  Fixture f;
  const std::string one = f.there(1);
  const std::string own = f.server.key_on(0, "k", 2);
  LocalClient& waiting = f.server.connect(0);
  waiting.send_command({"BLPOP", own, "0"});
  f.server.pump();
  CHECK_EQ(f.client->run("MULTI"), "+OK");
  CHECK_EQ(f.client->run("RPUSH " + own + " x"), "+QUEUED");
  CHECK_EQ(f.client->run("SET " + one + " a"), "+QUEUED");
  CHECK_EQ(f.client->run("EXEC"), "*2 :1 +OK");
  CHECK_EQ(waiting.take_received(),
           "*2\r\n$" + std::to_string(own.size()) + "\r\n" + own + "\r\n$1\r\nx\r\n");
}

TEST_CASE("borrow: a transaction fails when a watched key of a sleeping core was changed") {
  Fixture f;
  const std::string one = f.there(1);
  LocalClient& other = f.server.connect(1);
  for (const bool changes : {false, true}) {
    CHECK_EQ(f.client->run("WATCH " + one), "+OK");
    if (changes) CHECK_EQ(other.run("SET " + one + " b"), "+OK");
    CHECK_EQ(f.only_here({{"MULTI"}, {"SET", one, "a"}, {"EXEC"}}),
             std::string("+OK\r\n+QUEUED\r\n") + (changes ? "*-1\r\n" : "*1\r\n+OK\r\n"));
  }
}

TEST_CASE("borrow: not a transaction with long commands, nor very many keys") {
  Fixture f;
  const std::string one = f.there(1);
  CHECK_EQ(f.client->run("SET " + one + " a"), "+OK");
  const uint64_t before = f.borrowed();
  CHECK_EQ(f.client->run("MULTI"), "+OK");
  CHECK_EQ(f.client->run("GETRANGE " + one + " 0 -1"), "+QUEUED");
  CHECK_EQ(f.client->run("EXEC"), "*1 $1 a");
  std::vector<std::string> many = {"EXISTS"};
  many.resize(60, one);
  CHECK_EQ(f.client->run_args(many), ":59\r\n");
  CHECK_EQ(f.borrowed(), before);
}

TEST_CASE("borrow: a core that is awake keeps its shard") {
  Fixture f;
  f.server.begin_turn(1);
  CHECK_EQ(f.only_here({{"SET", f.there(1), "a"}}), "");
  CHECK_EQ(f.hops(), 1);
  CHECK_EQ(f.borrowed(), 0);
  f.server.flush(1);
  f.server.publish(1);
  f.server.pump();
  CHECK_EQ(f.client->take_received(), "+OK\r\n");
}

TEST_CASE("borrow: a command does not overtake one that is under way to the same shard") {
  Fixture f;
  // GETRANGE is not known to be short, so it travels; the SET behind it must not run before it.
  CHECK_EQ(f.only_here({{"GETRANGE", f.there(1), "0", "-1"}, {"SET", f.there(1), "late"}}), "");
  CHECK_EQ(f.hops(), 2);
  f.server.pump();
  CHECK_EQ(f.client->take_received(), "$0\r\n\r\n+OK\r\n");
}

TEST_CASE("borrow: a shard with locks held or waited for is not borrowed") {
  Fixture f;
  const uint64_t key = 17;
  f.server.core(1).admission().lock({&key, 1}, LockMode::kExclusive);
  CHECK_EQ(f.only_here({{"SET", f.there(1), "a"}}), "");
  CHECK_EQ(f.borrowed(), 0);
  CHECK_EQ(f.hops(), 1);
  f.server.core(1).admission().unlock({&key, 1}, LockMode::kExclusive);
  f.server.pump();
  CHECK_EQ(f.client->take_received(), "+OK\r\n");
}

TEST_CASE("borrow: time does not stand still on the shard of a core that sleeps") {
  Fixture f;
  CHECK_EQ(f.only_here({{"SET", f.there(1), "a", "PX", "50"}}), "+OK\r\n");
  f.server.advance_ms(100);
  CHECK_EQ(f.only_here({{"GET", f.there(1)}}), "$-1\r\n");
  CHECK_EQ(f.hops(), 0);
}

TEST_CASE("borrow: a shard is given back at the end of the batch") {
  Fixture f;
  CHECK_EQ(f.only_here({{"SET", f.there(1), "a"}}), "+OK\r\n");
  // Reclaiming would wait for ever for a borrower in this thread.
  f.server.turn(1);
  CHECK_EQ(f.server.core(0).held_shard(1), nullptr);
}

}  // namespace
}  // namespace rondo
