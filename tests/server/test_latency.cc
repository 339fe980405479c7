// The latency monitor: samples, merging of cores, the graph, and the LATENCY commands.
// Covers server/latency.cc and server/commands/latency.cc.
#include <string>

#include "server/latency.h"
#include "tests/server/local_server.h"
#include "tests/testing.h"

namespace rondo {
namespace {

TEST_CASE("one sample a second, the worst, and only so many") {
  LatencyEvent event;
  event.add(100, 5);
  event.add(100, 9);
  event.add(100, 7);
  event.add(101, 3);
  REQUIRE_EQ(event.samples.size(), 2);
  CHECK_EQ(event.samples[0].ms, 9);
  CHECK_EQ(event.max_ms, 9);
  for (int64_t i = 0; i < 500; ++i)
    event.add(200 + i, 1);
  CHECK_EQ(event.samples.size(), LatencyEvent::kSamplesMax);
  CHECK_EQ(event.samples.back().unix_seconds, 699);
  CHECK_EQ(event.max_ms, 9);
}

TEST_CASE("cores are merged by time") {
  LatencyMonitor one;
  LatencyMonitor other;
  one.add("command", 10, 1);
  one.add("command", 12, 2);
  other.add("command", 11, 30);
  other.add("command", 12, 4);
  other.add("fast-command", 9, 6);
  one.merge(other);
  REQUIRE_EQ(one.events().size(), 2);
  const LatencyEvent& event = one.events().find("command")->second;
  REQUIRE_EQ(event.samples.size(), 3);
  CHECK_EQ(event.samples[1].ms, 30);
  CHECK_EQ(event.samples[2].ms, 4);
  CHECK_EQ(event.max_ms, 30);
  CHECK_EQ(one.reset("fast-command"), 1);
  CHECK_EQ(one.reset("fast-command"), 0);
  CHECK_EQ(one.reset_all(), 1);
}

TEST_CASE("a graph has a bar and an age for each sample") {
  LatencyEvent event;
  event.add(940, 1);
  event.add(997, 100);
  const std::string graph = latency_graph("command", event, 1000);
  CHECK(graph.starts_with("command - high 100 ms, low 1 ms (all time high 100 ms)\n"));
  CHECK(graph.ends_with("\n13\nms\n"));
}

TEST_CASE("LATENCY over all cores") {
  for (const int cores : {1, 3}) {
    CAPTURE(cores);
    LocalServer server(cores);
    LocalClient& client = server.connect(0);
    CHECK_EQ(client.run("LATENCY LATEST"), "*0");
    CHECK(client.run("LATENCY DOCTOR").find("monitoring is disabled") != std::string::npos);
    CHECK_EQ(client.run("CONFIG SET latency-monitor-threshold 10"), "+OK");
    CHECK(client.run("LATENCY DOCTOR").find("no latency spike") != std::string::npos);
    for (int i = 0; i < cores; ++i)
      server.core(i).latency().add("command", 1000 + i, 20 + i);
    const std::string last = std::to_string(19 + cores);
    CHECK_EQ(client.run("LATENCY LATEST"),
             "*1 *4 $7 command :" + std::to_string(999 + cores) + " :" + last + " :" + last);
    CHECK(client.run("LATENCY HISTORY command").starts_with("*" + std::to_string(cores) + " "));
    CHECK(client.run("LATENCY GRAPH command").find("all time high") != std::string::npos);
    CHECK(client.run("LATENCY DOCTOR").find("1. command: ") != std::string::npos);
    CHECK_EQ(client.run("LATENCY RESET nothing"), ":0");
    CHECK_EQ(client.run("LATENCY RESET command"), ":1");
    CHECK_EQ(client.run("LATENCY LATEST"), "*0");
    CHECK_EQ(client.run("SET k v"), "+OK");
    CHECK(client.run("LATENCY HISTOGRAM set").starts_with("*2 $3 set *4 $5 calls :1 "));
    CHECK_EQ(client.run("LATENCY HISTOGRAM nosuch get"), "*0");
    client.run("CLIENT ID");
    client.run("CLIENT LIST");
    CHECK(client.run("LATENCY HISTOGRAM client|id").starts_with("*2 $9 client|id "));
    CHECK(client.run("LATENCY HISTOGRAM client").starts_with("*4 "));
  }
}

}  // namespace
}  // namespace rondo
