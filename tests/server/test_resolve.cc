// Which shard a command goes to, as COMMAND's key specifications and the partition map say: seen in
// how many messages its core sends.
#include <string>
#include <vector>

#include "tests/server/local_server.h"
#include "tests/testing.h"

namespace rondo {
namespace {

// Requests that core 0 sent to other cores for one command of a client on it.
uint64_t hops_of(LocalServer& server, LocalClient& client, const std::vector<std::string>& args) {
  const uint64_t before = server.core(0).stats().hops;
  client.run_args(args);
  return server.core(0).stats().hops - before;
}

TEST_CASE("resolve: a command with one key goes to the shard of the key") {
  LocalServer server(3);
  LocalClient& client = server.connect(0);
  CHECK_EQ(hops_of(server, client, {"SET", server.key_on(0, "k"), "v"}), 0);
  CHECK_EQ(hops_of(server, client, {"SET", server.key_on(1, "k"), "v"}), 1);
  CHECK_EQ(hops_of(server, client, {"LRANGE", server.key_on(2, "l"), "0", "-1"}), 1);
  CHECK_EQ(hops_of(server, client, {"OBJECT", "ENCODING", server.key_on(1, "k")}), 1);
}

TEST_CASE("resolve: arguments that make no sense are refused where the client is") {
  LocalServer server(3);
  LocalClient& client = server.connect(0);
  const std::string there = server.key_on(1, "k");
  CHECK_EQ(hops_of(server, client, {"GET", there, "more"}), 0);
  CHECK_EQ(hops_of(server, client, {"GET"}), 0);
  CHECK_EQ(hops_of(server, client, {"NOSUCH", there}), 0);
  CHECK_EQ(hops_of(server, client, {"SCAN", "no number"}), 0);
  CHECK_EQ(client.run("MSET " + there + " v " + server.key_on(2, "k")),
           "-ERR wrong number of arguments for 'mset' command");
}

TEST_CASE("resolve: several keys on one shard are one request, found keys too") {
  LocalServer server(3);
  LocalClient& client = server.connect(0);
  const std::string one = server.key_on(1, "k", 1);
  const std::string two = server.key_on(1, "k", 2);
  CHECK_EQ(hops_of(server, client, {"MSET", one, "a", two, "b"}), 1);
  CHECK_EQ(hops_of(server, client,
                   {"SINTERCARD", "2", server.key_on(1, "s", 1), server.key_on(1, "s", 2)}),
           1);
}

}  // namespace
}  // namespace rondo
