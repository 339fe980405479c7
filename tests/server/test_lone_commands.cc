// Commands that came alone wait for each other within a tick (server/lone_commands.h): nobody may
// notice, whatever the clients or others do meanwhile.
#include <string>
#include <vector>

#include "tests/server/local_server.h"
#include "tests/testing.h"

namespace rondo {
namespace {

TEST_CASE("lone commands: those of one tick run by its end, also more than fit") {
  LocalServer server(1);
  std::vector<LocalClient*> clients;
  for (size_t i = 0; i < 3 * LoneCommands::kMax + 1; ++i)
    clients.push_back(&server.connect());
  for (LocalClient* client : clients)
    client->send_command({"INCR", "counter"});
  server.read_clients(0);
  CHECK_EQ(server.core(0).lone().all().size(), 1);
  server.flush(0);
  CHECK(server.core(0).lone().empty());
  for (size_t i = 0; i < clients.size(); ++i)
    CHECK_EQ(clients[i]->take_received(), ":" + std::to_string(i + 1) + "\r\n");
}

TEST_CASE("lone commands: only plain ones on this core's shard wait") {
  LocalServer server(2);
  LocalClient& client = server.connect(0);
  auto waits = [&](const std::vector<std::string>& args) {
    client.send_command(args);
    server.read_clients(0);
    const bool does = !server.core(0).lone().empty();
    server.pump();
    client.take_received();
    return does;
  };
  const std::string here = server.key_on(0, "k");
  CHECK(waits({"SET", here, "v"}));
  CHECK(waits({"GET", here}));
  CHECK(waits({"HSET", server.key_on(0, "h"), "f", "v"}));
  CHECK_FALSE(waits({"GET", server.key_on(1, "k")}));
  CHECK_FALSE(waits({"GET"}));
  CHECK_FALSE(waits({"NOSUCH", here}));
  CHECK_FALSE(waits({"PING"}));
  CHECK_FALSE(waits({"DEL", here, server.key_on(1, "k")}));
  CHECK_FALSE(waits({"SET", here, std::string(LoneCommands::kBytesMax, 'v')}));
  CHECK_EQ(client.run("MULTI"), "+OK");
  CHECK_FALSE(waits({"GET", here}));
}

TEST_CASE("lone commands: more input of the same client comes after") {
  LocalServer server(1);
  LocalClient& client = server.connect();
  client.send_command({"SET", "k", "1"});
  server.read_clients(0);
  client.send_command({"APPEND", "k", "2"});
  server.read_clients(0);
  client.send(encode_request({"GET", "k"}) + "*2\r\n$3\r\nGE");
  server.read_clients(0);
  client.send("T\r\n$1\r\nk\r\n");
  server.pump();
  CHECK_EQ(client.take_received(), "+OK\r\n:2\r\n$2\r\n12\r\n$2\r\n12\r\n");
}

TEST_CASE("lone commands: what was received takes effect though its client is gone") {
  LocalServer server(1);
  LocalClient& client = server.connect();
  client.send_command({"SET", "k", "v"});
  server.read_clients(0);
  client.disconnect();
  CHECK(server.core(0).lone().empty());
  server.pump();
  CHECK_EQ(server.connect().run("GET k"), "$1 v");
}

TEST_CASE("lone commands: one whose client is killed in the same tick does not run") {
  LocalServer server(1);
  LocalClient& writer = server.connect();
  LocalClient& other = server.connect();
  CHECK_EQ(writer.run("SET k v"), "+OK");
  writer.send_command({"SET", "k", "w"});
  server.read_clients(0);
  CHECK_FALSE(server.core(0).lone().empty());
  other.send_command({"CLIENT", "KILL", "ID", std::to_string(writer.session().id())});
  server.pump();
  CHECK_EQ(other.take_received(), ":1\r\n");
  CHECK_FALSE(writer.connected());
  CHECK_EQ(other.run("GET k"), "$1 v");
}

}  // namespace
}  // namespace rondo
