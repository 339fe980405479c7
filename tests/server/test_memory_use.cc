// What memory is used for, as the cores have it and as INFO and MEMORY STATS show it.
#include "server/memory_use.h"

#include <cstdlib>
#include <string>

#include "tests/server/local_server.h"
#include "tests/testing.h"

namespace rondo {
namespace {

// The number behind "name:" in a section of INFO.
uint64_t figure(const std::string& info, const std::string& name) {
  const size_t at = info.find(" " + name + ":");
  REQUIRE_NE(at, info.npos);
  return std::strtoull(info.c_str() + at + name.size() + 2, nullptr, 10);
}

// All cores' parts added up.
MemoryUse use_of(LocalServer& server) {
  MemoryUse all;
  for (int i = 0; i < server.cores(); ++i)
    all.add(memory_use(server.core(i)));
  return all;
}

void free_everything(LocalServer& server) {
  for (int i = 0; i < server.cores(); ++i) {
    Core& core = server.core(i);
    while (core.background() || core.freeing_paused()) {
      // The others answer.
      for (int turn = 0; core.freeing_paused() && turn < 2 * server.cores(); ++turn)
        server.turn(turn % server.cores());
    }
  }
}

TEST_CASE("what is used is what was there at the start, data and clients") {
  for (const int cores : {1, 3}) {
    CAPTURE(cores);
    LocalServer server(cores);
    server.server().startup_bytes = 1'000'000;
    CHECK_EQ(use_of(server).used(), 1'000'000);
    CHECK_EQ(use_of(server).dataset_share(), 0);

    LocalClient& client = server.connect(0);
    for (int i = 0; i < 3000; ++i)
      CHECK_EQ(client.run("SET key" + std::to_string(i) + " " + std::string(100, 'v')), "+OK");
    CHECK_EQ(client.run("SELECT 3"), "+OK");
    CHECK_EQ(client.run("SET other v"), "+OK");
    const MemoryUse use = use_of(server);
    CHECK_EQ(use.keys(), 3001);
    CHECK_GE(use.data, 3000 * 100);
    CHECK_GE(use.clients, sizeof(Session));
    CHECK_EQ(use.used(), 1'000'000 + use.data + use.clients);
    CHECK_GE(use.tables(), 3000 * 8);
    CHECK_LT(use.tables(), 3000 * 40);
    CHECK_EQ(use.overhead(), 1'000'000 + use.clients + use.tables());
    CHECK_EQ(use.dataset() + use.overhead(), use.used());
    CHECK_GT(use.dataset_share(), 0.5);
    CHECK_LT(use.dataset_share(), 1);
  }
}

TEST_CASE("INFO shows what memory is used for") {
  LocalServer server(3);
  server.server().startup_bytes = 1'000'000;
  LocalClient& client = server.connect(1);
  CHECK_EQ(client.run("SET k " + std::string(10'000, 'v')), "+OK");
  const std::string info = client.run("INFO memory");
  const uint64_t used = figure(info, "used_memory");
  CHECK_GT(used, 1'010'000);
  CHECK_EQ(figure(info, "used_memory_startup"), 1'000'000);
  CHECK_EQ(figure(info, "used_memory_overhead") + figure(info, "used_memory_dataset"), used);
  CHECK_GT(figure(info, "used_memory_dataset"), 10'000);
  CHECK_GE(figure(info, "mem_clients_normal"), sizeof(Session));
}

TEST_CASE("what is freed in the background is counted while it waits and when it is gone") {
  LocalServer server(3);
  LocalClient& client = server.connect(0);
  for (int i = 0; i < 2000; ++i)
    CHECK_EQ(client.run("SET key" + std::to_string(i) + " v"), "+OK");
  CHECK_EQ(client.run("SELECT 1"), "+OK");
  CHECK_EQ(client.run("SET huge v"), "+OK");
  CHECK_EQ(client.run("SETRANGE huge 3000000 x"), ":3000001");
  CHECK_EQ(client.run("DEL huge"), ":1");
  CHECK_EQ(client.run("FLUSHALL ASYNC"), "+OK");
  const std::string waiting = client.run("INFO memory");
  CHECK_EQ(figure(waiting, "lazyfree_pending_objects"), 2001);
  CHECK_EQ(figure(waiting, "lazyfreed_objects"), 0);
  CHECK_GT(figure(waiting, "used_memory"), 3'000'000);

  free_everything(server);
  const std::string freed = client.run("INFO memory");
  CHECK_EQ(figure(freed, "lazyfree_pending_objects"), 0);
  CHECK_EQ(figure(freed, "lazyfreed_objects"), 2001);
  CHECK_LT(figure(freed, "used_memory"), 1'000'000);
  CHECK_EQ(client.run("CONFIG RESETSTAT"), "+OK");
  CHECK_EQ(figure(client.run("INFO memory"), "lazyfreed_objects"), 0);
}

TEST_CASE("INFO counts the keys that are waited for, and who waits with a time-out") {
  LocalServer server(2);
  LocalClient& client = server.connect(0);
  LocalClient& patient = server.connect(0);
  LocalClient& hasty = server.connect(1);
  const std::string here = server.key_on(0, "here");
  const std::string there = server.key_on(1, "there");
  patient.send_command({"BLPOP", here, there, "0"});
  hasty.send_command({"BLPOP", here, "100"});
  server.pump();
  const std::string info = client.run("INFO clients");
  CHECK_EQ(figure(info, "blocked_clients"), 2);
  CHECK_EQ(figure(info, "clients_in_timeout_table"), 1);
  CHECK_EQ(figure(info, "total_blocking_keys"), 2);
  CHECK_EQ(client.run("LPUSH " + here + " a b"), ":2");
  server.pump();
  CHECK_EQ(figure(client.run("INFO clients"), "total_blocking_keys"), 0);
}

TEST_CASE("MEMORY STATS shows each database that has keys") {
  LocalServer server(3);
  LocalClient& client = server.connect(0);
  CHECK_EQ(client.run("MEMORY STATS").find("db."), std::string::npos);
  CHECK_EQ(client.run("SET k v"), "+OK");
  CHECK_EQ(client.run("SELECT 9"), "+OK");
  CHECK_EQ(client.run("SET k v"), "+OK");
  for (const char* protocol : {"2", "3"}) {
    CAPTURE(protocol);
    client.run(std::string("HELLO ") + protocol);
    const std::string stats = client.run("MEMORY STATS");
    // 27 figures and two databases.
    CHECK(stats.starts_with(protocol[0] == '2' ? "*58 " : "%29 "));
    for (const char* name : {"$4 db.0 ", "$4 db.9 "}) {
      const size_t at = stats.find(name);
      REQUIRE_NE(at, stats.npos);
      const std::string map = protocol[0] == '2' ? "*4 " : "%2 ";
      CHECK_EQ(stats.compare(at + 8, 30, map + "$23 overhead.hashtable.main"), 0);
    }
  }
}

}  // namespace
}  // namespace rondo
