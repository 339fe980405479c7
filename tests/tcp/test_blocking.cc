// Clients that wait for their keys, over sockets: the time that a wait takes, clients that hang up
// or are killed, and the end of the server.
#include <csignal>
#include <string>
#include <thread>
#include <vector>

#include "reactor/base/clock.h"
#include "tests/tcp/exchange.h"
#include "tests/tcp/server_process.h"
#include "tests/testing.h"

namespace rondo {
namespace {

using client::Client;

// Waits until so many clients are blocked.
void wait_until_blocked(Client& control, int count) {
  const std::string wanted = "blocked_clients:" + std::to_string(count) + "\r\n";
  for (int tries = 0; tries < 5'000; ++tries) {
    const Result<RespValue> info = control.command({"INFO", "clients"});
    REQUIRE(static_cast<bool>(info));
    if (info.value().text.find(wanted) != std::string::npos) return;
    std::this_thread::sleep_for(std::chrono::milliseconds(1));
  }
  FAIL("never " << wanted);
}

TEST_CASE("blocking: a time-out comes in time, on cores that sleep") {
  ServerProcess server(2);
  for (int i = 0; i < 6; ++i) {
    Client client = server.connect();
    const int64_t from_ns = read_monotonic_ns();
    CHECK_EQ(run(client, "BLPOP key" + std::to_string(i) + " 0.15"), "*-1");
    const int64_t took_ms = (read_monotonic_ns() - from_ns) / 1'000'000;
    CHECK_GE(took_ms, 150);
    CHECK_LT(took_ms, 650);  // Far less on a machine that has nothing else to do.
  }
}

TEST_CASE("blocking: elements pass between clients of both cores") {
  ServerProcess server(2);
  Client control = server.connect();
  std::vector<Client> waiting;
  constexpr int kClients = 20;
  for (int i = 0; i < kClients; ++i) {
    waiting.push_back(server.connect());
    // Some wait for keys of both shards.
    send_all(waiting.back(), encode(i % 2 == 0 ? "BLPOP list 0" : "BLPOP list other third 0"));
    wait_until_blocked(control, i + 1);
  }
  for (int i = 0; i < kClients; ++i)
    CHECK_EQ(run(control, "RPUSH list " + std::to_string(i)), ":1");
  // The one that waits longest is the first.
  for (int i = 0; i < kClients; ++i) {
    const Result<RespValue> reply = waiting[static_cast<size_t>(i)].read();
    REQUIRE(static_cast<bool>(reply));
    REQUIRE(reply.value().elements.size() == 2);
    CHECK_EQ(reply.value().elements[1].text, std::to_string(i));
  }
  wait_until_blocked(control, 0);
}

TEST_CASE("blocking: a queue of threads loses nothing") {
  ServerProcess server(2);
  constexpr int kThreads = 4;
  constexpr int kElements = 500;
  std::vector<int> seen(kThreads * kElements);
  std::vector<std::vector<int>> taken(kThreads);
  std::vector<std::thread> threads;
  for (int number = 0; number < kThreads; ++number) {
    threads.emplace_back([&, number] {
      Client producer = server.connect();
      for (int i = 0; i < kElements; ++i) {
        const std::string queue = i % 3 == 0 ? "first" : i % 3 == 1 ? "second" : "third";
        static_cast<void>(
            producer.command({"RPUSH", queue, std::to_string(number * kElements + i)}));
      }
    });
    threads.emplace_back([&, number] {
      Client consumer = server.connect();
      // Elements of "third" come by way of "first" or "second".
      while (taken[static_cast<size_t>(number)].size() < kElements) {
        static_cast<void>(consumer.command(
            {"BLMOVE", "third", number % 2 == 0 ? "first" : "second", "LEFT", "RIGHT", "0.002"}));
        auto reply = consumer.command({"BLPOP", "first", "second", "0.05"});
        if (!reply) return;
        if (reply->is_null()) continue;
        taken[static_cast<size_t>(number)].push_back(std::stoi(reply->elements[1].text));
      }
    });
  }
  for (std::thread& thread : threads)
    thread.join();
  for (const std::vector<int>& elements : taken) {
    CHECK_EQ(elements.size(), static_cast<size_t>(kElements));
    for (int element : elements)
      ++seen[static_cast<size_t>(element)];
  }
  for (int count : seen)
    CHECK_EQ(count, 1);
}

TEST_CASE("blocking: clients that hang up or are killed do not wait any more") {
  ServerProcess server(2);
  Client control = server.connect();
  for (int i = 0; i < 4; ++i) {
    Client client = server.connect();
    send_all(client, encode("BLPOP list other 0"));
    wait_until_blocked(control, 1);
    if (i % 2 == 0) {
      // It says that it sends no more, as a client does that closes.
      client.finish_sending();
    } else {
      CHECK_EQ(run(control, "CLIENT KILL TYPE normal"), ":1");
    }
    CHECK_EQ(read_to_end(client), "");
    wait_until_blocked(control, 0);
  }
  // One that hangs up before it is known to wait.
  const std::string received = info_field(control, "stats", "total_connections_received");
  const std::string all = std::to_string(std::stoi(received) + 50);
  for (int i = 0; i < 50; ++i) {
    Client client = server.connect();
    send_all(client, encode("BLPOP list other 0"));
  }
  while (info_field(control, "stats", "total_connections_received") != all ||
         info_field(control, "clients", "connected_clients") != "1") {
    std::this_thread::sleep_for(std::chrono::milliseconds(1));
  }
  CHECK_EQ(run(control, "RPUSH list x"), ":1");
  CHECK_EQ(run(control, "LLEN list"), ":1");
}

TEST_CASE("blocking: SHUTDOWN and signals do not wait for those who wait") {
  for (const bool by_signal : {false, true}) {
    ServerProcess server(2);
    Client control = server.connect();
    std::vector<Client> waiting;
    for (int i = 0; i < 10; ++i) {
      waiting.push_back(server.connect());
      send_all(waiting.back(),
               encode(i % 2 == 0 ? "BLPOP list other 0" : "BLMOVE list x LEFT LEFT 0"));
    }
    wait_until_blocked(control, 10);
    const int64_t from_ns = read_monotonic_ns();
    if (by_signal) {
      server.signal(SIGTERM);
    } else {
      send_all(control, encode("SHUTDOWN NOSAVE"));
    }
    for (Client& client : waiting)
      CHECK_EQ(read_to_end(client), "");
    control.finish_sending();
    server.expect_clean_end();
    CHECK_LT((read_monotonic_ns() - from_ns) / 1'000'000, 1'500);
  }
}

}  // namespace
}  // namespace rondo
