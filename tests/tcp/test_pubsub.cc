// Publishing and subscribing over sockets, with connections on both of two cores.
#include <string>
#include <vector>

#include "tests/tcp/exchange.h"
#include "tests/tcp/server_process.h"
#include "tests/testing.h"

namespace rondo {
namespace {

using client::Client;

constexpr int kListeners = 12;
constexpr int kPublishers = 6;
constexpr int kMessages = 300;

std::string message(const std::string& payload) {
  return "*3\r\n$7\r\nmessage\r\n$1\r\nc\r\n$" + std::to_string(payload.size()) + "\r\n" + payload +
         "\r\n";
}

TEST_CASE("a confirmed subscription sees every later message, whichever core it comes from") {
  const ServerProcess server(2);
  std::vector<Client> publishers;
  for (int i = 0; i < kPublishers; ++i)
    publishers.push_back(server.connect());
  for (int round = 0; round < 50; ++round) {
    Client listener = server.connect();
    CHECK_EQ(run(listener, "SUBSCRIBE c"), "*3 $9 subscribe $1 c :1");
    for (Client& publisher : publishers)
      CHECK_EQ(run(publisher, "PUBLISH c " + std::to_string(round)), ":1");
    std::string expected;
    for (int i = 0; i < kPublishers; ++i)
      expected += message(std::to_string(round));
    CHECK_EQ(read_bytes(listener, expected.size()), expected);
    CHECK_EQ(run(listener, "UNSUBSCRIBE"), "*3 $11 unsubscribe $1 c :0");
    CHECK_EQ(run(publishers[0], "PUBLISH c x"), ":0");
  }
}

TEST_CASE("pipelined messages of each publisher arrive in order at every listener") {
  const ServerProcess server(2);
  std::vector<Client> listeners;
  for (int i = 0; i < kListeners; ++i) {
    listeners.push_back(server.connect());
    CHECK_EQ(run(listeners.back(), "SUBSCRIBE c"), "*3 $9 subscribe $1 c :1");
  }
  std::vector<Client> publishers;
  for (int i = 0; i < kPublishers; ++i)
    publishers.push_back(server.connect());
  // All payloads have one length, so that the bytes of all messages together are known.
  const auto payload = [](int publisher, int number) {
    return std::to_string(publisher) + ":" + std::to_string(1000 + number);
  };
  for (int i = 0; i < kPublishers; ++i) {
    std::string requests;
    for (int n = 0; n < kMessages; ++n)
      requests += encode("PUBLISH c " + payload(i, n));
    send_all(publishers[static_cast<size_t>(i)], requests);
  }
  std::string counts;
  for (int n = 0; n < kMessages; ++n)
    counts += ":" + std::to_string(kListeners) + "\r\n";
  for (Client& publisher : publishers)
    CHECK_EQ(read_bytes(publisher, counts.size()), counts);

  const size_t size = message(payload(0, 0)).size();
  for (Client& listener : listeners) {
    const std::string all = read_bytes(listener, size * kPublishers * kMessages);
    std::vector<int> next(kPublishers);
    for (size_t at = 0; at < all.size(); at += size) {
      const int publisher = all[at + size - 8] - '0';
      REQUIRE_GE(publisher, 0);
      REQUIRE_LT(publisher, kPublishers);
      int& number = next[static_cast<size_t>(publisher)];
      REQUIRE_EQ(all.substr(at, size), message(payload(publisher, number)));
      ++number;
    }
    for (const int count : next)
      CHECK_EQ(count, kMessages);
  }
}

TEST_CASE("keyspace events of both cores reach a listener") {
  const ServerProcess server(2);
  Client listener = server.connect();
  Client writer = server.connect();
  CHECK_EQ(run(writer, "CONFIG SET notify-keyspace-events Kg$"), "+OK");
  CHECK_EQ(run(listener, "PSUBSCRIBE __keyspace*"), "*3 $10 psubscribe $11 __keyspace* :1");
  for (int i = 0; i < 100; ++i) {
    const std::string key = "key:" + std::to_string(100 + i);
    CHECK_EQ(run(writer, "SET " + key + " v"), "+OK");
    CHECK_EQ(run(writer, "DEL " + key), ":1");
    std::string expected;
    for (const std::string event : {"set", "del"}) {
      expected += "*4\r\n$8\r\npmessage\r\n$11\r\n__keyspace*\r\n$22\r\n__keyspace@0__:" + key +
                  "\r\n$3\r\n" + event + "\r\n";
    }
    CHECK_EQ(read_bytes(listener, expected.size()), expected);
  }
}

}  // namespace
}  // namespace rondo
