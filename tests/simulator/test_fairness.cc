// Nobody starves: a hot key, a hundred clients, writes over all shards beside writes of one key.
// Time is counted in rounds, in each of which every core has one turn.
#include <algorithm>
#include <cstdio>
#include <string>
#include <vector>

#include "reactor/base/prng.h"
#include "tests/server/local_server.h"
#include "tests/testing.h"

namespace rondo {
namespace {

constexpr int kCores = 4;
constexpr int kClients = 100;
constexpr int kRounds = 4000;

// What one kind of client asks for, again and again.
enum class Role { kOneKey, kAllShards, kParked, kBlock };

struct Asker {
  LocalClient* client;
  Role role;
  int asked = -1;   // The round of the question; -1: none is open.
  int replies = 0;  // That are still to come.
};

struct Times {
  int answered = 0;
  int slowest = 0;
  int64_t sum = 0;
};

class Crowd {
 public:
  explicit Crowd(uint64_t seed) : prng_(seed), server_(kCores) {
    for (int shard = 0; shard < kCores; ++shard)
      keys_.push_back(server_.key_on(shard, "k"));
    for (int i = 0; i < kClients; ++i) {
      const auto role = static_cast<Role>(i % 10 < 5 ? 0 : i % 10 < 8 ? 1 : i % 10 < 9 ? 2 : 3);
      askers_.push_back({&server_.connect(i % kCores), role});
    }
  }

  void run() {
    for (int round = 0; round < kRounds; ++round) {
      for (Asker& asker : askers_)
        ask(asker, round);
      for (int core = 0; core < kCores; ++core)
        server_.turn(core);
      for (Asker& asker : askers_)
        look(asker, round);
    }
    // Those who still wait count too.
    for (const Asker& asker : askers_) {
      if (asker.asked >= 0) note(asker, kRounds);
    }
  }
  Times times(Role role) const { return times_[static_cast<size_t>(role)]; }

 private:
  void ask(Asker& asker, int round) {
    if (asker.asked >= 0) return;
    asker.asked = round;
    asker.replies = 1;
    const std::string value = std::to_string(prng_.below(1000));
    switch (asker.role) {
      case Role::kOneKey:
        asker.client->send_command({"SET", keys_[0], value});
        return;
      case Role::kAllShards: {
        std::vector<std::string> args = {"MSET"};
        for (const std::string& key : keys_)
          args.insert(args.end(), {key, value});
        asker.client->send_command(args);
        return;
      }
      case Role::kParked:
        asker.client->send_command({"COPY", keys_[0], keys_[prng_.below(kCores)], "REPLACE"});
        return;
      case Role::kBlock:
        asker.replies = 4;
        asker.client->send_command({"MULTI"});
        asker.client->send_command({"INCR", keys_[0]});
        asker.client->send_command({"GET", keys_[kCores - 1]});
        asker.client->send_command({"EXEC"});
        return;
    }
  }

  void look(Asker& asker, int round) {
    while (asker.asked >= 0 && !asker.client->take_reply().empty()) {
      if (--asker.replies > 0) continue;
      note(asker, round);
      asker.asked = -1;
    }
  }

  void note(const Asker& asker, int round) {
    Times& times = times_[static_cast<size_t>(asker.role)];
    ++times.answered;
    times.slowest = std::max(times.slowest, round - asker.asked);
    times.sum += round - asker.asked;
  }

  Prng prng_;
  LocalServer server_;
  std::vector<std::string> keys_;
  std::vector<Asker> askers_;
  Times times_[4];
};

TEST_CASE("everyone is served in a bounded number of rounds") {
  Crowd crowd(1);
  crowd.run();
  const char* const names[] = {"SET", "MSET over all shards", "COPY", "EXEC over two shards"};
  for (const Role role : {Role::kOneKey, Role::kAllShards, Role::kParked, Role::kBlock}) {
    const Times times = crowd.times(role);
    const char* const name = names[static_cast<size_t>(role)];
    std::printf("fairness: %s: %d answered, mean %.1f rounds, slowest %d\n", name, times.answered,
                static_cast<double>(times.sum) / times.answered, times.slowest);
    CAPTURE(name);
    CHECK_GT(times.answered, 100);
    // A few rounds for each of those who may be ahead.
    CHECK_LT(times.slowest, 15 * kClients);
  }
}

}  // namespace
}  // namespace rondo
