// What one request costs in this program, without the kernel: bytes in, parsed, executed, bytes
// out, through a whole Core and Session with no socket. Run it under callgrind for instruction
// counts:
//   valgrind --tool=callgrind build/bench/bench_session --requests 60000
#include <fmt/format.h>

#include <cstdio>
#include <cstdlib>
#include <string>
#include <string_view>
#include <vector>

#include "reactor/base/clock.h"
#include "reactor/base/prng.h"
#include "server/core.h"

namespace {

using rondo::Core;
using rondo::Session;

class NullHost final : public rondo::SessionHost {
 public:
  void session_ready(Session& session) override { session.begin_flush(); }
  void session_finished(Session&) override {}
};

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

void measure(Core& core, Session& session, size_t pipeline, size_t keys, size_t rounds) {
  const std::vector<std::string> batches = make_batches(pipeline, keys, 2000);
  const int64_t from = rondo::read_monotonic_ns();
  for (size_t i = 0; i < rounds; ++i) {
    core.begin_tick(rondo::Time{1'700'000'000'000'000, static_cast<int64_t>(i)});
    session.feed(batches[i % batches.size()]);
    core.flush();
    session.output().clear();
  }
  const int64_t ns = rondo::read_monotonic_ns() - from;
  std::printf("pipeline %4zu, %8zu keys: %7.1f ns a request\n", pipeline, keys,
              static_cast<double>(ns) / static_cast<double>(rounds * pipeline));
}

}  // namespace

int main(int argc, char** argv) {
  size_t requests = 3'000'000;
  for (int i = 1; i + 1 < argc; i += 2) {
    if (std::string_view(argv[i]) == "--requests") {
      requests = static_cast<size_t>(std::strtoull(argv[i + 1], nullptr, 10));
    }
  }
  rondo::Server server(1, rondo::Config{});
  Core core(server, 0, nullptr);
  core.begin_tick(rondo::read_time());
  NullHost host;
  rondo::SessionAddress address;
  address.loopback = true;
  auto* session = new Session(core, host, address);
  for (const size_t keys : {size_t{1000}, size_t{1'000'000}}) {
    if (requests < 100'000 && keys > 1000) break;
    for (size_t i = 0; i < keys; ++i) {
      session->feed(command({"SET", fmt::format("memtier-{:08}", i), std::string(64, 'v')}));
      session->output().clear();
    }
    for (const size_t pipeline : {size_t{1}, size_t{30}, size_t{100}}) {
      measure(core, *session, pipeline, keys, requests / pipeline);
    }
  }
  session->disconnected();
  delete session;
  return 0;
}
