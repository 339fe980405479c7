// The slow log: what it keeps of a command, what it hides, and SLOWLOG over several cores.
// Covers server/slowlog.cc, server/redaction.cc and server/commands/slowlog.cc.
#include <string>
#include <vector>

#include "server/redaction.h"
#include "server/slowlog.h"
#include "tests/server/local_server.h"
#include "tests/testing.h"

namespace rondo {
namespace {

SlowlogEntry entry_of(const std::vector<std::string>& words) {
  const std::vector<std::string_view> args(words.begin(), words.end());
  return Slowlog::make_entry(args, 5);
}

TEST_CASE("long arguments and long lists are shortened, and say by how much") {
  CHECK_EQ(entry_of({"SET", "k", std::string(128, 'x')}).args[2], std::string(128, 'x'));
  CHECK_EQ(entry_of({"SET", "k", std::string(130, 'x')}).args[2],
           std::string(128, 'x') + "... (2 more bytes)");
  CHECK_EQ(entry_of(std::vector<std::string>(32, "a")).args.size(), 32);
  const SlowlogEntry many = entry_of(std::vector<std::string>(40, "a"));
  REQUIRE_EQ(many.args.size(), 32);
  CHECK_EQ(many.args[30], "a");
  CHECK_EQ(many.args[31], "... (9 more arguments)");
}

TEST_CASE("passwords are hidden") {
  using Words = std::vector<std::string>;
  CHECK_EQ(entry_of({"auth", "user", "pw"}).args, Words{"auth", "(redacted)", "(redacted)"});
  CHECK_EQ(entry_of({"HELLO", "3", "AUTH", "u", "pw"}).args,
           Words{"HELLO", "3", "AUTH", "(redacted)", "(redacted)"});
  CHECK_EQ(entry_of({"hello", "3", "SETNAME", "me", "auth", "u", "pw"}).args,
           Words{"hello", "3", "SETNAME", "me", "auth", "(redacted)", "(redacted)"});
  CHECK_EQ(entry_of({"HELLO", "3", "AUTH", "u", "pw", "SETNAME", "me"}).args,
           Words{"HELLO", "3", "AUTH", "(redacted)", "(redacted)", "SETNAME", "me"});
  CHECK_EQ(entry_of({"HELLO", "3", "AUHT", "u", "pw"}).args,
           Words{"HELLO", "3", "(redacted)", "(redacted)", "(redacted)"});
  CHECK_EQ(entry_of({"HELLO", "3", "AUTH", "pw"}).args, Words{"HELLO", "3", "AUTH", "(redacted)"});
  CHECK_EQ(entry_of({"config", "set", "requirepass", "pw", "hz", "10", "masterauth"}).args,
           Words{"config", "set", "requirepass", "(redacted)", "hz", "10", "masterauth"});
  CHECK_EQ(entry_of({"config", "set", "hz", "10", "RequirePass", "pw"}).args,
           Words{"config", "set", "hz", "10", "RequirePass", "(redacted)"});
  CHECK_EQ(entry_of({"config", "set", "hz", "10"}).args, Words{"config", "set", "hz", "10"});
  CHECK_EQ(entry_of({"get", "auth"}).args, Words{"get", "auth"});
}

TEST_CASE("thresholds and lengths") {
  Slowlog slowlog;
  slowlog.configure(-1, 2);
  CHECK_FALSE(slowlog.interested(1'000'000));
  slowlog.configure(10, 2);
  CHECK_FALSE(slowlog.interested(9));
  CHECK(slowlog.interested(10));
  for (uint64_t id = 0; id < 3; ++id) {
    SlowlogEntry entry = entry_of({"get", "k"});
    entry.id = id;
    slowlog.add(std::move(entry));
  }
  REQUIRE_EQ(slowlog.size(), 2);
  CHECK_EQ(slowlog.entries()[0].id, 2);
  CHECK_EQ(slowlog.entries()[1].id, 1);
  slowlog.configure(10, 1);
  CHECK_EQ(slowlog.size(), 1);
  CHECK_EQ(slowlog.entries()[0].id, 2);
  slowlog.configure(10, 0);
  slowlog.add(entry_of({"get", "k"}));
  CHECK_EQ(slowlog.size(), 0);
}

TEST_CASE("SLOWLOG merges the cores, newest first") {
  for (const int cores : {1, 3}) {
    CAPTURE(cores);
    Config config;
    config.slowlog_log_slower_than = 0;
    LocalServer server(cores, config);
    LocalClient& reader = server.connect(0);
    CHECK_EQ(reader.run("SLOWLOG RESET"), "+OK");
    for (int i = 0; i < 6; ++i) {
      LocalClient& client = server.connect(i % cores);
      CHECK_EQ(client.run("CLIENT SETNAME c" + std::to_string(i)), "+OK");
      // Keys of all shards: a command is logged where its client is, wherever it executes.
      const std::string key = server.key_on((i + 1) % cores, "key");
      CHECK_EQ(client.run("SET " + key + " " + std::to_string(i)), "+OK");
    }
    CHECK_EQ(reader.run("CONFIG SET slowlog-log-slower-than -1"), "+OK");
    const std::string all = reader.run("SLOWLOG GET -1");
    size_t at = 0;
    for (int i = 5; i >= 0; --i) {
      const std::string name = "$2 c" + std::to_string(i);
      at = all.find("$1 " + std::to_string(i) + " ", at);
      REQUIRE(at != all.npos);
      CHECK(all.find(name, at) != all.npos);
    }
    CHECK(all.starts_with("*"));
    CHECK(reader.run("SLOWLOG GET 2").starts_with("*2 "));
    CHECK_EQ(reader.run("CONFIG SET slowlog-max-len 3"), "+OK");
    CHECK_EQ(reader.run("SLOWLOG LEN"), ":3");
    CHECK(reader.run("SLOWLOG GET -1").starts_with("*3 "));
    CHECK_EQ(reader.run("SLOWLOG RESET"), "+OK");
    CHECK_EQ(reader.run("SLOWLOG LEN"), ":0");
    CHECK_EQ(reader.run("SLOWLOG GET"), "*0");
    // A command that needs all cores is logged like any other: here the RESET itself.
    CHECK_EQ(reader.run("CONFIG SET slowlog-log-slower-than 0"), "+OK");
    CHECK_EQ(reader.run("SLOWLOG RESET"), "+OK");
    const std::string after_reset = reader.run("SLOWLOG GET -1");
    CHECK(after_reset.starts_with("*1 "));
    CHECK(after_reset.find("$7 SLOWLOG $5 RESET") != std::string::npos);
    CHECK_EQ(reader.run("SLOWLOG LEN"), ":2");
  }
}

TEST_CASE("SLOWLOG has the commands of a transaction, and not its EXEC") {
  for (const int cores : {1, 3}) {
    CAPTURE(cores);
    LocalServer server(cores);
    LocalClient& client = server.connect(0);
    CHECK_EQ(client.run("CONFIG SET slowlog-log-slower-than 0"), "+OK");
    CHECK_EQ(client.run("MULTI"), "+OK");
    for (const char* command : {"CLIENT GETNAME", "SET k v", "CLIENT LIST", "PUBLISH news x"})
      CHECK_EQ(client.run(command), "+QUEUED");
    CHECK(client.run("EXEC").starts_with("*4 "));
    CHECK_EQ(client.run("CONFIG SET slowlog-log-slower-than -1"), "+OK");
    const std::string log = client.run("SLOWLOG GET -1");
    for (const char* logged : {"$6 CLIENT $7 GETNAME", "$3 SET $1 k $1 v", "$6 CLIENT $4 LIST",
                               "$7 PUBLISH $4 news $1 x"}) {
      CAPTURE(logged);
      CHECK(log.find(logged) != log.npos);
    }
    CHECK(log.find("$4 EXEC") == log.npos);
  }
}

}  // namespace
}  // namespace rondo
