// BlockingFixture: a whole server with clients that block.
#pragma once

#include <algorithm>
#include <string>
#include <vector>

#include "tests/server/local_server.h"
#include "tests/testing.h"

namespace rondo {

// A server whose keys are named by the shard that they are to be on: "1:k" is a key of shard 1, or
// of the only one there is.
struct BlockingFixture {
  explicit BlockingFixture(int cores) : server(cores), control(&server.connect(0)) {}

  std::string key(const std::string& word) const {
    if (word.size() < 3 || word[1] != ':' || word[0] < '0' || word[0] > '9') return word;
    return server.key_on((word[0] - '0') % server.cores(), word.substr(2));
  }
  std::vector<std::string> args(const std::string& words) const {
    std::vector<std::string> result;
    for (size_t at = 0; at < words.size();) {
      const size_t end = std::min(words.find(' ', at), words.size());
      result.push_back(key(words.substr(at, end - at)));
      at = end + 1;
    }
    return result;
  }
  // The reply in one line, with the short names of keys.
  std::string line(std::string reply) const {
    std::string text;
    for (char c : reply) {
      if (c == '\r') c = ' ';
      if (c != '\n') text += c;
    }
    if (!text.empty()) text.pop_back();
    return text;
  }
  std::string run(LocalClient& client, const std::string& words) {
    return line(client.run_args(args(words)));
  }
  std::string run(const std::string& words) { return run(*control, words); }
  // Several commands of one MULTI block.
  std::string exec(const std::vector<std::string>& commands) {
    CHECK_EQ(run("MULTI"), "+OK");
    for (const std::string& command : commands)
      CHECK_EQ(run(command), "+QUEUED");
    return run("EXEC");
  }
  // A client that sends one command, which blocks it.
  LocalClient& block(int core, const std::string& words) {
    LocalClient& client = server.connect(core % server.cores());
    block(client, words);
    return client;
  }
  void block(LocalClient& client, const std::string& words) {
    client.send_command(args(words));
    server.pump();
    CHECK_EQ(client.received(), "");
    CHECK(client.session().waits_for_keys());
  }
  std::string received(LocalClient& client) {
    server.pump();
    return line(client.take_received());
  }
  size_t waiting() {
    size_t count = 0;
    for (int i = 0; i < server.cores(); ++i)
      count += server.core(i).blocking().waiting();
    return count;
  }
  // "*2 $3 0:k $1 v" with the real name of the key.
  std::string pair(const std::string& word, const std::string& value) const {
    const std::string name = key(word);
    return "*2 $" + std::to_string(name.size()) + " " + name + " $" + std::to_string(value.size()) +
           " " + value;
  }
  std::string id(LocalClient& client) { return std::to_string(client.session().id()); }

  LocalServer server;
  LocalClient* control;
};

}  // namespace rondo
