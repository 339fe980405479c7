// The conversations of tests/server/conversations: several clients, with the replies recorded from
// Redis, on one shard and on three. Covers server/commands/transactions.cc,
// server/transaction_exec.cc, server/dispatch.cc, server/resolve.cc and server/view.cc.
#include <fstream>
#include <map>
#include <string>
#include <vector>

#include "protocol/quote.h"
#include "tests/server/local_server.h"
#include "tests/testing.h"

namespace rondo {
namespace {

std::vector<std::string> read_lines(const std::string& path) {
  std::ifstream in(path);
  REQUIRE(in.is_open());
  std::vector<std::string> lines;
  for (std::string line; std::getline(in, line);)
    lines.push_back(line);
  return lines;
}

// Clients live on different cores, in the order in which they first speak.
void converse(const std::string& name, int cores, bool bytewise) {
  CAPTURE(name);
  CAPTURE(cores);
  const std::vector<std::string> lines =
      read_lines(std::string(RONDO_CONVERSATIONS) + "/" + name + ".txt");
  auto server = std::make_unique<LocalServer>(cores);
  std::map<std::string, LocalClient*> clients;
  int first_core = 0;
  for (size_t i = 0; i < lines.size(); ++i) {
    const std::string& line = lines[i];
    if (line.empty() || line.starts_with('#')) continue;
    CAPTURE(i + 1);
    CAPTURE(line);
    if (line == "---") {
      clients.clear();
      server = std::make_unique<LocalServer>(cores);
      ++first_core;
      continue;
    }
    if (line.starts_with("wait ")) {
      server->advance_ms(std::stoi(line.substr(5)));
      continue;
    }
    const size_t colon = line.find(": ");
    REQUIRE_NE(colon, std::string::npos);
    LocalClient*& client = clients[line.substr(0, colon)];
    if (!client) {
      client = &server->connect((first_core + static_cast<int>(clients.size())) % cores);
      client->read_bytes_max = bytewise ? 1 : 0;
    }
    const auto args = split_words(line.substr(colon + 2));
    REQUIRE(args.has_value());
    REQUIRE(i + 1 < lines.size());
    const auto expected = split_words(lines[++i]);
    REQUIRE(expected.has_value());
    CHECK_EQ(quoted(client->run_args(*args)), quoted(expected->at(0)));
  }
}

TEST_CASE("conversations get the replies of Redis") {
  for (const char* name : {"errors", "lists", "transactions", "watch"}) {
    for (const int cores : {1, 3, 5})
      converse(name, cores, cores == 3);
  }
}

}  // namespace
}  // namespace rondo
