// Scripts on whole servers of one and more cores: their commands, and that they are one step.
// Covers server/scripting/script_calls.cc, server/scripting/script_commands.cc and
// server/core_scripts.cc.
#include "server/scripting/scripting.h"

#include <string>
#include <vector>

#include "tests/server/local_server.h"
#include "tests/testing.h"

namespace rondo {
namespace {

std::vector<std::string> eval_args(const std::string& code, const std::vector<std::string>& keys,
                                   const std::vector<std::string>& arguments = {}) {
  std::vector<std::string> args = {"EVAL", code, std::to_string(keys.size())};
  args.insert(args.end(), keys.begin(), keys.end());
  args.insert(args.end(), arguments.begin(), arguments.end());
  return args;
}

std::string eval(LocalClient& client, const std::string& code,
                 const std::vector<std::string>& keys = {},
                 const std::vector<std::string>& arguments = {}) {
  return client.run_args(eval_args(code, keys, arguments));
}

// The error without the name of the script.
std::string error_of(const std::string& reply) {
  return reply.substr(0, reply.find(" script: "));
}

TEST_CASE("scripting: keys of all shards, declared or not") {
  for (const int cores : {1, 3}) {
    LocalServer server(cores);
    for (int home = 0; home < cores; ++home) {
      LocalClient& client = server.connect(home);
      client.run("FLUSHALL");
      for (int i = 0; i < 20; ++i) {
        const std::string a = "a" + std::to_string(i);
        const std::string b = "b" + std::to_string(i);
        CHECK_EQ(eval(client,
                      "redis.call('set', KEYS[1], 'x') redis.call('set', ARGV[1], 'y') "
                      "return {redis.call('get', KEYS[1]), redis.call('get', ARGV[1])}",
                      {a}, {b}),
                 "*2\r\n$1\r\nx\r\n$1\r\ny\r\n");
        CHECK_EQ(eval(client,
                      "redis.call('rename', KEYS[1], KEYS[2]) return redis.call('mget', "
                      "KEYS[1], KEYS[2])",
                      {a, b}),
                 "*2\r\n$-1\r\n$1\r\nx\r\n");
      }
      CHECK_EQ(eval(client, "return redis.call('dbsize')"), ":20\r\n");
      CHECK_EQ(eval(client, "return #redis.call('keys', '*')"), ":20\r\n");
      CHECK_EQ(eval(client,
                    "local n, c = 0, '0' repeat local r = redis.call('scan', c) c = r[1] "
                    "n = n + #r[2] until c == '0' return n"),
               ":20\r\n");
    }
  }
}

TEST_CASE("scripting: a script that was loaded on one core is there on all") {
  LocalServer server(3);
  LocalClient& first = server.connect(0);
  LocalClient& second = server.connect(2);
  const std::string sha = "a42059b356c875f0717db19a51f6aaca9ae659ea";
  CHECK_EQ(first.run_args({"SCRIPT", "LOAD", "return {KEYS[1],KEYS[2],ARGV[1],ARGV[2]}"}),
           "$40\r\n" + sha + "\r\n");
  CHECK_EQ(second.run("SCRIPT EXISTS " + sha), "*1 :1");
  CHECK_EQ(second.run("EVALSHA " + sha + " 2 a b c d"), "*4 $1 a $1 b $1 c $1 d");
  CHECK_EQ(second.run("SCRIPT FLUSH"), "+OK");
  CHECK_EQ(first.run("EVALSHA " + sha + " 0"), "-NOSCRIPT No matching script. Please use EVAL.");
  CHECK_EQ(first.run("SCRIPT EXISTS " + sha), "*1 :0");
  // EVAL makes it known too.
  eval(second, "return {KEYS[1],KEYS[2],ARGV[1],ARGV[2]}");
  CHECK_EQ(first.run("EVALSHA " + sha + " 1 a"), "*1 $1 a");
}

TEST_CASE("scripting: what it pushes wakes those who wait, after the whole script") {
  for (const int cores : {1, 3}) {
    LocalServer server(cores);
    LocalClient& control = server.connect(0);
    LocalClient& one = server.connect(cores - 1);
    LocalClient& two = server.connect(0);
    one.send_command({"BLPOP", "q", "0"});
    server.pump();
    two.send_command({"BLMOVE", "q", "other", "LEFT", "RIGHT", "0"});
    server.pump();
    // Nobody is served before its end, so the list is whole inside.
    CHECK_EQ(eval(control,
                  "redis.call('rpush', 'q', 'a') redis.call('rpush', 'q', 'b', 'c') "
                  "return redis.call('llen', 'q')"),
             ":3\r\n");
    CHECK_EQ(one.take_received(), "*2\r\n$1\r\nq\r\n$1\r\na\r\n");
    CHECK_EQ(two.take_received(), "$1\r\nb\r\n");
    CHECK_EQ(control.run("LRANGE q 0 -1"), "*1 $1 c");
    CHECK_EQ(control.run("LRANGE other 0 -1"), "*1 $1 b");
    // A blocking command in a script does not wait.
    CHECK_EQ(eval(control, "return redis.call('blpop', 'none', 0)"), "$-1\r\n");
    CHECK_EQ(eval(control, "return redis.call('blpop', 'q', 0)"), "*2\r\n$1\r\nq\r\n$1\r\nc\r\n");
  }
}

TEST_CASE("scripting: WATCH notices what scripts write, and EXEC runs them") {
  for (const int cores : {1, 3}) {
    LocalServer server(cores);
    LocalClient& client = server.connect(0);
    LocalClient& other = server.connect(cores - 1);
    for (const bool changed : {false, true}) {
      client.run("SET k 1");
      CHECK_EQ(client.run("WATCH k"), "+OK");
      if (changed) eval(other, "redis.call('incr', 'k')");
      CHECK_EQ(client.run("MULTI"), "+OK");
      CHECK_EQ(client.run_args(eval_args("return {redis.call('incr', 'k'), redis.call('get', "
                                         "'other')}",
                                         {})),
               "+QUEUED\r\n");
      CHECK_EQ(client.run("SET other x"), "+QUEUED");
      CHECK_EQ(client.run_args(eval_args("return redis.call('get', KEYS[1])", {"other"})),
               "+QUEUED\r\n");
      CHECK_EQ(client.run("PING"), "+QUEUED");
      if (changed) {
        CHECK_EQ(client.run("EXEC"), "*-1");
      } else {
        CHECK_EQ(client.run("EXEC"), "*4 *2 :2 $-1 +OK $1 x +PONG");
      }
    }
  }
}

TEST_CASE("scripting: PUBLISH tells how many were reached, on all cores") {
  for (const int cores : {1, 3}) {
    LocalServer server(cores);
    LocalClient& client = server.connect(0);
    std::vector<LocalClient*> listeners;
    for (int core = 0; core < cores; ++core) {
      listeners.push_back(&server.connect(core));
      listeners.back()->run("SUBSCRIBE c");
    }
    CHECK_EQ(eval(client,
                  "local n = redis.call('publish', 'c', 'x') redis.call('set', 'k', n) "
                  "return n"),
             ":" + std::to_string(cores) + "\r\n");
    CHECK_EQ(client.run("GET k"), "$1 " + std::to_string(cores));
    for (LocalClient* listener : listeners)
      CHECK_EQ(listener->take_received(), "*3\r\n$7\r\nmessage\r\n$1\r\nc\r\n$1\r\nx\r\n");
    CHECK_EQ(eval(client, "return redis.call('publish', 'nobody', 'x')"), ":0\r\n");
  }
}

TEST_CASE("scripting: the database and the protocol are the script's own") {
  LocalServer server(2);
  LocalClient& client = server.connect(0);
  client.run("SELECT 3");
  client.run("SET k three");
  CHECK_EQ(eval(client,
                "local a = redis.call('get', 'k') redis.call('select', 4) "
                "redis.call('set', 'k', 'four') return a"),
           "$5\r\nthree\r\n");
  CHECK_EQ(client.run("GET k"), "$5 three");
  client.run("SELECT 4");
  CHECK_EQ(client.run("GET k"), "$4 four");
  client.run("HSET h f v");
  CHECK_EQ(eval(client, "redis.setresp(3) return redis.call('hgetall', 'h').map.f"), "$1\r\nv\r\n");
  CHECK_EQ(eval(client, "return redis.call('hgetall', 'h')[2]"), "$1\r\nv\r\n");
}

TEST_CASE("scripting: monitors see the script, then what it calls") {
  LocalServer server(1);
  LocalClient& client = server.connect();
  LocalClient& monitor = server.connect();
  monitor.run("MONITOR");
  eval(client, "redis.call('select', 2) return redis.call('set', 'k', 'v')");
  const std::string lines = monitor.take_received();
  const size_t script = lines.find("\"EVAL\"");
  const size_t select = lines.find("[0 lua] \"select\" \"2\"");
  const size_t set = lines.find("[2 lua] \"set\" \"k\" \"v\"");
  CHECK(script < select);
  CHECK(select < set);
  CHECK_NE(set, lines.npos);
}

TEST_CASE("scripting: commands and errors are counted once") {
  for (const int cores : {1, 3}) {
    LocalServer server(cores);
    LocalClient& client = server.connect(0);
    client.run("SET k text");
    client.run("CONFIG SET slowlog-log-slower-than 0");
    client.run("CONFIG RESETSTAT");
    client.run("SLOWLOG RESET");
    CHECK_EQ(error_of(eval(client, "redis.call('incr', 'k')")),
             "-ERR value is not an integer or out of range");
    eval(client, "return redis.call('get', 'k')");
    eval(client, "return redis.pcall('nosuch')");
    eval(client, "error('x')");
    const std::string info = client.run("INFO everything");
    CHECK_NE(info.find("cmdstat_incr:calls=1,"), info.npos);
    CHECK_NE(info.find("cmdstat_get:calls=1,"), info.npos);
    CHECK_NE(info.find("cmdstat_eval:calls=4,"), info.npos);
    CHECK_NE(info.find("errorstat_ERR:count=3"), info.npos);
    CHECK_NE(info.find("number_of_cached_scripts:4"), info.npos);
    const std::string log = client.run("SLOWLOG GET");
    CHECK_NE(log.find("EVAL"), log.npos);
    CHECK_EQ(log.find("incr $"), log.npos);
  }
}

TEST_CASE("scripting: commands that need all cores are refused when there are several") {
  LocalServer one(1);
  CHECK(eval(one.connect(), "return redis.call('info', 'server')").starts_with("$"));
  LocalServer several(2);
  CHECK_EQ(error_of(eval(several.connect(), "return redis.call('info')")),
           "-ERR This command is not allowed from script when the server has more than one thread");
}

}  // namespace
}  // namespace rondo
