// Many commands at once: deep pipelines over two threads, requests cut anywhere, large values, and
// clients that die in the middle.
#include <sys/socket.h>

#include <string>
#include <thread>
#include <vector>

#include "reactor/base/prng.h"
#include "tests/tcp/exchange.h"
#include "tests/tcp/server_process.h"
#include "tests/testing.h"

namespace rondo {
namespace {

using client::Client;

// Sends on a thread of its own while this one reads: neither side can fill the sockets for good.
// Returns as many bytes as `expected` has.
std::string exchange(Client& client, const std::string& requests, const std::string& expected) {
  std::thread sender([&] { static_cast<void>(client.send(requests)); });
  std::string got;
  got.reserve(expected.size());
  std::string failure;
  while (got.size() < expected.size()) {
    Result<std::string> part = client.receive();
    if (!part || part->empty()) {
      failure = part ? "closed" : part.failure().text;
      ::shutdown(client.fd(), SHUT_RDWR);  // Ends the sender too.
      break;
    }
    got += *part;
  }
  sender.join();
  REQUIRE_MESSAGE(failure.empty(), failure, " after ", got.size(), " of ", expected.size());
  return got;
}

// Where two long texts differ, instead of both of them.
void check_same(const std::string& got, const std::string& expected) {
  if (got == expected) return;
  size_t at = 0;
  while (at < got.size() && at < expected.size() && got[at] == expected[at])
    ++at;
  const size_t from = at < 40 ? 0 : at - 40;
  FAIL("differs at " << at << ": '" << shown(got.substr(from, 80)) << "' instead of '"
                     << shown(expected.substr(from, 80)) << "'");
}

std::string bulk(const std::string& value) {
  return "$" + std::to_string(value.size()) + "\r\n" + value + "\r\n";
}

TEST_CASE("replies of a deep pipeline over two threads are in order") {
  const ServerProcess server(2);
  Client client = server.connect();
  std::string requests;
  std::string expected;
  for (int i = 0; i < 5'000; ++i) {
    const std::string number = std::to_string(i);
    const std::string key = "key:" + std::to_string(i % 97);
    requests += encode("SET " + key + " " + number) + encode("GET " + key);
    requests += encode("ECHO " + number) + encode("INCR counter:" + key);
    expected += "+OK\r\n" + bulk(number) + bulk(number) + ":" + std::to_string(i / 97 + 1) + "\r\n";
    if (i % 100 == 0) {
      requests += encode("MGET " + key + " missing:" + number);
      expected += "*2\r\n" + bulk(number) + "$-1\r\n";
      requests += encode("NO-SUCH " + number);
      expected += "-ERR unknown command 'NO-SUCH', with args beginning with: '" + number + "' \r\n";
    }
  }
  check_same(exchange(client, requests, expected), expected);
}

TEST_CASE("100,000 commands in one go") {
  const ServerProcess server(2);
  Client client = server.connect();
  std::string requests;
  std::string expected;
  for (int i = 0; i < 50'000; ++i) {
    const std::string number = std::to_string(i);
    requests += encode("SET k" + number + " v" + number);
    expected += "+OK\r\n";
  }
  for (int i = 0; i < 50'000; ++i) {
    const std::string number = std::to_string(i);
    requests += encode("GET k" + number);
    expected += bulk("v" + number);
  }
  check_same(exchange(client, requests, expected), expected);
  CHECK_EQ(run(client, "DBSIZE"), ":50000");
}

TEST_CASE("several clients with pipelines at the same time") {
  const ServerProcess server(2);
  constexpr int kClients = 8;
  std::vector<std::string> got(kClients);
  std::vector<std::thread> threads;
  std::string shared;
  for (int i = 0; i < 2'000; ++i)
    shared += encode("INCR shared");
  for (int n = 0; n < kClients; ++n) {
    threads.emplace_back([&, n] {
      Result<Client> client = Client::connect(server.tcp());
      if (!client || !client->send(shared + encode("ECHO end"))) return;
      std::string& bytes = got[static_cast<size_t>(n)];
      while (!bytes.ends_with("$3\r\nend\r\n")) {
        Result<std::string> part = client->receive();
        if (!part || part->empty()) return;
        bytes += *part;
      }
    });
  }
  for (std::thread& thread : threads)
    thread.join();
  Client client = server.connect();
  CHECK_EQ(run(client, "GET shared"), "$5 16000");
  for (const std::string& bytes : got) {
    // Each client sees the counter grow, its own increments in order.
    int64_t last = 0;
    int replies = 0;
    for (size_t at = 0; at < bytes.size() && bytes[at] == ':'; ++replies) {
      const int64_t value = std::stoll(bytes.substr(at + 1, 20));
      REQUIRE(value > last);
      last = value;
      at = bytes.find('\n', at) + 1;
    }
    CHECK_EQ(replies, 2'000);
  }
}

TEST_CASE("requests cut at random bytes") {
  const ServerProcess server(2);
  constexpr uint64_t kSeed = 20;
  CAPTURE(kSeed);
  Prng prng(kSeed);
  std::string requests;
  std::string expected;
  for (int i = 0; i < 200; ++i) {
    const std::string value(prng.below(3) == 0 ? prng.below(20'000) : prng.below(40), 'x');
    const std::string key = "k" + std::to_string(i % 20);
    requests +=
        encode_words({"SET", key, value}) + "GET " + key + "\r\n" + encode("DEL none " + key);
    expected += "+OK\r\n" + bulk(value) + ":1\r\n";
  }
  for (int round = 0; round < 4; ++round) {
    Client client = server.connect();
    std::string got;
    for (size_t at = 0; at < requests.size();) {
      // Mostly a few bytes around the small commands, sometimes more than a receive buffer.
      const size_t most = prng.below(4) == 0 ? 40'000 : 60 + 400 * static_cast<size_t>(round);
      const size_t size = 1 + prng.below(most);
      send_all(client, std::string_view(requests).substr(at, size));
      at += size;
      char bytes[65536];  // The replies fit the sockets' buffers, but are not left to it.
      for (ssize_t n; (n = ::recv(client.fd(), bytes, sizeof(bytes), MSG_DONTWAIT)) > 0;) {
        got.append(bytes, static_cast<size_t>(n));
      }
    }
    got += read_bytes(client, expected.size() - got.size());
    check_same(got, expected);
  }
}

TEST_CASE("large values are set, read back and cut") {
  for (const int threads : {1, 2}) {
    const ServerProcess server(threads);
    Client client = server.connect();
    for (const size_t size : {16ul << 10, 32ul << 10, (32ul << 10) + 1, 1ul << 20, 64ul << 20}) {
      if (size > (1ul << 20) && threads == 1) continue;  // Once is long enough.
      CAPTURE(size);
      std::string value(size, '\0');
      Prng prng(size);
      for (size_t i = 0; i < size; i += 64)
        value[i] = static_cast<char>(prng.next());
      // Two keys, so that with two threads one of them is likely the other core's; in either case
      // the value passes through between small commands.
      for (const char* key : {"a", "b"}) {
        const std::string requests = encode_words({"SET", key, value}) +
                                     encode_words({"STRLEN", key}) + encode_words({"GET", key}) +
                                     encode_words({"GETRANGE", key, "-4", "-1"});
        const std::string expected =
            "+OK\r\n:" + std::to_string(size) + "\r\n" + bulk(value) + bulk(value.substr(size - 4));
        check_same(exchange(client, requests, expected), expected);
        CHECK_EQ(run(client, std::string("DEL ") + key), ":1");
      }
    }
  }
}

TEST_CASE("a value read by many slow clients while it is replaced") {
  const ServerProcess server(2);
  Client writer = server.connect();
  const std::string first(4ul << 20, '1');
  const std::string second(4ul << 20, '2');
  CHECK_EQ(run_words(writer, {"SET", "k", first}), "+OK\r\n");
  // More than the sockets' buffers hold, so most of each reply still refers to the value.
  std::vector<Client> readers;
  for (int i = 0; i < 8; ++i) {
    readers.push_back(server.connect());
    send_all(readers.back(), encode("GET k"));
  }
  std::vector<std::string> got;
  for (Client& reader : readers) {
    const Result<std::string> part = reader.receive();
    REQUIRE(static_cast<bool>(part));
    got.push_back(part.value());
  }
  CHECK_EQ(run_words(writer, {"SET", "k", second}), "+OK\r\n");
  CHECK_EQ(run(writer, "SETRANGE k 0 3"), ":4194304");
  for (size_t i = 0; i < readers.size(); ++i) {
    got[i] += read_bytes(readers[i], bulk(first).size() - got[i].size());
    check_same(got[i], bulk(first));
  }
  CHECK_EQ(run(writer, "GETRANGE k 0 1"), "$2 32");
}

TEST_CASE("a client killed in the middle of a pipeline leaves sane data") {
  const ServerProcess server(2);
  std::string requests;
  for (int i = 0; i < 20'000; ++i) {
    const std::string number = std::to_string(i);
    requests += encode("MSET a:" + number + " " + number + " b:" + number + " " + number);
    requests += encode("INCR counter");
  }
  Prng prng(7);
  for (int round = 0; round < 10; ++round) {
    Client victim = server.connect();
    const size_t size = prng.below(requests.size());
    // Without reading: the replies are still on their way when the socket is reset.
    std::string_view part = std::string_view(requests).substr(0, size);
    while (!part.empty()) {
      const ssize_t sent =
          ::send(victim.fd(), part.data(), part.size(), MSG_NOSIGNAL | MSG_DONTWAIT);
      if (sent <= 0) break;
      part.remove_prefix(static_cast<size_t>(sent));
    }
    const linger reset{.l_onoff = 1, .l_linger = 0};
    ::setsockopt(victim.fd(), SOL_SOCKET, SO_LINGER, &reset, sizeof(reset));
  }
  Client client = server.connect();
  CHECK_EQ(run(client, "PING"), "+PONG");
  // Whatever was executed was executed whole, over both cores: both keys of a pair, or neither.
  for (int i = 0; i < 20'000; i += 97) {
    const std::string n = std::to_string(i);
    const std::string both = run(client, "MGET a:" + n + " b:" + n);
    const std::string value = "$" + std::to_string(n.size()) + " " + n;
    CHECK_MESSAGE((both == "*2 $-1 $-1" || both == "*2 " + value + " " + value), both);
  }
  CHECK_EQ(run(client, "SET counter 0"), "+OK");
}

}  // namespace
}  // namespace rondo
