// The commands of one client over one shard and over three, and the turns themselves.
#include <algorithm>
#include <string>
#include <vector>

#include "tests/server/local_server.h"
#include "tests/testing.h"

namespace rondo {
namespace {

TEST_CASE("single keys on every shard from every core") {
  for (const int cores : {1, 3}) {
    LocalServer server(cores);
    for (int core = 0; core < cores; ++core) {
      LocalClient& client = server.connect(core);
      for (int shard = 0; shard < cores; ++shard) {
        const std::string key = server.key_on(shard, "k");
        CHECK_EQ(client.run("SET " + key + " " + std::to_string(core)), "+OK");
        CHECK_EQ(client.run("GET " + key), "$1 " + std::to_string(core));
        CHECK_EQ(client.run("INCR " + key), ":" + std::to_string(core + 1));
        CHECK_EQ(client.run("DEL " + key), ":1");
        CHECK_EQ(client.run("GET " + key), "$-1");
      }
    }
  }
}

TEST_CASE("a request takes one turn of each core, there and back") {
  LocalServer server(2);
  LocalClient& client = server.connect(0);
  const std::string key = server.key_on(1, "k");
  client.send_command({"SET", key, "v"});
  server.turn(0);
  CHECK_EQ(client.received(), "");
  server.turn(1);
  CHECK_EQ(client.received(), "");
  server.turn(0);
  CHECK_EQ(client.take_received(), "+OK\r\n");
}

TEST_CASE("time is what the test says") {
  for (const int cores : {1, 3}) {
    LocalServer server(cores);
    LocalClient& client = server.connect(0);
    for (int shard = 0; shard < cores; ++shard) {
      const std::string key = server.key_on(shard, "k");
      CHECK_EQ(client.run("SET " + key + " v PX 1000"), "+OK");
      server.advance_ms(999);
      CHECK_EQ(client.run("PTTL " + key), ":1");
      server.advance_ms(1);
      CHECK_EQ(client.run("GET " + key), "$-1");
    }
  }
}

TEST_CASE("a message is invisible until it is published") {
  LocalServer server(2);
  LocalClient& client = server.connect(0);
  const std::string key = server.key_on(1, "k");
  client.send_command({"SET", key, "v"});
  server.begin_turn(0);
  CHECK(server.read_clients(0));
  server.flush(0);
  CHECK_FALSE(server.begin_turn(1));
  CHECK(server.publish(0));
  CHECK(server.begin_turn(1));
}

}  // namespace
}  // namespace rondo
