// Replies that are too large for client-output-buffer-limit, over sockets: what the process holds
// stays near the limit, and its log and its counters tell of the client that went.
#include <fstream>
#include <string>
#include <vector>

#include "tests/tcp/exchange.h"
#include "tests/tcp/server_process.h"
#include "tests/testing.h"

namespace rondo {
namespace {

// The most memory that the process has ever held.
size_t peak_bytes(const ServerProcess& server) {
  std::ifstream status("/proc/" + std::to_string(server.pid()) + "/status");
  std::string word;
  size_t kilobytes = 0;
  while (status >> word) {
    if (word == "VmHWM:") status >> kilobytes;
  }
  return kilobytes * 1024;
}

TEST_CASE("large replies: a process does not grow by what its limit forbids") {
  ServerProcess server(2, {"--client-output-buffer-limit", "normal 1000000 0 0"});
  client::Client writer = server.connect();
  const std::string member(200, 'm');
  const std::vector<std::string> keys = {"a", "b", "c", "d", "e", "f"};
  for (const std::string& key : keys) {
    for (int from = 0; from < 20'000; from += 1000) {
      std::vector<std::string> command = {"RPUSH", key};
      for (int i = from; i < from + 1000; ++i)
        command.push_back(member + std::to_string(i));
      run_words(writer, command);
    }
  }
  const size_t before = peak_bytes(server);
  // Each reply would be of 4 MB, and a transaction's of 48 MB.
  size_t closed = 0;
  for (const std::string& key : keys) {
    client::Client alone = server.connect();
    send_all(alone, encode("LRANGE " + key + " 0 -1"));
    CHECK_EQ(read_to_end(alone), "");
    client::Client piped = server.connect();
    std::string requests;
    for (int i = 0; i < 30; ++i)
      requests += encode("LRANGE " + key + " 0 -1");
    send_all(piped, requests);
    CHECK_EQ(read_to_end(piped), "");
    closed += 2;
  }
  for (const std::vector<std::string>& tags : {std::vector<std::string>{"a"}, keys}) {
    client::Client exec = server.connect();
    std::string requests = encode("MULTI");
    for (int i = 0; i < 12; ++i)
      requests += encode("LRANGE " + tags[static_cast<size_t>(i) % tags.size()] + " 0 -1");
    CHECK_EQ(run(exec, "PING"), "+PONG");
    send_all(exec, requests + encode("EXEC"));
    CHECK(read_to_end(exec).find("*12") == std::string::npos);
    ++closed;
  }
  if (!kSanitized) CHECK_LT(peak_bytes(server), before + 12'000'000);
  const std::string name = "client_output_buffer_limit_disconnections";
  CHECK_EQ(info_field(writer, "stats", name), std::to_string(closed));
  CHECK(server.log().find("scheduled to be closed ASAP for overcoming of output buffer limits.") !=
        std::string::npos);
}

}  // namespace
}  // namespace rondo
