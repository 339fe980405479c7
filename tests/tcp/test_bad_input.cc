// What clients should not send: broken frames, announced sizes that never come, random bytes. The
// reply is Redis's error where there is one, the connection closes, and nobody else notices.
#include <unistd.h>

#include <string>
#include <vector>

#include "protocol/quote.h"
#include "reactor/base/clock.h"
#include "reactor/base/prng.h"
#include "tests/tcp/exchange.h"
#include "tests/tcp/server_process.h"
#include "tests/testing.h"

namespace rondo {
namespace {

using client::Client;

struct BadFrame {
  std::string bytes;
  std::string reply;  // Before the connection is closed.
};

std::vector<BadFrame> bad_frames() {
  const std::string protocol = "-ERR Protocol error: ";
  return {
      {"*x\r\n", protocol + "invalid multibulk length\r\n"},
      {"*2147483648\r\n", protocol + "invalid multibulk length\r\n"},
      {"*99999999999999999999\r\n", protocol + "invalid multibulk length\r\n"},
      {"*1\r\n$-1\r\n", protocol + "invalid bulk length\r\n"},
      {"*1\r\n$x\r\n", protocol + "invalid bulk length\r\n"},
      {"*1\r\n$536870913\r\n", protocol + "invalid bulk length\r\n"},
      {"*1\r\n$9223372036854775808\r\n", protocol + "invalid bulk length\r\n"},
      {"*1\r\nPING\r\n", protocol + "expected '$', got 'P'\r\n"},
      {"*2\r\n$4\r\nECHO\r\n:1\r\n", protocol + "expected '$', got ':'\r\n"},
      {"*1\r\n$4\r\nPING\r\n*1\r\n\r\n", "+PONG\r\n" + protocol + "expected '$', got ' '\r\n"},
      {"SET k \"v\r\n", protocol + "unbalanced quotes in request\r\n"},
      {"SET k 'v'x\r\n", protocol + "unbalanced quotes in request\r\n"},
      {std::string(70'000, 'a'), protocol + "too big inline request\r\n"},
      {"*" + std::string(70'000, '1'), protocol + "too big mbulk count string\r\n"},
      {"*1\r\n$" + std::string(70'000, '1'), protocol + "too big bulk count string\r\n"},
  };
}

// What a server says to these bytes when nothing follows them.
std::string answer_to(const ServerProcess& server, const std::string& bytes) {
  Client client = server.connect();
  send_all(client, bytes);
  client.finish_sending();
  return read_to_end(client);
}

TEST_CASE("a protocol error gets Redis's text and closes the connection") {
  const ServerProcess server(2);
  Client other = server.connect();
  for (const BadFrame& frame : bad_frames()) {
    CAPTURE(frame.bytes.substr(0, 60));
    for (int i = 0; i < 8; ++i) {
      Client client = server.connect();
      send_all(client, frame.bytes);
      CHECK_EQ(read_to_end(client), frame.reply);
    }
    CHECK_EQ(run(other, "PING"), "+PONG");
  }
}

TEST_CASE("before the password only small requests are taken") {
  const ServerProcess server(2, {"--requirepass", "secret"});
  for (const BadFrame& frame :
       {BadFrame{"*11\r\n", "-ERR Protocol error: unauthenticated multibulk length\r\n"},
        BadFrame{"*2\r\n$3\r\nGET\r\n$16385\r\n",
                 "-ERR Protocol error: unauthenticated bulk length\r\n"}}) {
    Client client = server.connect();
    send_all(client, frame.bytes);
    CHECK_EQ(read_to_end(client), frame.reply);
  }
  Client client = server.connect();
  CHECK_EQ(run(client, "AUTH secret"), "+OK");
  CHECK_EQ(run_words(client, {"ECHO", std::string(16'385, 'x')}).size(), 16'385 + 8 + 2);
}

TEST_CASE("requests that end too early are dropped at every byte") {
  const ServerProcess server(2);
  const std::string request = encode("SET key value") + encode_words({"APPEND", "key", "more"});
  for (size_t size = 0; size < request.size(); ++size) {
    const std::string expected = size < encode("SET key value").size() ? "" : "+OK\r\n";
    CHECK_EQ(answer_to(server, request.substr(0, size)), expected);
  }
  Client client = server.connect();
  CHECK_EQ(run(client, "GET key"), "$5 value");
  CHECK_EQ(run(client, "CLIENT LIST").find("\nid="), std::string::npos);
}

// Pieces of requests in an order that makes little sense. No NUL byte: Redis finds no line end
// behind one and waits for ever, where this server goes on.
std::string random_frame(Prng& prng) {
  static const std::vector<std::string> kPieces = {"*1\r\n",
                                                   "*2\r\n",
                                                   "*3\r\n",
                                                   "*-1\r\n",
                                                   "*0\r\n",
                                                   "$4\r\n",
                                                   "$3\r\n",
                                                   "$0\r\n",
                                                   "$-1\r\n",
                                                   "\r\n",
                                                   "\n",
                                                   "\r",
                                                   "PING\r\n",
                                                   "PING",
                                                   "GET",
                                                   "SET",
                                                   "k\r\n",
                                                   "ECHO x\r\n",
                                                   " ",
                                                   "\"",
                                                   "'",
                                                   "*1\r\n$4\r\nPING\r\n",
                                                   "*2\r\n$3\r\nGET\r\n$1\r\nk\r\n",
                                                   "$1\r\nv\r\n",
                                                   "\\x41",
                                                   "*",
                                                   "$",
                                                   "*2\r\n$4\r\nECHO\r\n",
                                                   "+OK\r\n",
                                                   ":1\r\n",
                                                   "*1000000\r\n",
                                                   "$500000000\r\n"};
  std::string bytes;
  for (uint64_t left = 1 + prng.below(12); left > 0; --left) {
    if (prng.one_in(6)) {
      for (uint64_t n = prng.below(20); n > 0; --n)
        bytes += static_cast<char>(1 + prng.below(255));
    } else {
      bytes += kPieces[prng.below(kPieces.size())];
    }
  }
  return bytes;
}

// A fixed seed and one that is new every time; both are printed when something fails.
std::vector<uint64_t> seeds() {
  return {1, static_cast<uint64_t>(::getpid())};
}

TEST_CASE("random frames do not disturb the server") {
  const ServerProcess server(2);
  Client other = server.connect();
  for (const uint64_t seed : seeds()) {
    CAPTURE(seed);
    Prng prng(seed);
    std::vector<Client> clients;
    for (int i = 0; i < 1'000; ++i) {
      if (clients.size() < 50) clients.push_back(server.connect());
      Client& client = clients[prng.below(clients.size())];
      send_all(client, random_frame(prng));
      if (prng.one_in(4)) {
        std::swap(client, clients.back());
        clients.pop_back();  // Without a look at what it was told.
      }
      if (prng.one_in(20)) REQUIRE_EQ(run(other, "PING"), "+PONG");
    }
  }
}

TEST_CASE("random frames get the replies of a redis-server") {
  if (!is_installed("redis-server")) {
    MESSAGE("redis-server is not installed: nothing to compare with");
    return;
  }
  const auto redis = ServerProcess::redis();
  const ServerProcess server(2);
  for (const uint64_t seed : seeds()) {
    CAPTURE(seed);
    Prng prng(seed);
    for (int i = 0; i < 250; ++i) {
      const std::string bytes = random_frame(prng);
      CAPTURE(quoted(bytes));
      CHECK_EQ(quoted(answer_to(server, bytes)), quoted(answer_to(*redis, bytes)));
    }
  }
}

TEST_CASE("announced sizes cost nothing until they come") {
  const ServerProcess server(2);
  const int64_t before = server.resident_bytes();
  std::vector<Client> clients;
  for (int i = 0; i < 40; ++i) {
    clients.push_back(server.connect());
    send_all(clients.back(), "*3\r\n$3\r\nSET\r\n$1\r\nk\r\n$500000000\r\nstart");
    clients.push_back(server.connect());
    send_all(clients.back(), "*2000000000\r\n$4\r\nMGET\r\n$1\r\nk\r\n");
  }
  Client other = server.connect();
  CHECK_EQ(run(other, "PING"), "+PONG");
  // 40 times 500 MB are promised; what is resident stays at a few pages for each.
  CHECK(server.resident_bytes() - before < 64 << 20);
}

TEST_CASE("a query buffer over its limit closes that client alone") {
  const ServerProcess server(2, {"--client-query-buffer-limit", "1mb"});
  Client client = server.connect();
  Client other = server.connect();
  // Arguments that are each small, of a command that never ends.
  std::string bytes = "*1000000\r\n";
  while (bytes.size() < (4u << 20))
    bytes += "$10\r\n0123456789\r\n";
  send_all(client, bytes);
  CHECK(client.is_closed_by_server());
  CHECK_EQ(run(other, "PING"), "+PONG");
}

// Asks for 64 MiB and more without reading any of it.
void ask_for_much(Client& client, int times) {
  std::string requests;
  for (int i = 0; i < times; ++i)
    requests += encode("GET big");
  send_all(client, requests);
}

TEST_CASE("a client that never reads is closed by client-output-buffer-limit") {
  constexpr std::string_view kName = "client_output_buffer_limit_disconnections";
  const ServerProcess server(2, {"--client-output-buffer-limit", "normal", "4mb", "0", "0"});
  Client other = server.connect();
  CHECK_EQ(run_words(other, {"SET", "big", std::string(1 << 20, 'x')}), "+OK\r\n");
  for (int i = 0; i < 4; ++i) {
    Client client = server.connect();
    ask_for_much(client, 64);
    // The end stands behind what was sent and not read, so at first only the server knows of it.
    const std::string closed = std::to_string(i + 1);
    const int64_t deadline_ns = read_monotonic_ns() + int64_t{20'000} * 1'000'000;
    while (info_field(other, "stats", kName) != closed && read_monotonic_ns() < deadline_ns)
      ::usleep(1000);
    CHECK_EQ(info_field(other, "stats", kName), closed);
    CHECK_LT(read_to_end(client).size(), size_t{64} << 20);
  }
  CHECK_EQ(run(other, "STRLEN big"), ":1048576");
}

TEST_CASE("a client that never reads hurts nobody where there is no limit") {
  const ServerProcess server(2);
  Client other = server.connect();
  CHECK_EQ(run_words(other, {"SET", "big", std::string(1 << 20, 'x')}), "+OK\r\n");
  const int64_t before = server.resident_bytes();
  std::vector<Client> clients;
  for (int i = 0; i < 8; ++i) {
    clients.push_back(server.connect());
    ask_for_much(clients.back(), 256);
  }
  for (int i = 0; i < 200; ++i) {
    REQUIRE_EQ(run(other, "SET small:" + std::to_string(i) + " v"), "+OK");
    REQUIRE_EQ(run(other, "GET small:" + std::to_string(i)), "$1 v");
  }
  // 2 GiB were asked for; waiting replies refer to the one value.
  MESSAGE("resident bytes for 8 clients with 256 MiB each to come: " << server.resident_bytes() -
                                                                            before);
  CHECK(server.resident_bytes() - before < 256 << 20);
  // One that wakes up gets all of it.
  const size_t reply = std::string("$1048576\r\n").size() + (1 << 20) + 2;
  static_cast<void>(read_bytes(clients[3], 256 * reply));
  CHECK_EQ(run(clients[3], "PING"), "+PONG");
}

}  // namespace
}  // namespace rondo
