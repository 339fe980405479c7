// 10,000 idle connections: what they cost, and that commands are served beside them.
#include <sys/resource.h>

#include <algorithm>
#include <string>
#include <vector>

#include "tests/tcp/exchange.h"
#include "tests/tcp/server_process.h"
#include "tests/testing.h"

namespace rondo {
namespace {

using client::Client;

constexpr rlim_t kWanted = 10'000;
constexpr rlim_t kOthers = 100;  // Descriptors beside the connections, on either side.

// How many connections this process and its children may hold.
size_t connections_allowed() {
  rlimit limit{};
  REQUIRE(::getrlimit(RLIMIT_NOFILE, &limit) == 0);
  rlimit raised = limit;
  raised.rlim_cur = kWanted + kOthers;
  raised.rlim_max = std::max(limit.rlim_max, raised.rlim_cur);
  if (limit.rlim_cur < raised.rlim_cur && ::setrlimit(RLIMIT_NOFILE, &raised) != 0) {
    raised = {limit.rlim_max, limit.rlim_max};
    REQUIRE(::setrlimit(RLIMIT_NOFILE, &raised) == 0);
  }
  REQUIRE(::getrlimit(RLIMIT_NOFILE, &limit) == 0);
  const rlim_t allowed = std::min(kWanted, limit.rlim_cur - kOthers);
  if (allowed < kWanted) {
    MESSAGE("the limit of open files is " << limit.rlim_cur << ": " << allowed
                                          << " connections instead of " << kWanted);
  }
  return allowed;
}

TEST_CASE("10,000 idle connections") {
  const size_t count = connections_allowed();
  const ServerProcess server(2, {"--maxclients", std::to_string(count)});
  Client first = server.connect();
  CHECK_EQ(run(first, "SET k v"), "+OK");
  const int64_t before = server.resident_bytes();
  std::vector<Client> clients;
  clients.reserve(count);
  for (size_t i = 1; i < count; ++i) {
    clients.push_back(server.connect());
    // The listen queue is shorter than this loop is fast: now and then, wait for the server.
    if (i % 100 == 0) REQUIRE_EQ(run(clients.back(), "PING"), "+PONG");
  }
  for (Client& client : clients) {
    send_all(client, encode("GET k"));
    REQUIRE_EQ(read_reply(client), "$1\r\nv\r\n");
  }
  CHECK_EQ(info_field(first, "clients", "connected_clients"), std::to_string(count));
  const int64_t each = (server.resident_bytes() - before) / static_cast<int64_t>(count);
  MESSAGE(count << " connections, " << each << " resident bytes for each");
  if (!kSanitized) CHECK(each < 8 << 10);

  // One more is refused with Redis's text.
  Client refused = server.connect();
  CHECK_EQ(read_to_end(refused), "-ERR max number of clients reached\r\n");
  CHECK_EQ(info_field(first, "stats", "rejected_connections"), "1");

  // All of them leave at once; the places are free again.
  clients.clear();
  for (int i = 0; i < 1000 && info_field(first, "clients", "connected_clients") != "1"; ++i) {
    CHECK_EQ(run(first, "GET k"), "$1 v");
  }
  CHECK_EQ(info_field(first, "clients", "connected_clients"), "1");
  Client again = server.connect();
  CHECK_EQ(run(again, "PING"), "+PONG");
}

TEST_CASE("maxclients can be changed while clients are connected") {
  const ServerProcess server(2, {"--maxclients", "2"});
  Client first = server.connect();
  Client second = server.connect();
  CHECK_EQ(run(first, "PING"), "+PONG");
  CHECK_EQ(run(second, "PING"), "+PONG");
  Client third = server.connect();
  CHECK_EQ(read_to_end(third), "-ERR max number of clients reached\r\n");
  CHECK_EQ(run(first, "CONFIG SET maxclients 3"), "+OK");
  Client fourth = server.connect();
  CHECK_EQ(run(fourth, "PING"), "+PONG");
}

TEST_CASE("connections that come and go leave nothing behind") {
  const ServerProcess server(2);
  Client stays = server.connect();
  for (int i = 0; i < 500; ++i) {
    Client client = server.connect();
    if (i % 2 == 0) REQUIRE_EQ(run(client, "INCR visits"), ":" + std::to_string(i / 2 + 1));
  }
  const std::string list = "/proc/" + std::to_string(server.pid()) + "/fd";
  for (int i = 0; i < 1000 && info_field(stays, "clients", "connected_clients") != "1"; ++i) {
  }
  CHECK_EQ(info_field(stays, "clients", "connected_clients"), "1");
  CHECK_EQ(info_field(stays, "stats", "total_connections_received"), "501");
  const Finished open = run_program({"sh", "-c", "ls " + list + " | wc -l"});
  CHECK_MESSAGE(std::stoi(open.output) < 64, open.output);
}

}  // namespace
}  // namespace rondo
