// Runs the scripts of tests/scripts over TCP with 1, 2 and 3 threads, in RESP2 and RESP3, and
// compares the replies with those recorded from Redis; and, where redis-server is installed, with
// those of a live one, so that a record that is out of date does not stay unseen.
#include <algorithm>
#include <filesystem>
#include <string>
#include <vector>

#include "protocol/quote.h"
#include "protocol/resp_reader.h"
#include "tests/tcp/exchange.h"
#include "tests/tcp/server_process.h"
#include "tests/testing.h"

namespace rondo {
namespace {

using client::Client;
using Words = std::vector<std::string>;

// As the recorded server was started.
const Words kOptions = {"--enable-debug-command", "yes"};

// The lines of a script or of its record; comments and empty lines left out.
Words read_lines(const std::string& path) {
  const std::string text = read_file(path);
  REQUIRE_MESSAGE(!text.empty(), path);
  Words lines;
  for (size_t at = 0; at < text.size();) {
    const size_t end = std::min(text.find('\n', at), text.size());
    if (end > at && text[at] != '#') lines.push_back(text.substr(at, end - at));
    at = end + 1;
  }
  return lines;
}

Words words_of(const std::string& line) {
  const auto words = split_words(line);
  REQUIRE_MESSAGE(words.has_value(), line);
  return *words;
}

std::vector<std::filesystem::path> scripts() {
  std::vector<std::filesystem::path> found;
  for (const auto& entry : std::filesystem::directory_iterator(RONDO_SCRIPTS)) {
    if (entry.path().extension() == ".txt") found.push_back(entry.path());
  }
  std::sort(found.begin(), found.end());
  REQUIRE(found.size() >= 3);
  return found;
}

RespValue parse(const std::string& bytes) {
  RespReader reader;
  reader.feed(bytes);
  RespValue value;
  REQUIRE(reader.next(value) == RespReader::Status::kValue);
  return value;
}

std::string sorted_list(Words keys) {
  std::sort(keys.begin(), keys.end());
  std::string list = "keys";
  for (const std::string& key : keys)
    list += " " + rondo::quoted(key);
  return list;
}

// A scan over several shards takes other steps than one over a single table: all of them, as one
// reply with the keys in order.
std::string scan_all(Client& client, Words words) {
  std::string reply = run_words(client, words);
  Words keys;
  while (true) {
    const RespValue step = parse(reply);
    if (step.is_error()) return reply;
    for (const RespValue& key : step.elements.at(1).elements)
      keys.push_back(key.text);
    if (step.elements[0].text == "0") break;
    words[1] = step.elements[0].text;
    reply = run_words(client, words);
  }
  return sorted_list(std::move(keys));
}

// What `words` get, in a form that two servers can be compared by.
std::string answer(Client& client, const Words& words) {
  if (words[0] == "SCAN" && words.size() > 1) return scan_all(client, words);
  const std::string reply = run_words(client, words);
  // The scripts ask for it right after a write, which may be some seconds ago on a busy machine.
  const bool idle_time = words.size() == 3 && words[1] == "IDLETIME" && reply[0] == ':';
  return idle_time ? ":0\r\n" : reply;
}

// The recorded reply in the same form. A recorded scan is one whose first step was the last.
std::string recorded(const Words& words, const std::string& line) {
  const std::string reply = words_of(line).at(0);
  if (words[0] != "SCAN" || words.size() == 1 || reply[0] == '-') return reply;
  const RespValue step = parse(reply);
  Words keys;
  for (const RespValue& key : step.elements.at(1).elements)
    keys.push_back(key.text);
  return sorted_list(std::move(keys));
}

Client connect(const ServerProcess& server, int version) {
  Client client = server.connect();
  REQUIRE(run(client, "HELLO " + std::to_string(version)).find("proto") != std::string::npos);
  return client;
}

void compare_with_record(const ServerProcess& server, const std::filesystem::path& script,
                         int version) {
  const Words lines = read_lines(script);
  std::filesystem::path record = script;
  record.replace_extension(".resp" + std::to_string(version));
  const Words replies = read_lines(record);
  REQUIRE(lines.size() == replies.size());
  Client client = connect(server, version);
  for (size_t i = 0; i < lines.size(); ++i) {
    CAPTURE(lines[i]);
    const Words words = words_of(lines[i]);
    CHECK_EQ(rondo::quoted(answer(client, words)), rondo::quoted(recorded(words, replies[i])));
  }
}

void compare_with_redis(const ServerProcess& server, const ServerProcess& redis,
                        const std::filesystem::path& script, int version) {
  Client ours = connect(server, version);
  Client theirs = connect(redis, version);
  for (const std::string& line : read_lines(script)) {
    CAPTURE(line);
    const Words words = words_of(line);
    CHECK_EQ(rondo::quoted(answer(ours, words)), rondo::quoted(answer(theirs, words)));
  }
}

TEST_CASE("scripts get the recorded replies") {
  for (const int threads : {1, 2, 3}) {
    const ServerProcess server(threads, kOptions);
    for (const auto& script : scripts()) {
      for (const int version : {2, 3}) {
        CAPTURE(threads);
        CAPTURE(version);
        compare_with_record(server, script, version);
      }
    }
  }
}

TEST_CASE("scripts get the replies of a redis-server") {
  if (!is_installed("redis-server")) {
    MESSAGE("redis-server is not installed: nothing to compare with");
    return;
  }
  const auto redis = ServerProcess::redis(kOptions);
  const ServerProcess server(2, kOptions);
  for (const auto& script : scripts()) {
    for (const int version : {2, 3}) {
      CAPTURE(version);
      compare_with_redis(server, *redis, script, version);
    }
  }
}

}  // namespace
}  // namespace rondo
