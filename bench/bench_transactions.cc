// What atomicity costs: operations on one shard (L0), over several shards under key locks (L1) and
// under parks (L2), beside single-key commands, for 1, 2 and 4 shards. All cores run in turn on one
// thread, so a figure is the CPU time of all of them together for one operation, without the kernel
// and without wake-ups: 50 clients, each with one operation under way (a pipeline where said).
//   build/bench/bench_transactions [--operations 200000]
#include <fmt/format.h>

#include <cstdio>
#include <cstdlib>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "reactor/base/clock.h"
#include "reactor/base/prng.h"
#include "server/core.h"

namespace {

using rondo::Core;
using rondo::Session;

constexpr size_t kClients = 50;
constexpr size_t kKeys = 100'000;

std::string command(const std::vector<std::string>& words) {
  std::string text = fmt::format("*{}\r\n", words.size());
  for (const std::string& word : words)
    text += fmt::format("${}\r\n{}\r\n", word.size(), word);
  return text;
}

class Client final : public rondo::SessionHost {
 public:
  explicit Client(Core& core) {
    rondo::SessionAddress address;
    address.loopback = true;
    session_ = new Session(core, *this, address);
  }
  void session_ready(Session& session) override { session.begin_flush(); }
  void session_finished(Session&) override {}
  Session& session() { return *session_; }

 private:
  Session* session_;  // Lives as long as the program.
};

class Cluster {
 public:
  explicit Cluster(int cores) : server_(cores, rondo::Config{}), grid_(cores) {
    for (int i = 0; i < cores; ++i) {
      cores_.push_back(std::make_unique<Core>(server_, i, &grid_.of(i)));
      cores_.back()->begin_tick(rondo::read_time());
    }
    for (size_t i = 0; i < kClients; ++i) {
      clients_.push_back(std::make_unique<Client>(*cores_[i % cores_.size()]));
    }
  }

  // One turn of every core, feeding each client of it that is idle with `make`; returns how many
  // operations were fed.
  template <class Make>
  size_t turn(Make&& make, bool feed) {
    size_t fed = 0;
    for (auto& core : cores_) {
      core->begin_tick(time_);
      for (auto& client : clients_) {
        Session& session = client->session();
        if (&session.core() != core.get() || !session.idle()) continue;
        session.output().clear();
        if (!feed) continue;
        session.feed(make());
        ++fed;
      }
      core->flush();
      grid_.of(core->index()).publish();
    }
    return fed;
  }

  bool busy() const {
    for (const auto& client : clients_) {
      if (!client->session().idle()) return true;
    }
    return false;
  }

  int shard_of(const std::string& key) const { return server_.shard_of(key); }

 private:
  rondo::Server server_;
  rondo::MailboxGrid grid_;
  rondo::Time time_ = rondo::read_time();
  std::vector<std::unique_ptr<Core>> cores_;
  std::vector<std::unique_ptr<Client>> clients_;
};

// The inputs are made beforehand, so that making them is not measured.
double measure(Cluster& cluster, size_t operations, const std::function<std::string()>& make) {
  std::vector<std::string> inputs(4096);
  for (std::string& input : inputs)
    input = make();
  size_t next = 0;
  auto input = [&]() -> const std::string& { return inputs[next++ % inputs.size()]; };
  const int64_t from = rondo::read_monotonic_ns();
  for (size_t done = 0; done < operations;)
    done += cluster.turn(input, true);
  while (cluster.busy())
    cluster.turn(input, false);
  return static_cast<double>(rondo::read_monotonic_ns() - from) / static_cast<double>(operations);
}

std::string key_of(rondo::Prng& prng) {
  return fmt::format("key:{:012}", prng.below(kKeys));
}

void report(int cores, size_t operations) {
  Cluster cluster(cores);
  rondo::Prng prng(3);
  size_t n = 0;
  const std::string value(64, 'v');
  auto words = [&](const char* name, size_t keys, bool values, bool tagged) {
    std::vector<std::string> list{name};
    const std::string tag = fmt::format("{{{}}}", prng.below(1000));
    for (size_t i = 0; i < keys; ++i) {
      list.push_back(tagged ? tag + key_of(prng) : key_of(prng));
      if (values) list.push_back(value);
    }
    return command(list);
  };
  static_cast<void>(measure(cluster, kKeys, [&] {
    return command({"SET", fmt::format("key:{:012}", n++ % kKeys), value});
  }));
  struct Row {
    const char* name;
    std::function<std::string()> make;
  };
  auto five = [&](bool transaction) {
    const std::string tag = fmt::format("{{{}}}", prng.below(1000));
    std::string text = transaction ? command({"MULTI"}) : "";
    for (int i = 0; i < 5; ++i)
      text += command({"SET", tag + key_of(prng), value});
    return text + (transaction ? command({"EXEC"}) : "");
  };
  const Row rows[] = {
      {"GET", [&] { return words("GET", 1, false, false); }},
      {"SET", [&] { return words("SET", 1, true, false); }},
      {"MGET 10, one shard (L0)", [&] { return words("MGET", 10, false, true); }},
      {"MGET 10, any shards (L1)", [&] { return words("MGET", 10, false, false); }},
      {"MSET 10, one shard (L0)", [&] { return words("MSET", 10, true, true); }},
      {"MSET 10, any shards (L1)", [&] { return words("MSET", 10, true, false); }},
      {"5 SET in a pipeline, one tag", [&] { return five(false); }},
      {"EXEC of 5 SET, one tag (L0)", [&] { return five(true); }},
      {"EXEC of SET a, SET b (L1)",
       [&] {
         return command({"MULTI"}) + command({"SET", key_of(prng), value}) +
                command({"SET", key_of(prng), value}) + command({"EXEC"});
       }},
      {"COPY a b REPLACE (L2)",
       [&] {
         return command({"COPY", key_of(prng), key_of(prng), "REPLACE"});
       }},
  };
  for (const Row& row : rows) {
    const double ns = measure(cluster, operations, row.make);
    std::printf("%d shards  %-32s %8.0f ns\n", cores, row.name, ns);
  }
}

}  // namespace

int main(int argc, char** argv) {
  size_t operations = 200'000;
  for (int i = 1; i + 1 < argc; i += 2) {
    if (std::string_view(argv[i]) == "--operations") {
      operations = static_cast<size_t>(std::strtoull(argv[i + 1], nullptr, 10));
    }
  }
  for (const int cores : {1, 2, 4})
    report(cores, operations);
  return 0;
}
