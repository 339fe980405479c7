#include "server/settle.h"

#include <string>
#include <vector>

#include "tests/server/local_server.h"
#include "tests/testing.h"

namespace rondo {
namespace {

constexpr int64_t kLimitNs = 60'000'000'000;

struct Counts {
  std::vector<int> runs = std::vector<int>(3);
  int finished = 0;
  int destroyed = 0;
};

class CountedTask : public CoreTask {
 public:
  explicit CountedTask(Counts& counts) : counts_(counts) {}
  ~CountedTask() override { ++counts_.destroyed; }
  void run(Core& core) override { ++counts_.runs[static_cast<size_t>(core.index())]; }
  void finish(Core&) override { ++counts_.finished; }

 private:
  Counts& counts_;
};

void disconnect_all(const std::vector<LocalClient*>& clients) {
  for (LocalClient* client : clients)
    client->disconnect();
}

TEST_CASE("a task ends wherever it is when the cores stop") {
  constexpr int kSteps = 12;
  constexpr int kAtHome = 8;  // In this one the last answer is at its home.
  for (int steps = 0; steps <= kSteps; ++steps) {
    Counts counts;
    LocalServer server(3);
    server.core(1).start_task(std::make_unique<CountedTask>(counts));
    for (int step = 0; step < steps; ++step) {
      // Every second turn ends before its messages are visible to others.
      server.begin_turn(step / 2 % 3);
      server.flush(step / 2 % 3);
      if (step % 2 == 1) server.publish(step / 2 % 3);
    }
    CHECK_EQ(counts.destroyed, steps > kAtHome ? 1 : 0);
    CHECK(settle(server.server(), server.grid(), kLimitNs));
    CHECK(counts.runs == std::vector<int>{1, 1, 1});
    CHECK_EQ(counts.finished, 1);
    CHECK_EQ(counts.destroyed, 1);
  }
}

TEST_CASE("more tasks than a mailbox takes end too") {
  Counts counts;
  LocalServer server(3, {}, 4);
  for (int i = 0; i < 50; ++i)
    server.core(0).start_task(std::make_unique<CountedTask>(counts));
  server.turn(0);
  CHECK(settle(server.server(), server.grid(), kLimitNs));
  CHECK(counts.runs == std::vector<int>{50, 50, 50});
  CHECK_EQ(counts.destroyed, 50);
}

TEST_CASE("clients that left in the middle of something end") {
  for (int turns = 0; turns < 12; ++turns) {
    LocalServer server(3);
    std::vector<LocalClient*> clients;
    for (int i = 0; i < 9; ++i)
      clients.push_back(&server.connect(i % 3));
    const std::string a = server.key_on(1, "a");
    const std::string b = server.key_on(2, "b");
    CHECK_EQ(clients[0]->run("SET " + a + " v"), "+OK");
    clients[1]->send_command({"MONITOR"});
    clients[2]->send_command({"RENAME", a, b});
    clients[3]->send_command({"BLMOVE", "l:" + a, b, "LEFT", "LEFT", "0"});
    clients[4]->send_command({"BLPOP", "l:" + a, "l:" + b, "0"});
    clients[5]->send_command({"RPUSH", "l:" + a, "1", "2"});
    clients[6]->send_command({"MSET", a, "1", b, "2"});
    clients[7]->send_command({"SUBSCRIBE", "news"});
    clients[8]->send_command({"CLIENT", "PAUSE", "100000"});
    for (int turn = 0; turn < turns; ++turn)
      server.turn(turn % 3);
    disconnect_all(clients);
    CHECK(settle(server.server(), server.grid(), kLimitNs));
    for (const LocalClient* client : clients)
      CHECK(client->finished());
    for (int core = 0; core < 3; ++core) {
      CHECK_EQ(server.core(core).monitors, 0);
      CHECK(server.core(core).quiet());
    }
  }
}

TEST_CASE("it gives up when its time is over") {
  LocalServer server(2);
  Counts counts;
  server.core(0).start_task(std::make_unique<CountedTask>(counts));
  CHECK(!settle(server.server(), server.grid(), 0));
  CHECK_EQ(counts.destroyed, 0);
  CHECK(settle(server.server(), server.grid(), kLimitNs));
  CHECK_EQ(counts.destroyed, 1);
}

}  // namespace
}  // namespace rondo
