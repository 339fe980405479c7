// Scripts that run on one shard of several for a guess, and what of them is seen when the guess was
// wrong: nothing. Covers server/scripting/lone_script.cc.
#include <string>
#include <vector>

#include "reactor/base/prng.h"
#include "server/scripting/scripting.h"
#include "tests/server/local_server.h"
#include "tests/testing.h"

namespace rondo {
namespace {

std::string eval(LocalClient& client, const std::string& code,
                 const std::vector<std::string>& keys = {},
                 const std::vector<std::string>& arguments = {}) {
  std::vector<std::string> args = {"EVAL", code, std::to_string(keys.size())};
  args.insert(args.end(), keys.begin(), keys.end());
  args.insert(args.end(), arguments.begin(), arguments.end());
  return client.run_args(args);
}

uint64_t transactions(LocalServer& server) {
  uint64_t count = 0;
  for (int i = 0; i < server.cores(); ++i)
    count += server.core(i).stats().transactions;
  return count;
}

struct TwoShards {
  TwoShards()
      : server(2),
        client(server.connect(0)),
        here(server.key_on(0, "k")),
        there(server.key_on(1, "k")) {}
  LocalServer server;
  LocalClient& client;
  const std::string here;
  const std::string there;
};

TEST_CASE("lone script: one that stays on its shard takes no other") {
  TwoShards at;
  for (int i = 0; i < 3; ++i) {
    CHECK_EQ(eval(at.client, "return redis.call('incr', KEYS[1])", {at.here}),
             ":" + std::to_string(i + 1) + "\r\n");
    CHECK_EQ(eval(at.client, "return redis.call('incr', KEYS[1])", {at.there}),
             ":" + std::to_string(i + 1) + "\r\n");
    CHECK_EQ(eval(at.client, "return 1 + 1"), ":2\r\n");
  }
  CHECK_EQ(transactions(at.server), 0);
}

TEST_CASE("lone script: found out once, it takes all shards at once from then on") {
  TwoShards at;
  const std::string code =
      "redis.call('incr', KEYS[1]) redis.call('incr', ARGV[1]) return redis.call('get', KEYS[1])";
  for (const bool own : {true, false}) {
    const std::string& key = own ? at.here : at.there;
    const std::string& other = own ? at.there : at.here;
    at.client.run("FLUSHALL");
    at.client.run("SCRIPT FLUSH");
    const uint64_t before = transactions(at.server);
    CHECK_EQ(eval(at.client, code, {key}, {other}), "$1\r\n1\r\n");
    CHECK_EQ(transactions(at.server), before + 1);
    const std::string sha(sha1_hex(code).view());
    CHECK_EQ(at.client.run("EVALSHA " + sha + " 1 " + key + " " + other), "$1 2");
    CHECK_EQ(at.client.run("MGET " + key + " " + other), "*2 $1 2 $1 2");
  }
}

TEST_CASE("lone script: statistics, the log and events know of one run") {
  TwoShards at;
  LocalClient& listener = at.server.connect(0);
  at.client.run("SET " + at.here + " text");
  at.client.run("CONFIG SET notify-keyspace-events KEA");
  listener.run("PSUBSCRIBE __keyevent*");
  at.client.run("CONFIG RESETSTAT");
  const std::string reply = eval(
      at.client,
      "redis.pcall('incr', KEYS[1]) redis.pcall('nosuch') redis.pcall('get') redis.call('get', "
      "'" +
          at.server.key_on(0, "none") +
          "') redis.call('set', KEYS[1], 'x') "
          "pcall(redis.call, 'set', ARGV[1], 'y') return redis.call('get', ARGV[1])",
      {at.here}, {at.there});
  CHECK_EQ(reply, "$1\r\ny\r\n");
  const std::string info = at.client.run("INFO everything");
  for (const char* line :
       {"cmdstat_incr:calls=1,", "cmdstat_set:calls=2,", "cmdstat_get:calls=2,",
        "cmdstat_eval:calls=1,", "errorstat_ERR:count=3", "keyspace_misses:1", "keyspace_hits:1"}) {
    CAPTURE(line);
    CHECK_NE(info.find(line), info.npos);
  }
  CHECK_NE(info.find("rejected_calls=1,failed_calls=0", info.find("cmdstat_get")), info.npos);
  const std::string events = listener.take_received();
  size_t count = 0;
  for (size_t i = events.find("pmessage"); i != events.npos; i = events.find("pmessage", i + 1))
    ++count;
  CHECK_EQ(count, 2);
}

TEST_CASE("lone script: WATCH and those who wait hear of what stays only") {
  TwoShards at;
  LocalClient& watcher = at.server.connect(1);
  LocalClient& waiter = at.server.connect(0);
  watcher.run("WATCH " + at.here);
  waiter.send_command({"BLPOP", at.here, "0"});
  at.server.pump();
  // On its own shard it writes and pushes; with the other one it sees that it must not.
  CHECK_EQ(eval(at.client,
                "if redis.call('exists', 'flag') == 0 then redis.call('rpush', KEYS[1], 'x') end "
                "if redis.call('get', ARGV[1]) == 'stop' then redis.call('del', KEYS[1]) end "
                "return redis.call('exists', KEYS[1])",
                {at.here}, {at.there}),
           ":1\r\n");
  CHECK_EQ(waiter.take_received(),
           "*2\r\n$" + std::to_string(at.here.size()) + "\r\n" + at.here + "\r\n$1\r\nx\r\n");
  watcher.run("MULTI");
  watcher.run("PING");
  CHECK_EQ(watcher.run("EXEC"), "*-1");
}

TEST_CASE("lone script: random numbers begin again") {
  TwoShards at;
  CHECK_EQ(eval(at.client,
                "math.randomseed(5) redis.call('set', KEYS[1], 1) local a = math.random(1000) "
                "redis.call('get', ARGV[1]) return a",
                {at.here}, {at.there}),
           eval(at.client, "math.randomseed(5) return math.random(1000)"));
}

TEST_CASE("lone script: a suspended one that finds a foreign key begins anew") {
  TwoShards at;
  for (int i = 0; i < 2; ++i)
    at.server.core(i).limit_shares(0);
  for (const std::string& key : {at.here, at.there}) {
    const std::string& other = key == at.here ? at.there : at.here;
    at.client.run("FLUSHALL");
    at.client.run("SCRIPT FLUSH");
    at.client.send_command({"EVAL",
                            "redis.call('incr', KEYS[1]) for i = 1, 1e6 do end redis.call('incr', "
                            "ARGV[1]) for i = 1, 1e5 do end return redis.call('incr', KEYS[1])",
                            "1", key, other});
    at.client.send_command({"INCR", key});
    LocalClient& reader = at.server.connect(1);
    reader.send_command({"MGET", key, other});
    at.server.pump();
    CHECK_EQ(at.client.take_received(), ":2\r\n:3\r\n");
    const std::string seen = reader.take_received();
    CHECK((seen.find("$1\r\n1\r\n$-1") == seen.npos));
    CHECK_EQ(at.client.run("MGET " + key + " " + other), "*2 $1 3 $1 1");
  }
}

// The same random scripts on one shard and on several.
TEST_CASE("lone script: random scripts do the same on one shard and on three") {
  constexpr const char* kCode =
      "local r = {} for i = 1, #ARGV, 4 do local c, k, a, b = ARGV[i], ARGV[i+1], ARGV[i+2], "
      "ARGV[i+3] local v if b ~= '' then v = redis.pcall(c, k, a, b) elseif a ~= '' then v = "
      "redis.pcall(c, k, a) else v = redis.pcall(c, k) end if type(v) == 'table' then v = v.err or "
      "v.ok or table.concat(v, ' ') end r[#r+1] = tostring(v) end return table.concat(r, '|')";
  LocalServer one(1);
  LocalServer three(3);
  LocalClient& a = one.connect(0);
  std::vector<LocalClient*> clients;
  for (int core = 0; core < 3; ++core)
    clients.push_back(&three.connect(core));
  Prng random(23);
  const auto key = [&] { return "key" + std::to_string(random.below(12)); };
  const auto word = [&] { return "w" + std::to_string(random.below(300)); };
  for (int round = 0; round < 1500; ++round) {
    if (round % 100 == 0) clients[0]->run("SCRIPT FLUSH");
    std::vector<std::string> arguments;
    const std::string home = key();
    for (uint64_t n = 1 + random.below(6); n > 0; --n) {
      const std::string k = random.one_in(4) ? key() : home;
      const std::vector<std::vector<std::string>> commands = {
          {"set", k, word(), ""},       {"append", k, std::string(random.below(3000), 'x'), ""},
          {"get", k, "", ""},           {"rpush", k, word(), word()},
          {"lpop", k, "", ""},          {"lrange", k, "0", "3"},
          {"hset", k, word(), word()},  {"hlen", k, "", ""},
          {"sadd", k, word(), word()},  {"scard", k, "", ""},
          {"zadd", k, "1", word()},     {"del", k, "", ""},
          {"rename", k, key(), ""},     {"strlen", k, "", ""},
          {"incr", k, "", ""},          {"lmove", k, key(), "left"},
          {"exists", k, key(), ""},     {"publish", "c", "m", ""},
          {"copy", k, key(), "replace"}};
      const auto& command = commands[random.below(commands.size())];
      arguments.insert(arguments.end(), command.begin(), command.end());
    }
    const std::vector<std::string> keys =
        random.one_in(5) ? std::vector<std::string>{} : std::vector<std::string>{home};
    CHECK_EQ(eval(a, kCode, keys, arguments),
             eval(*clients[random.below(3)], kCode, keys, arguments));
  }
  for (int i = 0; i < 12; ++i) {
    const std::string name = "key" + std::to_string(i);
    CHECK_EQ(a.run("DUMP " + name), clients[0]->run("DUMP " + name));
  }
}

}  // namespace
}  // namespace rondo
