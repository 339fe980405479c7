// Commands about clients where the clients are on several cores: each of 16 connections lands on
// either of two cores, so what one of them asks for concerns both.
#include <unistd.h>

#include <string>
#include <vector>

#include "reactor/base/clock.h"
#include "tests/tcp/exchange.h"
#include "tests/tcp/server_process.h"
#include "tests/testing.h"

namespace rondo {
namespace {

using client::Client;

constexpr size_t kClients = 16;

std::vector<Client> connect_many(const ServerProcess& server) {
  std::vector<Client> clients;
  for (size_t i = 0; i < kClients; ++i) {
    clients.push_back(server.connect());
    REQUIRE_EQ(run(clients.back(), "CLIENT SETNAME c" + std::to_string(i)), "+OK");
  }
  return clients;
}

std::string id_of(Client& client) {
  return run(client, "CLIENT ID").substr(1);
}

size_t count(const std::string& text, const std::string& part) {
  size_t found = 0;
  for (size_t at = text.find(part); at != text.npos; at = text.find(part, at + 1))
    ++found;
  return found;
}

TEST_CASE("CLIENT LIST shows the clients of all cores, each once") {
  const ServerProcess server(2);
  std::vector<Client> clients = connect_many(server);
  for (Client& client : clients) {
    const std::string list = run_words(client, {"CLIENT", "LIST"});
    CHECK_EQ(count(list, "\nid="), kClients);
    for (size_t i = 0; i < kClients; ++i) {
      CHECK_EQ(count(list, " name=c" + std::to_string(i) + " "), 1);
    }
  }
  const std::string first = id_of(clients[0]);
  const std::string last = id_of(clients[kClients - 1]);
  CHECK_NE(first, last);
  const std::string two = run(clients[3], "CLIENT LIST ID " + first + " " + last);
  CHECK_EQ(count(two, "id="), 2);
  CHECK_EQ(count(two, " name=c0 "), 1);
  CHECK_EQ(count(two, " name=c15 "), 1);
}

TEST_CASE("CLIENT KILL ends clients of any core, by id, address and filter") {
  const ServerProcess server(2);
  std::vector<Client> clients = connect_many(server);
  Client killer = server.connect();
  for (size_t i = 0; i < 4; ++i) {
    CHECK_EQ(run(killer, "CLIENT KILL ID " + id_of(clients[i])), ":1");
    CHECK(clients[i].is_closed_by_server());
  }
  for (size_t i = 4; i < 8; ++i) {
    const std::string info = run(clients[i], "CLIENT INFO");
    const size_t at = info.find(" addr=") + 6;
    const std::string address = info.substr(at, info.find(' ', at) - at);
    CHECK_EQ(run(killer, "CLIENT KILL " + address), "+OK");
    CHECK(clients[i].is_closed_by_server());
    CHECK_EQ(run(killer, "CLIENT KILL ADDR " + address), ":0");
  }
  CHECK_EQ(run(killer, "CLIENT KILL TYPE normal SKIPME yes"), ":8");
  for (size_t i = 8; i < kClients; ++i)
    CHECK(clients[i].is_closed_by_server());
  CHECK_EQ(run(killer, "PING"), "+PONG");
  // Itself: the reply still comes.
  send_all(killer, encode("CLIENT KILL SKIPME no"));
  CHECK_EQ(read_to_end(killer), ":1\r\n");
}

TEST_CASE("CLIENT PAUSE holds the clients of all cores and UNPAUSE lets them go") {
  const ServerProcess server(2);
  std::vector<Client> clients = connect_many(server);
  Client other = server.connect();
  CHECK_EQ(run(other, "CLIENT PAUSE 60000 WRITE"), "+OK");
  for (size_t i = 0; i < kClients; ++i) {
    CHECK_EQ(run(clients[i], "GET k" + std::to_string(i)), "$-1");
    send_all(clients[i], encode("SET k" + std::to_string(i) + " v"));
  }
  ::usleep(50'000);
  CHECK_EQ(run(other, "DBSIZE"), ":0");
  CHECK_EQ(run(other, "CLIENT UNPAUSE"), "+OK");
  for (Client& client : clients)
    CHECK_EQ(read_reply(client), "+OK\r\n");
  CHECK_EQ(run(other, "DBSIZE"), ":16");

  // A pause also ends by itself.
  const int64_t begin_ns = read_monotonic_ns();
  CHECK_EQ(run(other, "CLIENT PAUSE 300 ALL"), "+OK");
  for (Client& client : clients)
    send_all(client, encode("PING"));
  for (Client& client : clients)
    CHECK_EQ(read_reply(client), "+PONG\r\n");
  CHECK(read_monotonic_ns() - begin_ns > 250'000'000);
}

TEST_CASE("CLIENT REPLY, NO-EVICT and NO-TOUCH on pipelines over both cores") {
  const ServerProcess server(2);
  Client client = server.connect();
  std::string requests = encode("CLIENT REPLY OFF");
  for (int i = 0; i < 50; ++i)
    requests += encode("SET k" + std::to_string(i) + " v");
  requests += encode("CLIENT REPLY ON") + encode("CLIENT REPLY SKIP") + encode("SET skipped v");
  requests += encode("MGET k0 k49 skipped");
  send_all(client, requests);
  CHECK_EQ(shown(read_bytes(client, 5 + 4 + 3 * 7)), "+OK *3 $1 v $1 v $1 v");
  CHECK_EQ(run(client, "CLIENT NO-EVICT ON"), "+OK");
  CHECK(run(client, "CLIENT INFO").find(" flags=e ") != std::string::npos);
  CHECK_EQ(run(client, "CLIENT NO-EVICT OFF"), "+OK");
  CHECK_EQ(run(client, "CLIENT NO-TOUCH ON"), "+OK");
  CHECK(run(client, "CLIENT INFO").find(" flags=T ") != std::string::npos);
}

TEST_CASE("timeout closes idle clients of all cores, not busy ones") {
  const ServerProcess server(2, {"--timeout", "1"});
  std::vector<Client> clients = connect_many(server);
  Client busy = server.connect();
  const int64_t begin_ns = read_monotonic_ns();
  while (read_monotonic_ns() - begin_ns < 1'500'000'000) {
    CHECK_EQ(run(busy, "PING"), "+PONG");
    ::usleep(50'000);
  }
  for (Client& client : clients)
    CHECK(client.is_closed_by_server());
  CHECK(read_monotonic_ns() - begin_ns < 15'000'000'000);
  CHECK_EQ(run(busy, "PING"), "+PONG");
}

TEST_CASE("a password is wanted from the clients of all cores, also when set later") {
  const ServerProcess server(2);
  std::vector<Client> before = connect_many(server);
  CHECK_EQ(run(before[0], "CONFIG SET requirepass secret"), "+OK");
  for (Client& client : before)
    CHECK_EQ(run(client, "GET k"), "$-1");  // They were let in.
  const std::string noauth = "-NOAUTH Authentication required.";
  for (size_t i = 0; i < kClients; ++i) {
    Client client = server.connect();
    CHECK_EQ(run(client, "GET k"), noauth);
    CHECK_EQ(run(client, "PING"), noauth);
    CHECK_EQ(run(client, "AUTH wrong"),
             "-WRONGPASS invalid username-password pair or user is disabled.");
    CHECK_EQ(run(client, "GET k"), noauth);
    CHECK_EQ(run(client, i % 2 == 0 ? "AUTH secret" : "AUTH default secret"), "+OK");
    CHECK_EQ(run(client, "GET k"), "$-1");
    Client hello = server.connect();
    CHECK(run(hello, "HELLO 3")
              .starts_with("-NOAUTH HELLO must be called with the client already "
                           "authenticated"));
    CHECK(run(hello, "HELLO 3 AUTH default secret").starts_with("%"));
    CHECK_EQ(run(hello, "GET k"), "_");
  }
}

TEST_CASE("MONITOR shows the commands of both cores, and passwords to nobody") {
  const ServerProcess server(2, {"--requirepass", "secret"});
  std::vector<Client> clients;
  Client monitor = server.connect();
  CHECK_EQ(run(monitor, "AUTH secret"), "+OK");
  CHECK_EQ(run(monitor, "MONITOR"), "+OK");
  for (size_t i = 0; i < kClients; ++i) {
    clients.push_back(server.connect());
    CHECK_EQ(run(clients.back(), "AUTH secret"), "+OK");
    CHECK_EQ(run(clients.back(), "SET k" + std::to_string(i) + " \"v"), "+OK");
  }
  std::string seen;
  const auto lines = [&] { return count(seen, "\"SET\""); };
  while (lines() < kClients) {
    const Result<std::string> part = monitor.receive();
    REQUIRE(static_cast<bool>(part));
    seen += part.value();
  }
  for (size_t i = 0; i < kClients; ++i) {
    CHECK_EQ(count(seen, "] \"SET\" \"k" + std::to_string(i) + "\" \"\\\"v\"\r\n"), 1);
  }
  CHECK_EQ(count(seen, "secret"), 0);
  // The stream ends with its client; nobody else is hurt.
  CHECK_EQ(run(clients[0], "CLIENT KILL TYPE normal SKIPME yes"), ":" + std::to_string(kClients));
  CHECK_EQ(run(clients[0], "PING"), "+PONG");
}

TEST_CASE("CONFIG REWRITE keeps the file's text and a new start reads it") {
  const Folder folder;
  const std::string path = folder.file("rondo.conf");
  write_file(path, "# my comment\nmaxclients 100\ntimeout 77\n");
  {
    const ServerProcess none(1);
    Client client = none.connect();
    CHECK_EQ(run(client, "CONFIG REWRITE"), "-ERR The server is running without a config file");
  }
  {
    const ServerProcess server(2, {}, path);
    Client client = server.connect();
    Client other = server.connect();
    CHECK_EQ(run(client, "CONFIG GET maxclients"), "*2 $10 maxclients $3 100");
    CHECK_EQ(run(client, "CONFIG SET maxclients 200 slowlog-max-len 9"), "+OK");
    CHECK_EQ(run(other, "CONFIG GET slowlog-max-len"), "*2 $15 slowlog-max-len $1 9");
    CHECK_EQ(run(other, "CONFIG REWRITE"), "+OK");
  }
  const std::string text = read_file(path);
  CHECK(text.starts_with("# my comment\nmaxclients 200\ntimeout 77\n"));
  CHECK(text.find("\nslowlog-max-len 9\n") != std::string::npos);
  const ServerProcess server(2, {}, path);
  Client client = server.connect();
  CHECK_EQ(run(client, "CONFIG GET slowlog-max-len"), "*2 $15 slowlog-max-len $1 9");
  CHECK_EQ(run(client, "CONFIG GET maxclients"), "*2 $10 maxclients $3 200");
}

}  // namespace
}  // namespace rondo
