// What one request costs in this program, without the kernel: bytes in, parsed, executed, bytes
// out, through whole Cores and Sessions with no socket. Run it under callgrind for instruction
// counts:
//   valgrind --tool=callgrind build/bench/bench_session --requests 60000 --only lent --pipeline 30
//
// The ways that a request may take, on keys that are spread over the shards:
//   one      one core has all keys
//   lent     the other one of two cores sleeps, and lends its shard to the client's
//   parcels  the other one is awake: half of the requests travel there and back
// All cores run in turn on one thread, so a figure is the processor time of all of them together.
#include <fmt/format.h>

#include <cstdio>
#include <cstdlib>
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

enum class Way { kOne, kLent, kParcels };
constexpr const char* kWayNames[] = {"one", "lent", "parcels"};

constexpr size_t kClients = 25;

std::string command(std::initializer_list<std::string_view> words) {
  std::string text = fmt::format("*{}\r\n", words.size());
  for (std::string_view word : words)
    text += fmt::format("${}\r\n{}\r\n", word.size(), word);
  return text;
}

// Batches of `pipeline` commands, GET:SET 10:1 on random keys.
std::vector<std::string> make_batches(size_t pipeline, size_t keys, size_t count) {
  rondo::Prng prng(7);
  const std::string value(64, 'v');
  std::vector<std::string> batches(count);
  size_t n = 0;
  for (std::string& batch : batches) {
    for (size_t i = 0; i < pipeline; ++i) {
      const std::string key = fmt::format("memtier-{:08}", prng.below(keys));
      batch += ++n % 11 == 0 ? command({"SET", key, value}) : command({"GET", key});
    }
  }
  return batches;
}

class Cores final : public rondo::SessionHost {
 public:
  explicit Cores(Way way)
      : way_(way), server_(way == Way::kOne ? 1 : 2, rondo::Config{}), grid_(server_.cores_count) {
    for (int i = 0; i < server_.cores_count; ++i) {
      cores_.push_back(
          std::make_unique<Core>(server_, i, way == Way::kOne ? nullptr : &grid_.of(i)));
      cores_.back()->begin_tick(time_);
    }
    rondo::SessionAddress address;
    address.loopback = true;
    for (size_t i = 0; i < kClients; ++i)
      sessions_.push_back(new Session(*cores_[0], *this, address));
    if (way == Way::kLent) cores_[1]->offer_shard();
  }
  ~Cores() {
    if (way_ == Way::kLent) cores_[1]->reclaim_shard();
    for (Session* session : sessions_) {
      session->disconnected();
      delete session;
    }
  }

  void session_ready(Session& session) override { session.begin_flush(); }
  void session_finished(Session&) override {}

  // A tick in which every client sends `next()`, until all of it is answered.
  template <class Next>
  [[gnu::noinline]] void turn(Next&& next) {
    begin_tick(0);
    for (Session* session : sessions_)
      session->feed(next());
    flush(0);
    while (way_ == Way::kParcels && !idle()) {
      begin_tick(1);
      flush(1);
      begin_tick(0);
      flush(0);
    }
    for (Session* session : sessions_)
      session->output().clear();
  }

 private:
  void begin_tick(size_t core) {
    time_.mono_ns += 1000;
    cores_[core]->begin_tick(time_);
  }
  void flush(size_t core) {
    cores_[core]->flush();
    if (way_ != Way::kOne) grid_.of(static_cast<int>(core)).publish();
  }
  bool idle() const {
    for (const Session* session : sessions_) {
      if (!session->idle()) return false;
    }
    return true;
  }

  const Way way_;
  rondo::Server server_;
  rondo::MailboxGrid grid_;
  rondo::Time time_ = rondo::read_time();
  std::vector<std::unique_ptr<Core>> cores_;
  std::vector<Session*> sessions_;
};

void measure(Cores& cores, Way way, size_t pipeline, size_t keys, size_t requests) {
  const std::vector<std::string> batches = make_batches(pipeline, keys, 4000);
  size_t next = 0;
  const size_t turns = requests / pipeline / kClients;
  const int64_t from = rondo::read_monotonic_ns();
  for (size_t i = 0; i < turns; ++i)
    cores.turn([&]() -> const std::string& { return batches[next++ % batches.size()]; });
  const int64_t ns = rondo::read_monotonic_ns() - from;
  std::printf("%-8s pipeline %4zu, %8zu keys: %7.1f ns a request\n",
              kWayNames[static_cast<int>(way)], pipeline, keys,
              static_cast<double>(ns) / static_cast<double>(turns * pipeline * kClients));
}

struct Choice {
  size_t requests = 3'000'000;
  std::string_view way;  // Empty: all.
  size_t pipeline = 0;   // 0: several.
};

void measure(Way way, const Choice& choice) {
  Cores cores(way);
  const std::string value(64, 'v');
  for (const size_t keys : {size_t{1000}, size_t{1'000'000}}) {
    if (choice.requests < 100'000 && keys > 1000) break;
    size_t i = 0;
    while (i < keys)
      cores.turn([&] { return command({"SET", fmt::format("memtier-{:08}", i++), value}); });
    for (const size_t pipeline : {size_t{1}, size_t{30}, size_t{100}}) {
      if (choice.pipeline != 0 && choice.pipeline != pipeline) continue;
      measure(cores, way, pipeline, keys, choice.requests);
    }
  }
}

}  // namespace

int main(int argc, char** argv) {
  Choice choice;
  for (int i = 1; i + 1 < argc; i += 2) {
    const std::string_view option = argv[i];
    if (option == "--requests") choice.requests = std::strtoull(argv[i + 1], nullptr, 10);
    if (option == "--only") choice.way = argv[i + 1];
    if (option == "--pipeline") choice.pipeline = std::strtoull(argv[i + 1], nullptr, 10);
  }
  for (const Way way : {Way::kOne, Way::kLent, Way::kParcels}) {
    if (choice.way.empty() || choice.way == kWayNames[static_cast<int>(way)]) measure(way, choice);
  }
  return 0;
}
