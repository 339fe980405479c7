// Replies of a million elements: they come whole from any shard, and client-output-buffer-limit
// ends the client that they are too much for, and nobody else. Covers server/session.cc.
#include <string>
#include <vector>

#include "protocol/resp_reader.h"
#include "tests/server/local_server.h"

#include <doctest/doctest.h>

namespace rondo {
namespace {

struct Reading {
  const char* write;  // Fills the key...
  size_t words;       // ... with so many arguments for each element.
  std::vector<std::string> read;
  size_t values;  // In the reply.
};

std::vector<Reading> readings(const std::string& key, size_t elements) {
  return {{"RPUSH", 1, {"LRANGE", key, "0", "-1"}, elements},
          {"SADD", 1, {"SMEMBERS", key}, elements},
          {"HSET", 2, {"HGETALL", key}, 2 * elements}};
}

// Elements 1000000 and following: seven digits, so that each takes 13 bytes of a reply.
void fill(LocalClient& client, const Reading& reading) {
  client.run_args({"DEL", reading.read[1]});
  constexpr size_t kAtOnce = 20'000;
  const size_t elements = reading.values / reading.words;
  for (size_t i = 0; i < elements;) {
    std::vector<std::string> args = {reading.write, reading.read[1]};
    for (const size_t end = i + kAtOnce; i < end; ++i)
      args.insert(args.end(), reading.words, std::to_string(1'000'000 + i));
    client.run_args(args);
  }
}

size_t reply_bytes(const Reading& reading) {
  return std::string("*\r\n").size() + std::to_string(reading.values).size() + 13 * reading.values;
}

TEST_CASE("large replies: a million elements come whole, and their memory goes") {
  for (const int cores : {1, 3}) {
    LocalServer server(cores);
    LocalClient& writer = server.connect(0);
    LocalClient& client = server.connect(0);
    const size_t idle = client.session().memory_bytes();
    for (const Reading& reading :
         readings(server.key_on(cores - 1, "k"), cores == 1 ? 100'000 : 1'000'000)) {
      CAPTURE(reading.write);
      fill(writer, reading);
      client.send_command(reading.read);
      server.pump();
      // Not by run_args(): nobody needs to take so many elements apart.
      const std::string reply = client.take_received();
      CHECK_EQ(reply.size(), reply_bytes(reading));
      CHECK(reply.starts_with("*" + std::to_string(reading.values) + "\r\n$7\r\n"));
      CHECK_LT(client.session().memory_bytes(), idle + 50'000);
    }
  }
}

TEST_CASE("large replies: the output limit ends the client, whether it reads or not") {
  for (const int cores : {1, 3}) {
    for (const bool receives : {true, false}) {
      Config config;
      config.client_output_buffer_limits[0].hard = 1'000'000;
      LocalServer server(cores, config);
      LocalClient& other = server.connect(0);
      const std::string key = server.key_on(cores - 1, "k");
      const Reading reading = readings(key, 100'000)[0];
      fill(other, reading);
      LocalClient& client = server.connect(0);
      client.receives = receives;
      for (int i = 0; i < 20; ++i)
        client.send_command(reading.read);
      server.pump();
      CHECK_FALSE(client.connected());
      // The first reply is beyond the limit. A core far away may have begun some more.
      const std::string stats = other.run_args({"INFO", "commandstats"});
      const size_t at = stats.find("cmdstat_lrange:calls=");
      REQUIRE(at != stats.npos);
      if (cores == 1) CHECK(stats.substr(at).starts_with("cmdstat_lrange:calls=1,"));
      CHECK_EQ(other.run_args({"LLEN", key}), ":100000\r\n");
      CHECK_EQ(other.run_args({"LRANGE", key, "-1", "-1"}), "*1\r\n$7\r\n1099999\r\n");
    }
  }
}

}  // namespace
}  // namespace rondo
