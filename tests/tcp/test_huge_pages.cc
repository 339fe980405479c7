// Huge pages as disable-thp says. Covers server/huge_pages.cc.
#include <chrono>
#include <fstream>
#include <string>
#include <thread>

#include "reactor/base/clock.h"
#include "tests/tcp/exchange.h"
#include "tests/tcp/server_process.h"
#include "tests/testing.h"

namespace rondo {
namespace {

using client::Client;

std::string read_proc(const ServerProcess& server, const std::string& name) {
  std::ifstream file("/proc/" + std::to_string(server.pid()) + "/" + name);
  return {std::istreambuf_iterator<char>(file), {}};
}

// A mapping that was advised so.
bool has_advised_memory(const ServerProcess& server) {
  const std::string maps = read_proc(server, "smaps");
  for (size_t at = 0; (at = maps.find("VmFlags:", at)) != std::string::npos; ++at) {
    const std::string flags = maps.substr(at, maps.find('\n', at) - at);
    if (flags.find(" hg") != std::string::npos) return true;
  }
  return false;
}

TEST_CASE("huge pages: none unless they are wanted") {
  const ServerProcess server(1);
  const std::string status = read_proc(server, "status");
  if (status.find("THP_enabled:") == std::string::npos) return;  // A kernel without them.
  CHECK(status.find("THP_enabled:\t0") != std::string::npos);
  CHECK_FALSE(has_advised_memory(server));
  Client client = server.connect();
  CHECK_EQ(run(client, "CONFIG GET disable-thp"), "*2 $11 disable-thp $3 yes");
  CHECK(run(client, "CONFIG SET disable-thp no").find("immutable") != std::string::npos);
}

TEST_CASE("huge pages: wanted, and freed memory goes back all the same") {
  const ServerProcess server(1, {"--disable-thp", "no"});
  const std::string log = server.log();
  if (log.find("Huge pages: not available") != std::string::npos) return;
  CHECK(log.find("Huge pages: on") != std::string::npos);
  if (!kSanitized) CHECK(has_advised_memory(server));
  Client client = server.connect();
  constexpr int kValues = 64;
  const std::string value(1'000'000, 'v');
  for (int i = 0; i < kValues; ++i)
    CHECK_EQ(run_words(client, {"SET", "k" + std::to_string(i), value}), "+OK\r\n");
  for (int i = 0; i < kValues; ++i)
    CHECK_EQ(run(client, "STRLEN k" + std::to_string(i)), ":1000000");
  const int64_t full = server.resident_bytes();
  CHECK_EQ(run(client, "FLUSHALL"), "+OK");
  if (kSanitized) return;
  const int64_t deadline_ns = read_monotonic_ns() + int64_t{30} * 1'000'000'000;
  while (server.resident_bytes() > full - kValues * 500'000 && read_monotonic_ns() < deadline_ns)
    std::this_thread::sleep_for(std::chrono::milliseconds(20));
  CHECK_LT(server.resident_bytes(), full - kValues * 500'000);
}

}  // namespace
}  // namespace rondo
