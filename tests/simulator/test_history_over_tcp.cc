// The history workload against the real program: threads with blocking sockets, servers with two
// to four threads of their own, clients that hang up in the middle. What the simulator can not
// show, the order of memory between cores, has its chance here.
#include <algorithm>
#include <atomic>
#include <cstdio>
#include <string>
#include <thread>
#include <vector>

#include "protocol/slot.h"
#include "reactor/base/clock.h"
#include "tests/simulator/checker.h"
#include "tests/simulator/workload.h"
#include "tests/tcp/server_process.h"
#include "tests/testing.h"
#include "tools/client/client.h"

namespace rondo {
namespace {

constexpr int kClients = 8;
constexpr size_t kOperationsOfClient = 200;
constexpr int64_t kRunNs = 1'500'000'000;

// One thread's clients, one after the other.
class Talker {
 public:
  Talker(const ServerProcess& server, const WorkloadOptions& options, std::atomic<int>& next_client,
         uint64_t seed)
      : server_(server), options_(options), next_client_(next_client), prng_(seed) {}

  void run() {
    while (history_.operations.size() < kOperationsOfClient && problem_.empty())
      talk();
  }
  const History& history() const { return history_; }
  const std::string& problem() const { return problem_; }

 private:
  // One connection until it hangs up or has had enough.
  void talk() {
    client::Client connection = server_.connect();
    HistoryProcess process(options_, next_client_.fetch_add(1), prng_.next());
    while (process.history().operations.size() < kOperationsOfClient) {
      if (!connection.send(process.next(read_monotonic_ns()))) {
        problem_ = "sending failed";
        break;
      }
      if (prng_.one_in(60)) break;
      while (process.expected() != 0 && problem_.empty()) {
        auto reply = connection.read();
        if (!reply) {
          problem_ = "a reply did not come";
          break;
        }
        process.on_reply(*reply, read_monotonic_ns());
      }
      if (problem_.empty()) problem_ = process.problem();
      if (!problem_.empty()) break;
    }
    history_.append(process.history());
  }

  const ServerProcess& server_;
  const WorkloadOptions& options_;
  std::atomic<int>& next_client_;
  Prng prng_;
  History history_;
  std::string problem_;
};

// Waits until everything that hung-up clients had sent is over.
void wait_until_alone(client::Client& control) {
  for (;;) {
    auto list = control.command({"CLIENT", "LIST"});
    REQUIRE(list);
    if (std::count(list->text.begin(), list->text.end(), '\n') <= 1) return;
    std::this_thread::sleep_for(std::chrono::milliseconds(1));
  }
}

size_t run_round(const ServerProcess& server, client::Client& control,
                 const WorkloadOptions& options, uint64_t seed) {
  std::atomic<int> next_client{0};
  std::vector<Talker> talkers;
  talkers.reserve(kClients);
  for (int i = 0; i < kClients; ++i) {
    talkers.emplace_back(server, options, next_client, seed * kClients + static_cast<uint64_t>(i));
  }
  std::vector<std::thread> threads;
  for (Talker& talker : talkers)
    threads.emplace_back([&talker] { talker.run(); });
  for (std::thread& thread : threads)
    thread.join();
  wait_until_alone(control);

  HistoryProcess last(options, next_client.fetch_add(1), 0);
  REQUIRE(control.send(last.read_everything(read_monotonic_ns())));
  while (last.expected() != 0) {
    auto reply = control.read();
    REQUIRE(reply);
    last.on_reply(*reply, read_monotonic_ns());
  }
  CHECK_EQ(last.problem(), "");
  History history = last.history();
  history.complete = true;
  for (const Talker& talker : talkers) {
    CHECK_EQ(talker.problem(), "");
    history.append(talker.history());
  }
  const Verdict verdict = check_history(history);
  CHECK_EQ(verdict.report, "");
  REQUIRE(control.command({"FLUSHALL"}));
  return history.operations.size();
}

void run_server(int threads, bool strict) {
  CAPTURE(threads);
  CAPTURE(strict);
  ServerProcess server(threads, {"--strict-pipeline-order", strict ? "yes" : "no"});
  client::Client control = server.connect();
  WorkloadOptions options;
  options.strict_order = strict;
  options.shard_of = [threads](std::string_view key) {
    return static_cast<int>(key_slot(key)) * threads / static_cast<int>(kSlots);
  };
  const auto seed = static_cast<uint64_t>(read_unix_us());
  const int64_t until_ns = read_monotonic_ns() + kRunNs;
  size_t operations = 0;
  int rounds = 0;
  while (read_monotonic_ns() < until_ns) {
    operations += run_round(server, control, options, seed + static_cast<uint64_t>(rounds));
    ++rounds;
  }
  std::printf("history over TCP: %d threads%s: %zu operations in %d rounds, seed %llu\n", threads,
              strict ? ", strict order" : "", operations, rounds,
              static_cast<unsigned long long>(seed));
}

TEST_CASE("the real program is strictly serializable") {
  for (const int threads : {2, 3, 4}) {
    for (const bool strict : {false, true})
      run_server(threads, strict);
  }
}

}  // namespace
}  // namespace rondo
