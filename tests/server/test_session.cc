// Sessions: what clients send in any pieces and at any moment, what they get, and when they go.
// Covers server/session.cc, server/session_big_argument.cc, server/core.cc,
// server/core_parcels.cc and server/core_sessions.cc.
#include <algorithm>
#include <string>
#include <vector>

#include "reactor/base/prng.h"
#include "tests/server/local_server.h"
#include "tests/testing.h"

namespace rondo {
namespace {

std::string bulk(const std::string& text) {
  return "$" + std::to_string(text.size()) + "\r\n" + text + "\r\n";
}

std::string noise(Prng& prng, size_t size) {
  std::string text(size, '\0');
  for (char& c : text)
    c = static_cast<char>(prng.next());
  return text;
}

TEST_CASE("session: big arguments in pieces of any size") {
  Prng prng(1);
  for (const int cores : {1, 3}) {
    for (const size_t size : {32u * 1024 - 1, 32u * 1024, 40u * 1024, 1024u * 1024}) {
      for (const size_t piece : {0ul, 4099ul, 32ul * 1024 + 1, size, size + 30}) {
        for (const bool direct : {false, true}) {
          CAPTURE(cores);
          CAPTURE(size);
          CAPTURE(piece);
          CAPTURE(direct);
          LocalServer server(cores);
          LocalClient& client = server.connect(0);
          client.read_bytes_max = piece;
          client.reads_direct = direct;
          std::string expected;
          for (int shard = 0; shard < cores; ++shard) {
            const std::string key = server.key_on(shard, "k");
            const std::string value = noise(prng, size);
            client.send_command({"SET", key, value});
            client.send_command({"STRLEN", key});
            client.send_command({"GET", key});
            client.send_command({"PING"});
            expected += "+OK\r\n:" + std::to_string(size) + "\r\n" + bulk(value) + "+PONG\r\n";
          }
          server.pump();
          CHECK(client.take_received() == expected);
        }
      }
    }
  }
}

TEST_CASE("session: several big arguments of one command over shards") {
  Prng prng(2);
  for (const int cores : {1, 3}) {
    for (const size_t piece : {0ul, 5000ul, 70'001ul}) {
      LocalServer server(cores);
      LocalClient& client = server.connect(0);
      client.read_bytes_max = piece;
      client.reads_direct = true;
      std::vector<std::string> set = {"MSET"};
      std::vector<std::string> get = {"MGET"};
      std::string expected = "+OK\r\n*9\r\n";
      for (int i = 0; i < 9; ++i) {
        const std::string value = noise(prng, i % 3 == 0 ? 10 : 50'000);
        set.insert(set.end(), {"k" + std::to_string(i), value});
        get.push_back("k" + std::to_string(i));
        expected += bulk(value);
      }
      client.send_command(set);
      client.send_command(get);
      server.pump();
      CHECK(client.take_received() == expected);
    }
  }
}

TEST_CASE("session: full mailboxes hold commands back and lose none") {
  Prng prng(3);
  for (const size_t capacity : {1u, 2u, 8u}) {
    LocalServer server(3, {}, capacity);
    std::vector<LocalClient*> clients;
    std::vector<std::string> expected(9);
    for (int i = 0; i < 9; ++i) {
      clients.push_back(&server.connect(i % 3));
      clients.back()->reads_direct = prng.one_in(2);
      clients.back()->read_bytes_max = prng.one_in(2) ? 0 : 30'000;
      for (int n = 0; n < 300; ++n) {
        const std::string key = "c" + std::to_string(i) + ":" + std::to_string(prng.below(20));
        const std::string value = noise(prng, prng.one_in(30) ? 40'000 : 8);
        clients.back()->send_command({"SET", key, value});
        clients.back()->send_command({"GETDEL", key});
        expected[static_cast<size_t>(i)] += "+OK\r\n" + bulk(value);
      }
    }
    server.pump();
    for (size_t i = 0; i < clients.size(); ++i) {
      CHECK(clients[i]->take_received() == expected[i]);
    }
  }
}

// Ticks that take up as little work as possible.
void limit_shares(LocalServer& server) {
  for (int i = 0; i < server.cores(); ++i)
    server.core(i).limit_shares(0);
}

TEST_CASE("session: a client with much to do yields, and loses nothing when it sends no more") {
  LocalServer server(1);
  LocalClient& busy = server.connect();
  LocalClient& other = server.connect();
  limit_shares(server);
  for (int i = 0; i < 100; ++i)
    busy.send_command({"INCR", "n"});
  server.turn(0);
  CHECK_FALSE(busy.session().idle());
  CHECK(server.core(0).has_backlog());
  // It has a turn of its own while there is more to do for the other one.
  other.send_command({"PING"});
  server.turn(0);
  CHECK(other.received() == "+PONG\r\n");
  CHECK(busy.received().starts_with(":1\r\n"));
  CHECK(busy.received().size() < 100);
  int turns = 0;
  while (!busy.session().idle()) {
    server.turn(0);
    REQUIRE(++turns < 1000);
  }
  CHECK(turns > 10);
  CHECK(busy.received().ends_with(":99\r\n:100\r\n"));
}

TEST_CASE("session: a client that has yielded may die") {
  LocalServer server(2);
  limit_shares(server);
  for (int i = 0; i < 10; ++i) {
    LocalClient& client = server.connect();
    for (int n = 0; n < 50; ++n)
      client.send_command({"INCR", "n" + std::to_string(n)});
    for (int turn = 0; turn < i; ++turn)
      server.turn(turn % 2);
    client.disconnect();
    server.pump();
    CHECK(client.finished());
  }
}

TEST_CASE("session: replies of a pipeline are in order and the same on any number of shards") {
  for (uint64_t seed = 0; seed < 20; ++seed) {
    CAPTURE(seed);
    std::vector<std::string> received;
    for (const int cores : {1, 2, 3, -1, -3}) {
      Prng prng(seed);
      LocalServer server(std::abs(cores));
      if (cores < 0) limit_shares(server);
      LocalClient& client = server.connect(std::abs(cores) - 1);
      for (int n = 0; n < 2000; ++n) {
        const auto key = [&] { return "k" + std::to_string(prng.below(30)); };
        switch (prng.below(12)) {
          case 0:
            client.send_command({"MSET", key(), "1", key(), "2", key(), "3"});
            break;
          case 1:
            client.send_command({"MGET", key(), key(), key()});
            break;
          case 2:
            client.send_command({"DEL", key(), key()});
            break;
          case 3:
            client.send_command({"RENAME", key(), key()});
            break;
          case 4:
            client.send_command({"INCR", key()});
            break;
          case 5:
            client.send_command({"EXISTS", key(), key(), key(), key()});
            break;
          case 6:
            client.send_command({"DBSIZE"});
            break;
          case 7:
            client.send_command({"COPY", key(), key()});
            break;
          case 8:
            client.send_command({"NOSUCH", key()});
            break;
          case 9:
            client.send_command({"MSETNX", key(), "4", key(), "5"});
            break;
          default:
            client.send_command({"GET", key()});
            break;
        }
      }
      server.pump();
      received.push_back(client.take_received());
    }
    for (size_t i = 1; i < received.size(); ++i)
      CHECK_EQ(received[0], received[i]);
  }
}

TEST_CASE("session: the order of a pipeline across shards, as the option says") {
  for (const bool strict : {false, true}) {
    CAPTURE(strict);
    Config config;
    config.strict_pipeline_order = strict;
    LocalServer server(3, config);
    LocalClient& client = server.connect(0);
    LocalClient& other = server.connect(0);
    const std::string home = server.key_on(0, "k");
    const std::string away = server.key_on(1, "k");
    client.send_command({"SET", away, "1"});
    client.send_command({"SET", home, "2"});
    server.turn(0);
    // The command for the other shard is on its way. Has the one behind it happened?
    other.send_command({"GET", home});
    server.turn(0);
    CHECK_EQ(other.take_received(), strict ? "$-1\r\n" : "$1\r\n2\r\n");
    server.pump();
    CHECK_EQ(client.take_received(), "+OK\r\n+OK\r\n");
    CHECK_EQ(other.run("GET " + home), "$1 2");
  }
}

TEST_CASE("session: CLIENT REPLY in pipelines over shards") {
  for (const int cores : {1, 3}) {
    CAPTURE(cores);
    LocalServer server(cores);
    LocalClient& client = server.connect(0);
    std::vector<std::string> keys;
    for (int i = 0; i < 6; ++i)
      keys.push_back(server.key_on(i % cores, "k", i));
    client.send_command({"CLIENT", "REPLY", "OFF"});
    for (const std::string& key : keys)
      client.send_command({"SET", key, key});
    client.send_command({"MGET", keys[0], keys[1], keys[2]});
    client.send_command({"NOSUCH"});
    client.send_command({"CLIENT", "REPLY", "ON"});
    for (const std::string& key : keys) {
      client.send_command({"GET", key});
      client.send_command({"CLIENT", "REPLY", "SKIP"});
      client.send_command({"GET", key});
    }
    client.send_command({"CLIENT", "REPLY", "SKIP"});
    client.send_command({"MSET", keys[0], "1", keys[1], "2", keys[2], "3"});
    client.send_command({"PING"});
    server.pump();
    std::string expected = "+OK\r\n";
    for (const std::string& key : keys)
      expected += bulk(key);
    CHECK_EQ(client.take_received(), expected + "+PONG\r\n");
    CHECK_EQ(client.run("GET " + keys[2]), "$1 3");
  }
}

TEST_CASE("session: broken input ends the client behind the replies before it") {
  for (const int cores : {1, 3}) {
    for (const size_t piece : {0ul, 1ul, 5ul}) {
      CAPTURE(cores);
      CAPTURE(piece);
      LocalServer server(cores);
      LocalClient& client = server.connect(0);
      client.read_bytes_max = piece;
      const std::string key = server.key_on(cores - 1, "k");
      client.send_command({"SET", key, "v"});
      client.send_command({"GET", key});
      client.send("*1\r\n!4\r\nPING\r\n");
      client.send_command({"SET", key, "w"});
      server.pump();
      CHECK_EQ(client.take_received(),
               "+OK\r\n$1\r\nv\r\n-ERR Protocol error: expected '$', got '!'\r\n");
      CHECK_FALSE(client.connected());
      CHECK_EQ(server.connect(0).run("GET " + key), "$1 v");
    }
  }
}

TEST_CASE("session: so it does when the client has yielded before it") {
  LocalServer server(1);
  limit_shares(server);
  LocalClient& client = server.connect();
  client.send_command({"SET", "k", "v"});
  client.send("'*1\r\n$4\r\nPING\r\n");
  server.pump();
  CHECK_EQ(client.take_received(), "+OK\r\n-ERR Protocol error: unbalanced quotes in request\r\n");
  CHECK_FALSE(client.connected());
}

TEST_CASE("session: a client may die at any moment") {
  for (int moment = 0; moment < 60; ++moment) {
    for (const size_t capacity : {1u, 64u}) {
      CAPTURE(moment);
      LocalServer server(3, {}, capacity);
      LocalClient& other = server.connect(1);
      LocalClient& client = server.connect(0);
      client.reads_direct = true;
      client.read_bytes_max = 3000;
      client.send_command({"WATCH", "a", "b", "c", "d"});
      client.send_command({"MSET", "a", "1", "b", "2", "c", "3", "d", "4"});
      client.send_command({"MULTI"});
      client.send_command({"RENAME", "a", "b"});
      client.send_command({"EXEC"});
      client.send_command({"SET", "big", std::string(50'000, 'x')});
      client.send_command({"DEL", "a", "b", "c"});
      client.send_command({"FLUSHALL"});
      client.send_command({"CLIENT", "LIST"});
      for (int i = 0; i < moment; ++i) {
        const int core = (i / 4) % 3;
        if (i % 4 == 0) server.begin_turn(core);
        if (i % 4 == 1) server.read_clients(core);
        if (i % 4 == 2) server.flush(core);
        if (i % 4 == 3) server.publish(core);
      }
      client.disconnect();
      server.pump();
      CHECK(client.finished());
      CHECK_EQ(other.run("MSET a 1 b 2 c 3 d 4"), "+OK");
      CHECK_EQ(other.run("MGET a b c d"), "*4 $1 1 $1 2 $1 3 $1 4");
    }
  }
}

TEST_CASE("session: output that nobody takes ends the client") {
  for (const int cores : {1, 3}) {
    CAPTURE(cores);
    Config config;
    config.client_output_buffer_limits[0].hard = 200'000;
    LocalServer server(cores, config);
    const std::string key = server.key_on(cores - 1, "k");
    CHECK_EQ(server.connect(0).run_args({"SET", key, std::string(30'000, 'x')}), "+OK\r\n");
    LocalClient& client = server.connect(0);
    client.receives = false;
    for (int i = 0; i < 5; ++i)
      client.send_command({"GET", key});
    server.pump();
    CHECK(client.connected());
    for (int i = 0; i < 5; ++i)
      client.send_command({"GET", key});
    server.pump();
    CHECK_FALSE(client.connected());
    CHECK_EQ(client.received(), "");
  }
}

TEST_CASE("session: the soft output limit counts seconds") {
  Config config;
  config.client_output_buffer_limits[0] = {0, 50'000, 10};
  LocalServer server(1, config);
  LocalClient& client = server.connect(0);
  client.receives = false;
  client.send_command({"SET", "k", std::string(60'000, 'x')});
  client.send_command({"GET", "k"});
  server.pump();
  server.advance_ms(9'000);
  client.send_command({"GET", "k"});
  server.pump();
  CHECK(client.connected());
  server.advance_ms(2'000);
  client.send_command({"GET", "k"});
  server.pump();
  CHECK_FALSE(client.connected());
}

TEST_CASE("session: a command that never ends ends the client") {
  Config config;
  config.client_query_buffer_limit = 1024 * 1024;
  LocalServer server(1, config);
  LocalClient& client = server.connect(0);
  client.read_bytes_max = 20'000;
  client.send("*100000\r\n");
  for (int i = 0; i < 50'000; ++i)
    client.send("$20\r\n01234567890123456789\r\n");
  server.pump();
  CHECK_FALSE(client.connected());
}

TEST_CASE("session: without a password only little is allowed") {
  Config config;
  config.requirepass = "secret";
  LocalServer server(3, config);
  LocalClient& client = server.connect(0);
  CHECK_EQ(client.run("GET k"), "-NOAUTH Authentication required.");
  CHECK_EQ(client.run("MSET a 1 b 2 c 3"), "-NOAUTH Authentication required.");
  CHECK_EQ(client.run("AUTH secret"), "+OK");
  CHECK_EQ(client.run("MSET a 1 b 2 c 3"), "+OK");
  // AUTH in front of what needs it, in one piece.
  LocalClient& second = server.connect(1);
  CHECK_EQ(second.pipeline({"GET a", "AUTH secret", "GET a"}),
           std::vector<std::string>{"-NOAUTH Authentication required.", "+OK", "$1 1"});
}

}  // namespace
}  // namespace rondo
