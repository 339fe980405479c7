// The end of a server and of a connection: everything that was received is answered first.
#include <sys/socket.h>
#include <unistd.h>

#include <csignal>
#include <string>
#include <thread>
#include <vector>

#include "tests/tcp/exchange.h"
#include "tests/tcp/server_process.h"
#include "tests/testing.h"

namespace rondo {
namespace {

using client::Client;

bool ends_with_bye(const ServerProcess& server) {
  return server.log().find("bye") != std::string::npos;
}

TEST_CASE("a signal ends an idle server") {
  for (const int number : {SIGTERM, SIGINT}) {
    for (const int threads : {1, 2, 3}) {
      ServerProcess server(threads);
      Client idle = server.connect();
      CHECK_EQ(run(idle, "SET k v"), "+OK");
      server.signal(number);
      server.expect_clean_end();
      CHECK_EQ(read_to_end(idle), "");
      CHECK(ends_with_bye(server));
      CHECK(server.log().find("signal " + std::to_string(number)) != std::string::npos);
    }
  }
}

TEST_CASE("SHUTDOWN ends the server without a reply") {
  for (const char* words : {"SHUTDOWN", "SHUTDOWN NOSAVE", "SHUTDOWN NOSAVE NOW FORCE"}) {
    ServerProcess server(2);
    Client idle = server.connect();
    Client client = server.connect();
    send_all(client, encode("SET k v") + encode(words));
    CHECK_EQ(read_to_end(client), "+OK\r\n");
    client.finish_sending();  // Otherwise the server waits a while for this end of the connection.
    CHECK_EQ(read_to_end(idle), "");
    server.expect_clean_end();
    CHECK(ends_with_bye(server));
  }
}

TEST_CASE("a refused SHUTDOWN leaves the server running") {
  ServerProcess server(2);
  Client client = server.connect();
  CHECK_EQ(run(client, "SHUTDOWN NOW NOSENSE"), "-ERR syntax error");
  CHECK_EQ(run(client, "PING"), "+PONG");
}

TEST_CASE("what was received before the signal is answered") {
  for (int round = 0; round < 5; ++round) {
    ServerProcess server(2);
    std::vector<Client> clients;
    std::string requests;
    std::string expected;
    for (int i = 0; i < 2'000; ++i) {
      const std::string number = std::to_string(i);
      requests += encode("MSET a:" + number + " 1 b:" + number + " 2") + encode("ECHO " + number);
      expected += "+OK\r\n$" + std::to_string(number.size()) + "\r\n" + number + "\r\n";
    }
    for (int i = 0; i < 4; ++i)
      clients.push_back(server.connect());
    // The first replies show that the server has begun to read; how much more it reads until it
    // sees the signal is its business.
    for (Client& client : clients)
      send_all(client, encode("PING") + requests);
    std::vector<std::string> got;
    for (Client& client : clients) {
      const Result<std::string> part = client.receive();
      REQUIRE(static_cast<bool>(part));
      got.push_back(part.value());
    }
    server.signal(SIGTERM);
    for (size_t i = 0; i < clients.size(); ++i) {
      got[i] += read_to_end(clients[i]);
      clients[i].finish_sending();  // Otherwise the server waits a while for this end.
      // A reply is whole or not there.
      CHECK(("+PONG\r\n" + expected).starts_with(got[i]));
      CHECK(got[i].ends_with("\r\n"));
    }
    server.expect_clean_end();
  }
}

TEST_CASE("clients that go on sending get whole replies and an orderly end") {
  ServerProcess server(2);
  std::string requests;
  for (int i = 0; i < 1'000; ++i) {
    requests += encode("SET k" + std::to_string(i) + " v") + encode("ECHO ten-bytes.");
  }
  std::vector<Client> clients;
  std::vector<std::thread> senders;
  for (int i = 0; i < 4; ++i)
    clients.push_back(server.connect());
  for (Client& client : clients) {
    senders.emplace_back([&client, &requests] {
      while (client.send(requests)) {
      }
    });
  }
  for (Client& client : clients)
    CHECK(static_cast<bool>(client.receive()));
  server.signal(SIGTERM);
  // At the same time, as real clients would: the server waits only a while for each.
  std::vector<std::string> ends(clients.size());
  std::vector<std::thread> readers;
  for (size_t i = 0; i < clients.size(); ++i) {
    readers.emplace_back([&client = clients[i], &end = ends[i]] {
      while (true) {
        const Result<std::string> part = client.receive();
        end += part ? part.value() : part.failure().text;
        if (end.size() > 100) end.erase(0, end.size() - 100);
        if (!part || part.value().empty()) break;
      }
      ::shutdown(client.fd(), SHUT_RDWR);
    });
  }
  for (std::thread& reader : readers)
    reader.join();
  for (std::thread& sender : senders)
    sender.join();
  for (const std::string& end : ends) {
    const bool whole = end.ends_with("$10\r\nten-bytes.\r\n") || end.ends_with("\r\n+OK\r\n");
    CHECK_MESSAGE(whole, end);
  }
  server.expect_clean_end();
}

TEST_CASE("a server with clients that never read still ends") {
  ServerProcess server(2);
  Client writer = server.connect();
  CHECK_EQ(run_words(writer, {"SET", "big", std::string(8 << 20, 'x')}), "+OK\r\n");
  std::vector<Client> clients;
  for (int i = 0; i < 4; ++i) {
    clients.push_back(server.connect());
    send_all(clients.back(), encode("GET big") + encode("GET big"));
  }
  CHECK_EQ(run(writer, "PING"), "+PONG");
  server.stop();
}

TEST_CASE("a paused command that was received is answered before the end") {
  for (const char* mode : {"ALL", "WRITE"}) {
    ServerProcess server(2);
    std::vector<Client> paused;
    for (int i = 0; i < 4; ++i)
      paused.push_back(server.connect());
    Client other = server.connect();
    for (Client& client : paused)
      CHECK_EQ(run(client, "PING"), "+PONG");
    CHECK_EQ(run(other, std::string("CLIENT PAUSE 600000 ") + mode), "+OK");
    for (Client& client : paused) {
      send_all(client, encode("SET k paused") + encode("GET k") + encode("MSET a 1 b 2"));
    }
    ::usleep(100'000);  // For the server to receive all of it.
    server.stop();
    for (Client& client : paused) {
      CHECK_EQ(read_to_end(client), "+OK\r\n$6\r\npaused\r\n+OK\r\n");
    }
  }
}

TEST_CASE("a server ends in the middle of a transaction and a monitor") {
  ServerProcess server(2);
  Client transaction = server.connect();
  Client monitor = server.connect();
  CHECK_EQ(run(monitor, "MONITOR"), "+OK");
  CHECK_EQ(run(transaction, "WATCH k"), "+OK");
  CHECK_EQ(run(transaction, "MULTI"), "+OK");
  CHECK_EQ(run(transaction, "SET k v"), "+QUEUED");
  server.stop();
  CHECK_EQ(read_to_end(transaction), "");
}

TEST_CASE("QUIT answers what came before it, and nothing after it") {
  const ServerProcess server(2);
  for (int i = 0; i < 20; ++i) {
    Client client = server.connect();
    const std::string key = "k" + std::to_string(i);
    send_all(client, encode("SET " + key + " v") + encode("GET " + key) + encode("QUIT") +
                         encode("SET " + key + " late"));
    CHECK_EQ(read_to_end(client), "+OK\r\n$1\r\nv\r\n+OK\r\n");
    Client other = server.connect();
    CHECK_EQ(run(other, "GET " + key), "$1 v");
  }
}

TEST_CASE("a client that stops sending still gets its replies") {
  const ServerProcess server(2);
  for (int i = 0; i < 20; ++i) {
    Client client = server.connect();
    const std::string key = "k" + std::to_string(i);
    send_all(client, encode("SET " + key + " v") + encode("MGET " + key + " other") +
                         encode("MULTI") + encode("GET " + key) + encode("EXEC"));
    client.finish_sending();
    CHECK_EQ(read_to_end(client),
             "+OK\r\n*2\r\n$1\r\nv\r\n$-1\r\n+OK\r\n+QUEUED\r\n*1\r\n$1\r\nv\r\n");
  }
}

}  // namespace
}  // namespace rondo
