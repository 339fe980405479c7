// Replies of a million elements: they come whole from any shard, and client-output-buffer-limit
// ends the client that they are too much for, and nobody else. Covers server/session_output.cc.
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

TEST_CASE("large replies: those of a client that leaves are freed in slices") {
  LocalServer server(1);
  LocalClient& writer = server.connect(0);
  const Reading reading = readings("k", 100'000)[0];
  fill(writer, reading);
  LocalClient& client = server.connect(0);
  client.receives = false;
  constexpr size_t kReplies = 10;
  for (size_t i = 0; i < kReplies; ++i)
    client.send_command(reading.read);
  server.pump();
  CHECK_FALSE(server.core(0).background());
  const size_t bytes = client.session().output().size();
  CHECK_EQ(bytes, kReplies * reply_bytes(reading));
  client.disconnect();
  server.pump();
  size_t slices = 1;
  while (server.core(0).background())
    ++slices;
  CHECK_GE(slices, bytes / (512 * 1024));
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

// A server whose clients may be sent 200 kB, and a writer that wants no more than that.
struct LimitedServer {
  explicit LimitedServer(int cores) : server(cores, config()), writer(server.connect(0)) {}

  static constexpr size_t kLimit = 200'000;
  static Config config() {
    Config config;
    config.client_output_buffer_limits[0].hard = kLimit;
    return config;
  }
  // Sends commands by one client; true: it was closed with nothing sent of the last reply.
  bool closes(const std::vector<std::vector<std::string>>& commands) {
    LocalClient& client = server.connect(0);
    for (const auto& command : commands)
      client.send_command(command);
    server.pump();
    return !client.connected();
  }
  std::string disconnections() {
    const std::string stats = writer.run_args({"INFO", "stats"});
    const std::string name = "client_output_buffer_limit_disconnections:";
    const size_t at = stats.find(name) + name.size();
    return stats.substr(at, stats.find('\r', at) - at);
  }

  LocalServer server;
  LocalClient& writer;
};

TEST_CASE("large replies: every way to make one ends at the limit") {
  for (const int cores : {1, 3}) {
    CAPTURE(cores);
    LimitedServer f(cores);
    const std::string far = f.server.key_on(cores - 1, "far");
    const std::string near = f.server.key_on(0, "near");
    for (const std::string& key : {far, near}) {
      fill(f.writer, {"SADD", 1, {"SMEMBERS", key}, 40'000});
    }
    const std::string zset = f.server.key_on(cores - 1, "zset");
    const std::string hash = f.server.key_on(cores - 1, "hash");
    CHECK(f.writer.run_args({"ZUNIONSTORE", zset, "1", far}).starts_with(":40000"));
    fill(f.writer, {"HSET", 2, {"HGETALL", hash}, 80'000});
    const std::vector<std::vector<std::string>> reads = {
        {"SMEMBERS", far},
        {"SMEMBERS", near},
        {"SUNION", far, near},
        {"SINTER", far, near},
        {"SDIFF", near, "missing"},
        {"SRANDMEMBER", far, "-2000000"},
        {"ZRANGE", zset, "0", "-1", "WITHSCORES"},
        {"ZUNION", "2", zset, near},
        {"HGETALL", hash},
        {"HKEYS", hash},
        {"HRANDFIELD", hash, "-2000000", "WITHVALUES"},
        {"SSCAN", far, "0", "COUNT", "100000"},
        {"SORT", near, "BY", "nosort"},
    };
    size_t ended = 0;
    for (const auto& read : reads) {
      CAPTURE(read[0]);
      CHECK(f.closes({read}));
      CHECK(f.closes({{"MULTI"}, {"PING"}, read, {"SET", near + "s", "1"}, {"EXEC"}}));
      CHECK(f.closes({{"MULTI"}, {"GET", near + "s"}, {"GET", far + "s"}, read, {"EXEC"}}));
      // What the limit drops stays a reply that nobody wants.
      CHECK_FALSE(f.closes({{"CLIENT", "REPLY", "SKIP"}, read, {"PING"}}));
      ended += 3;
    }
    CHECK_EQ(f.disconnections(), std::to_string(ended));
    // An EXEC took effect, though its client never heard of it.
    CHECK_EQ(f.writer.run_args({"GET", near + "s"}), "$1\r\n1\r\n");
    // Many replies that are each small enough, and one behind them.
    std::vector<std::vector<std::string>> pipeline(400, {"ZRANGE", zset, "0", "99", "WITHSCORES"});
    LocalClient& slow = f.server.connect(0);
    slow.receives = false;
    for (const auto& command : pipeline)
      slow.send_command(command);
    f.server.pump();
    CHECK_FALSE(slow.connected());
  }
}

TEST_CASE("large replies: random elements are drawn up to the limit only") {
  LimitedServer f(1);
  fill(f.writer, {"SADD", 1, {"SMEMBERS", "set"}, 40'000});
  fill(f.writer, {"HSET", 2, {"HGETALL", "hash"}, 80'000});
  CHECK_EQ(f.writer.run("SADD few a b"), ":2");
  CHECK_EQ(f.writer.run("HSET one a b"), ":1");
  CHECK_EQ(f.writer.run("ZADD scores 1 a 2 b"), ":2");
  CHECK_EQ(f.writer.run("ZUNIONSTORE zset 1 set"), ":40000");
  Prng& prng = f.server.core(0).shard().prng();
  for (const std::vector<std::string>& read : {std::vector<std::string>{"SRANDMEMBER", "set"},
                                               {"SRANDMEMBER", "few"},
                                               {"HRANDFIELD", "hash"},
                                               {"HRANDFIELD", "one"},
                                               {"ZRANDMEMBER", "zset"},
                                               {"ZRANDMEMBER", "scores"}}) {
    CAPTURE(read[1]);
    const Prng before = prng;
    CHECK(f.closes({{read[0], read[1], "-30000000"}}));
    // So many numbers were drawn as it takes to find the next one of `prng` again.
    Prng again = before;
    Prng after = prng;
    const uint64_t next = after.next();
    int drawn = 0;
    while (drawn < 1'000'000 && again.next() != next)
      ++drawn;
    CHECK_GT(drawn, 1'000);
    CHECK_LT(drawn, 1'000'000);
  }
}

TEST_CASE("large replies: the names of all keys end at the limit") {
  for (const int cores : {1, 3}) {
    LimitedServer f(cores);
    for (int i = 0; i < 20'000; i += 100) {
      std::vector<std::string> command = {"MSET"};
      for (int key = i; key < i + 100; ++key) {
        command.push_back("key:" + std::to_string(100'000 + key));
        command.push_back("value");
      }
      CHECK_EQ(f.writer.run_args(command), "+OK\r\n");
    }
    CHECK(f.closes({{"KEYS", "*"}}));
    CHECK(f.closes({{"MULTI"}, {"KEYS", "*"}, {"EXEC"}}));
    CHECK(f.closes({{"SCAN", "0", "COUNT", "100000"}, {"SCAN", "0", "COUNT", "100000"}}));
    CHECK_FALSE(f.closes({{"KEYS", "key:1000*"}}));
    CHECK_EQ(f.disconnections(), "3");
    CHECK_EQ(f.writer.run("DBSIZE"), ":20000");
  }
}

TEST_CASE("large replies: a shard that is borrowed stops at the limit too") {
  LimitedServer f(2);
  const std::string key = f.server.key_on(1, "k");
  fill(f.writer, {"SADD", 1, {"SMEMBERS", key}, 40'000});
  f.server.lend_shards();
  f.server.pump();
  CHECK(f.closes({{"SRANDMEMBER", key, "-2000000"}}));
  CHECK(f.closes({{"MULTI"}, {"SRANDMEMBER", key, "-2000000"}, {"EXEC"}}));
  CHECK_EQ(f.disconnections(), "2");
}

TEST_CASE("large replies: a client beside it in the same parcel gets what is its own") {
  LimitedServer f(2);
  const std::string key = f.server.key_on(1, "k");
  fill(f.writer, {"SADD", 1, {"SMEMBERS", key}, 40'000});
  LocalClient& before = f.server.connect(0);
  LocalClient& greedy = f.server.connect(0);
  LocalClient& behind = f.server.connect(0);
  before.send_command({"SCARD", key});
  greedy.send_command({"SCARD", key});
  greedy.send_command({"SMEMBERS", key});
  greedy.send_command({"SCARD", key});
  behind.send_command({"SCARD", key});
  behind.send_command({"SISMEMBER", key, "1000000"});
  f.server.pump();
  CHECK_EQ(before.received(), ":40000\r\n");
  CHECK_EQ(behind.received(), ":40000\r\n:1\r\n");
  CHECK_FALSE(greedy.connected());
}

}  // namespace
}  // namespace rondo
