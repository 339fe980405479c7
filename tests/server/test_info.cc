// INFO, MEMORY and COMMAND as a whole. Covers server/commands/info.cc,
// server/commands/info_gather.cc, server/commands/info_text.cc and server/commands/memory.cc.
#include <set>
#include <string>

#include "server/commands/command_entry.h"
#include "tests/server/local_server.h"
#include "tests/testing.h"

namespace rondo {
namespace {

bool contains(std::string_view text, std::string_view part) {
  return text.find(part) != text.npos;
}

TEST_CASE("INFO adds up what the cores have") {
  for (const int cores : {1, 3}) {
    CAPTURE(cores);
    LocalServer server(cores);
    LocalClient& client = server.connect(0);
    LocalClient& other = server.connect(cores - 1);
    for (int shard = 0; shard < cores; ++shard) {
      CHECK_EQ(client.run("SET " + server.key_on(shard, "a") + " v"), "+OK");
      CHECK_EQ(other.run("SET " + server.key_on(shard, "b") + " v EX 100"), "+OK");
      CHECK_EQ(other.run("GET " + server.key_on(shard, "b")), "$1 v");
      CHECK_EQ(other.run("GET " + server.key_on(shard, "missing")), "$-1");
      CHECK(client.run("INCR " + server.key_on(shard, "a")).starts_with("-ERR "));
    }
    const std::string n = std::to_string(cores);
    const std::string twice = std::to_string(2 * cores);
    const std::string all = client.run("INFO everything");
    CHECK(contains(all, "db0:keys=" + twice + ",expires=" + n + ","));
    CHECK(contains(all, "keyspace_hits:" + n + " "));
    CHECK(contains(all, "keyspace_misses:" + n + " "));
    CHECK(contains(all, "connected_clients:2 "));
    CHECK(contains(all, "cmdstat_set:calls=" + twice + ","));
    CHECK(contains(all, "cmdstat_incr:calls=" + n + ","));
    CHECK(contains(all, "rejected_calls=0,failed_calls=" + n));
    CHECK(contains(all, "errorstat_ERR:count=" + n));
    CHECK(contains(all, "latency_percentiles_usec_get:p50="));
    CHECK(contains(all, "loading:0 "));
    CHECK(contains(all, "redis_version:7.2.4 "));
    CHECK(contains(all, "core" + std::to_string(cores - 1) + ":ticks="));
    CHECK_EQ(client.run("CONFIG RESETSTAT"), "+OK");
    const std::string reset = client.run("INFO all");
    CHECK(contains(reset, "keyspace_hits:0 "));
    CHECK_FALSE(contains(reset, "cmdstat_set"));
    CHECK(contains(reset, "cmdstat_config|resetstat:calls=1,"));
    CHECK_FALSE(contains(reset, "errorstat_ERR"));
    CHECK(contains(reset, "db0:keys=" + twice));
  }
}

TEST_CASE("a command that gathers is counted once, when it is answered") {
  for (const int cores : {1, 3}) {
    LocalServer server(cores);
    LocalClient& client = server.connect(0);
    CHECK_FALSE(contains(client.run("INFO commandstats"), "cmdstat_info"));
    CHECK(contains(client.run("INFO commandstats"), "cmdstat_info:calls=1,"));
    CHECK_EQ(client.run("MULTI"), "+OK");
    CHECK_EQ(client.run("INFO cpu"), "+QUEUED");
    CHECK(client.run("EXEC").starts_with("*1 $"));
    CHECK(contains(client.run("INFO commandstats"), "cmdstat_info:calls=3,"));
    CHECK(client.run("CLIENT KILL 1.2.3.4:5").starts_with("-ERR "));
    CHECK(contains(client.run("INFO commandstats"), "cmdstat_client|kill:calls=1,"));
    CHECK(contains(client.run("INFO commandstats"), "rejected_calls=0,failed_calls=1"));
  }
}

TEST_CASE("INFO shows the sections that were asked for") {
  LocalServer server(1);
  LocalClient& client = server.connect(0);
  const std::string standard = client.run("INFO");
  CHECK(contains(standard, "# Server "));
  CHECK(contains(standard, "# Errorstats "));
  CHECK_FALSE(contains(standard, "# Commandstats "));
  CHECK_EQ(client.run("INFO Cluster"), "$30 # Cluster cluster_enabled:0 ");
  const std::string two = client.run("INFO keyspace CPU nosuch");
  CHECK(contains(two, "# CPU "));
  CHECK(contains(two, "# Keyspace "));
  CHECK_FALSE(contains(two, "# Server "));
  CHECK_EQ(client.run("INFO nosuch"), "$0 ");
  client.run("HELLO 3");
  CHECK(client.run("INFO cluster").starts_with("=34 txt:# Cluster "));
}

TEST_CASE("MEMORY adds up the cores") {
  for (const int cores : {1, 3}) {
    LocalServer server(cores);
    LocalClient& client = server.connect(0);
    for (int shard = 0; shard < cores; ++shard) {
      CHECK_EQ(client.run("SET " + server.key_on(shard, "k") + " v"), "+OK");
    }
    CHECK(contains(client.run("MEMORY STATS"), "keys.count :" + std::to_string(cores) + " "));
    CHECK(client.run("MEMORY USAGE " + server.key_on(cores - 1, "k")).starts_with(":"));
    CHECK(contains(client.run("MEMORY DOCTOR"), "Hi Sam, this instance is empty"));
    CHECK_EQ(client.run("MEMORY PURGE"), "+OK");
    CHECK(client.run("MEMORY MALLOC-STATS").starts_with("$"));
  }
}

TEST_CASE("COMMAND knows every row, and the rows make sense") {
  LocalServer server(1);
  LocalClient& client = server.connect(0);
  const CommandTable& table = CommandTable::instance();
  CHECK_EQ(client.run("COMMAND COUNT"), ":" + std::to_string(table.commands().size()));
  CHECK(client.run("COMMAND").starts_with("*" + std::to_string(table.commands().size()) + " *10 "));
  CHECK(client.run("COMMAND DOCS").starts_with("*" + std::to_string(2 * table.commands().size())));
  CHECK(client.run("COMMAND LIST").starts_with("*" + std::to_string(table.size())));
  std::set<std::string_view> names;
  for (size_t id = 0; id < table.size(); ++id) {
    const Command& row = table.row(static_cast<uint16_t>(id));
    CAPTURE(row.name);
    CHECK(names.insert(row.name).second);
    CHECK_NE(row.arity, 0);
    CHECK_FALSE(row.summary.empty());
    CHECK_FALSE(row.since.empty());
    CHECK_FALSE(row.group.empty());
    // How long these take depends on what clients do, or on nothing.
    CHECK_EQ(row.complexity.empty(), (row.name == "monitor" || row.name == "lolwut"));
    CHECK_LE(flag_names(row).size(), 10);
    const uint32_t acl = acl_categories(row);
    CHECK_NE((acl & kAclFast) != 0, (acl & kAclSlow) != 0);
    // A container does nothing itself; all others but scripts have a handler for their route.
    if (!row.subcommands.empty() || row.route == Route::kScript) continue;
    const bool has_handler =
        row.route == Route::kConnection ? row.serve != nullptr : row.run != nullptr;
    CHECK(has_handler);
  }
  CHECK_EQ(acl_category("Dangerous"), kAclDangerous);
  CHECK_EQ(acl_category("nosuch"), 0);
}

// The recorded scripts are of a Redis that asks for an argument more.
TEST_CASE("COMMAND GETKEYS of a command without arguments") {
  LocalServer server(1);
  LocalClient& client = server.connect(0);
  CHECK_EQ(client.run("COMMAND GETKEYS ping"), "-ERR The command has no key arguments");
  CHECK_EQ(client.run("COMMAND GETKEYS nosuch"), "-ERR Invalid command specified");
  for (const char* command : {"COMMAND GETKEYS get", "COMMAND GETKEYSANDFLAGS get"}) {
    CHECK_EQ(client.run(command), "-ERR Invalid number of arguments specified for command");
  }
  CHECK_EQ(client.run("COMMAND GETKEYS"),
           "-ERR wrong number of arguments for 'command|getkeys' command");
}

TEST_CASE("COMMAND GETKEYSANDFLAGS of SET depends on GET") {
  LocalServer server(1);
  LocalClient& client = server.connect(0);
  CHECK_EQ(client.run("COMMAND GETKEYSANDFLAGS SET k v EX 5"), "*1 *2 $1 k *2 +OW +update");
  CHECK_EQ(client.run("COMMAND GETKEYSANDFLAGS SET k v EX 5 get"),
           "*1 *2 $1 k *3 +RW +access +update");
}

TEST_CASE("COMMAND GETKEYSANDFLAGS says of each key what it is used for") {
  LocalServer server(1);
  LocalClient& client = server.connect(0);
  const auto uses = [&](const std::string& command) {
    return client.run("COMMAND GETKEYSANDFLAGS " + command);
  };
  const std::string read = " *2 +RO +access";
  const std::string pop = " *3 +RW +access +delete";
  CHECK_EQ(uses("RENAME a b"), "*2 *2 $1 a" + pop + " *2 $1 b *2 +OW +update");
  CHECK_EQ(uses("SUNIONSTORE d a b"),
           "*3 *2 $1 d *2 +OW +update *2 $1 a" + read + " *2 $1 b" + read);
  CHECK_EQ(uses("ZUNIONSTORE d 2 a b"),
           "*3 *2 $1 d *2 +OW +update *2 $1 a" + read + " *2 $1 b" + read);
  CHECK_EQ(uses("ZINTER 2 a b"), "*2 *2 $1 a" + read + " *2 $1 b" + read);
  CHECK_EQ(uses("LMPOP 2 a b LEFT"), "*2 *2 $1 a" + pop + " *2 $1 b" + pop);
  CHECK_EQ(uses("BLMPOP 0 1 a LEFT"), "*1 *2 $1 a" + pop);
  CHECK_EQ(uses("SORT a STORE b"), "*2 *2 $1 a" + read + " *2 $1 b *2 +OW +update");
  CHECK_EQ(uses("SORT_RO a"), "*1 *2 $1 a" + read);
}

TEST_CASE("COMMAND INFO has tips, and a key specification for each use of keys") {
  LocalServer server(1);
  LocalClient& client = server.connect(0);
  const std::string index = " $12 begin_search *4 $4 type $5 index $4 spec *2 $5 index ";
  const std::string keynum =
      " $9 find_keys *4 $4 type $6 keynum $4 spec *6 $9 keynumidx :0 $8 firstkey :1 $7 keystep :1";
  const auto range = [](const std::string& last) {
    return " $9 find_keys *4 $4 type $5 range $4 spec *6 $7 lastkey :" + last +
           " $7 keystep :1 $5 limit :0";
  };
  const std::string flags = "*6 $5 flags *2 ";
  CHECK(client.run("COMMAND INFO DEL")
            .find(" *2 $26 request_policy:multi_shard $23 response_policy:agg_sum *1 ") !=
        std::string::npos);
  CHECK(client.run("COMMAND INFO CLIENT|LIST").find(" *1 $23 nondeterministic_output *0 ") !=
        std::string::npos);
  CHECK(client.run("COMMAND INFO ZUNIONSTORE")
            .ends_with(" *0 *2 " + flags + "+OW +update" + index + ":1" + range("0") + " " + flags +
                       "+RO +access" + index + ":2" + keynum + " *0"));
  CHECK(client.run("COMMAND INFO SUNIONSTORE")
            .ends_with(" *0 *2 " + flags + "+OW +update" + index + ":1" + range("0") + " " + flags +
                       "+RO +access" + index + ":2" + range("-1") + " *0"));
  CHECK(
      client.run("COMMAND INFO BZMPOP")
          .ends_with(" *0 *1 *6 $5 flags *3 +RW +access +delete" + index + ":2" + keynum + " *0"));
  CHECK(client.run("COMMAND INFO SORT").find("$4 type $7 unknown $4 spec *0") != std::string::npos);
}

TEST_CASE("CONFIG GET says nothing of new keys behind A, and they are told all the same") {
  LocalServer server(2);
  LocalClient& client = server.connect(0);
  const std::string name = "$22 notify-keyspace-events ";
  CHECK_EQ(client.run("CONFIG SET notify-keyspace-events AnE"), "+OK");
  CHECK_EQ(client.run("CONFIG GET notify-keyspace-events"), "*2 " + name + "$2 AE");
  LocalClient& listener = server.connect(1);
  listener.run("SUBSCRIBE __keyevent@0__:new");
  CHECK_EQ(client.run("SET k v"), "+OK");
  server.pump();
  CHECK(listener.take_received().ends_with("$1\r\nk\r\n"));
  CHECK_EQ(client.run("CONFIG SET notify-keyspace-events gnE"), "+OK");
  CHECK_EQ(client.run("CONFIG GET notify-keyspace-events"), "*2 " + name + "$3 gnE");
}

TEST_CASE("INFO counts what moved once, and hashes whose fields expire") {
  for (const int cores : {1, 3}) {
    LocalServer server(cores);
    LocalClient& client = server.connect(0);
    const auto changes = [&] {
      const std::string info = client.run("INFO persistence");
      const std::string name = "rdb_changes_since_last_save:";
      return std::stoi(info.substr(info.find(name) + name.size()));
    };
    const std::string near = server.key_on(0, "near");
    const std::string far = server.key_on(cores - 1, "far");
    client.run("RPUSH " + near + " a b c");
    for (const std::string& command :
         {"LMOVE " + near + " " + far + " LEFT LEFT", "BLMOVE " + near + " " + far + " LEFT LEFT 0",
          "LMOVE " + near + " " + near + " LEFT RIGHT", "RENAME " + far + " " + near,
          "MOVE " + near + " 1"}) {
      CAPTURE(command);
      const int before = changes();
      CHECK_FALSE(client.run(command).starts_with("-"));
      CHECK_EQ(changes(), before + 1);
    }
    client.run("HSET h f v");
    CHECK(client.run("INFO keyspace").find("avg_ttl=0,subexpiry=0 ") != std::string::npos);
    client.run("HEXPIRE h 100 FIELDS 1 f");
    CHECK(client.run("INFO keyspace").find("avg_ttl=0,subexpiry=1 ") != std::string::npos);
  }
}

TEST_CASE("INFO no longer counts a hash that has lost its last field with an expiry") {
  LocalServer server(1);
  LocalClient& client = server.connect(0);
  const auto expiring = [&](char count) {
    return contains(client.run("INFO keyspace"), std::string("subexpiry=") + count + " ");
  };
  for (const char* packed : {"512", "0"}) {
    CAPTURE(packed);
    CHECK_EQ(client.run(std::string("CONFIG SET hash-max-listpack-entries ") + packed), "+OK");
    for (const char* command : {"HDEL h b", "HGETDEL h FIELDS 1 b", "HPERSIST h FIELDS 1 b",
                                "HSET h b 2", "HGETEX h PERSIST FIELDS 1 b"}) {
      CAPTURE(command);
      client.run("DEL h");
      CHECK_EQ(client.run("HSET h a 1 b 2 c 3"), ":3");
      CHECK_EQ(client.run("HEXPIRE h 100 FIELDS 2 a b"), "*2 :1 :1");
      CHECK_EQ(client.run("HDEL h a"), ":1");
      CHECK(expiring('1'));
      CHECK_FALSE(client.run(command).starts_with("-"));
      CHECK(expiring('0'));
      server.core(0).shard().verify();
    }
  }
}

TEST_CASE("CONFIG SET of what needs a restart takes only the same value") {
  for (const int cores : {1, 3}) {
    LocalServer server(cores);
    LocalClient& client = server.connect(0);
    CHECK_EQ(client.run("CONFIG SET port 6379"), "+OK");
    CHECK(contains(client.run("CONFIG SET port 7000"), "Unable to listen on this port"));
    CHECK_EQ(client.run_args({"CONFIG", "SET", "bind", "* -::*"}), "+OK\r\n");
    CHECK(contains(client.run("CONFIG SET bind 127.0.0.1"), "Failed to bind"));
    CHECK_EQ(client.run("CONFIG GET port"), "*2 $4 port $4 6379");
  }
}

TEST_CASE("DEBUG is refused unless the configuration allows it") {
  LocalServer server(1);
  LocalClient& client = server.connect(0);
  CHECK(contains(client.run("DEBUG SLEEP 0"), "-ERR DEBUG command not allowed."));
  CHECK(contains(client.run("DEBUG OBJECT k"), "-ERR DEBUG command not allowed."));
  CHECK_EQ(client.run("CONFIG GET enable-debug-command"), "*2 $20 enable-debug-command $2 no");
}

TEST_CASE("SHUTDOWN closes the client and stops the server") {
  LocalServer server(1);
  LocalClient& client = server.connect(0);
  CHECK_EQ(client.run("SHUTDOWN SAVE"), "-ERR Errors trying to SHUTDOWN. Check logs.");
  CHECK_FALSE(server.server().stopping);
  client.send_command({"SHUTDOWN", "NOSAVE"});
  server.pump();
  CHECK_EQ(client.received(), "");
  CHECK_FALSE(client.connected());
  CHECK(server.server().stopping);
}

}  // namespace
}  // namespace rondo
