// Publishing and subscribing: the scenes of tests/server/messages as Redis plays them, on one shard
// and on more, and what only a server of several cores can get wrong. Covers
// server/commands/pubsub.cc, server/commands/pubsub_info.cc and server/keyspace_events.cc.
#include "server/pubsub.h"

#include <fstream>
#include <map>
#include <string>
#include <vector>

#include "protocol/quote.h"
#include "reactor/base/prng.h"
#include "tests/server/local_server.h"
#include "tests/testing.h"

namespace rondo {
namespace {

std::vector<std::string> read_lines(const std::string& path) {
  std::ifstream in(path);
  REQUIRE(in.is_open());
  std::vector<std::string> lines;
  for (std::string line; std::getline(in, line);)
    lines.push_back(line);
  return lines;
}

// One scene, with its clients on different cores in the order in which they first speak.
class Scene {
 public:
  explicit Scene(int cores) : cores_(cores) { restart(); }

  void restart() {
    clients_.clear();
    server_ = std::make_unique<LocalServer>(cores_);
  }

  // What every client receives, each line as it stands in the file.
  std::string say(const std::string& name, const std::vector<std::string>& args) {
    LocalClient*& client = clients_[name];
    if (!client) client = &server_->connect(static_cast<int>(clients_.size()) % cores_);
    if (client->connected()) client->send_command(args);
    server_->pump();
    std::string lines;
    for (const auto& [other, listener] : clients_) {
      const std::string received = listener->take_received();
      if (!received.empty()) lines += "    " + other + " " + quoted(received) + "\n";
    }
    return lines;
  }

 private:
  const int cores_;
  std::unique_ptr<LocalServer> server_;
  std::map<std::string, LocalClient*> clients_;
};

void play(const std::string& name, int cores) {
  CAPTURE(name);
  CAPTURE(cores);
  const std::vector<std::string> lines =
      read_lines(std::string(RONDO_MESSAGES) + "/" + name + ".txt");
  Scene scene(cores);
  for (size_t i = 0; i < lines.size();) {
    const std::string& line = lines[i++];
    if (line.empty() || line.starts_with('#')) continue;
    CAPTURE(i);
    CAPTURE(line);
    if (line == "---") {
      scene.restart();
      continue;
    }
    const size_t space = line.find(' ');
    REQUIRE_NE(space, std::string::npos);
    const auto args = split_words(line.substr(space + 1));
    REQUIRE(args.has_value());
    std::string expected;
    while (i < lines.size() && lines[i].starts_with("    "))
      expected += lines[i++] + "\n";
    const std::string received = scene.say(line.substr(0, space - 1), *args);
    if (line[space - 1] == ':') CHECK_EQ(received, expected);
  }
}

TEST_CASE("pubsub: every client receives what it does from Redis") {
  for (const int cores : {1, 2, 3})
    play("pubsub", cores);
}

TEST_CASE("pubsub: keyspace events are those of Redis") {
  for (const int cores : {1, 3}) {
    play("events", cores);
    play("collection_events", cores);
  }
}

TEST_CASE("pubsub: messages that a command causes for its own client stand behind its reply") {
  LocalServer server(1);
  LocalClient& client = server.connect();
  client.run("HELLO 3");
  client.run("SUBSCRIBE self");
  client.send_command({"PUBLISH", "self", "1"});
  server.pump();
  CHECK_EQ(client.take_received(), ":1\r\n>3\r\n$7\r\nmessage\r\n$4\r\nself\r\n$1\r\n1\r\n");
  client.run("CONFIG SET notify-keyspace-events Kg");
  client.run("PSUBSCRIBE __keyspace*");
  client.run("MSET a 1 b 2");
  client.send_command({"DEL", "a", "b"});
  server.pump();
  CHECK_EQ(client.take_received(),
           ":2\r\n>4\r\n$8\r\npmessage\r\n$11\r\n__keyspace*\r\n$16\r\n__keyspace@0__:a\r\n$3\r\n"
           "del\r\n>4\r\n$8\r\npmessage\r\n$11\r\n__keyspace*\r\n$16\r\n__keyspace@0__:b\r\n$3\r\n"
           "del\r\n");
}

TEST_CASE("pubsub: what an EXEC tells its own client stands behind all its replies") {
  for (const int cores : {1, 3}) {
    LocalServer server(cores);
    LocalClient& client = server.connect();
    client.run("HELLO 3");
    client.run("SUBSCRIBE self");
    for (const char* command : {"MULTI", "PING a", "PUBLISH self 1", "PUBLISH self 2", "PING b"})
      client.run(command);
    client.send_command({"EXEC"});
    client.send_command({"PING"});
    server.pump();
    const std::string message = ">3\r\n$7\r\nmessage\r\n$4\r\nself\r\n$1\r\n";
    CHECK_EQ(client.take_received(), "*4\r\n$1\r\na\r\n:1\r\n:1\r\n$1\r\nb\r\n" + message +
                                         "1\r\n" + message + "2\r\n+PONG\r\n");
  }
}

TEST_CASE("pubsub: a message without listeners costs no message between cores") {
  LocalServer server(3);
  LocalClient& publisher = server.connect(0);
  LocalClient& listener = server.connect(1);
  publisher.send_command({"PUBLISH", "c", "1"});
  // Alone: the reply does not wait for other cores.
  server.turn(0);
  CHECK_EQ(publisher.take_received(), ":0\r\n");
  CHECK_FALSE(server.core(0).pubsub().has_listeners(TopicKind::kChannel, "c"));

  listener.run("SUBSCRIBE c");
  CHECK(server.core(0).pubsub().has_listeners(TopicKind::kChannel, "c"));
  CHECK_FALSE(server.core(0).pubsub().has_listeners(TopicKind::kShardChannel, "c"));
  publisher.send_command({"PUBLISH", "c", "1"});
  server.turn(0);
  CHECK_EQ(publisher.take_received(), "");
  server.pump();
  CHECK_EQ(publisher.take_received(), ":1\r\n");
  CHECK_NE(listener.take_received(), "");

  listener.disconnect();
  server.pump();
  CHECK_FALSE(server.core(0).pubsub().has_listeners(TopicKind::kChannel, "c"));
}

TEST_CASE("pubsub: whoever gets a message finds what its publisher did before") {
  LocalServer server(3);
  LocalClient& listener = server.connect(2);
  listener.run("SUBSCRIBE c");
  LocalClient& publisher = server.connect(0);
  const std::string key = server.key_on(1, "k");
  publisher.send_command({"SET", key, "v"});
  publisher.send_command({"PUBLISH", "c", key});
  // The SET's core gets no turn, so the message does not come either.
  for (int i = 0; i < 5; ++i) {
    server.turn(0);
    server.turn(2);
  }
  CHECK_EQ(listener.received(), "");
  server.pump();
  CHECK_NE(listener.take_received(), "");
  CHECK_EQ(publisher.take_received(), "+OK\r\n:1\r\n");
}

// Publishers and listeners on all cores, in an order that a seed decides.
TEST_CASE("pubsub: each listener gets each publisher's messages in order, none twice") {
  constexpr int kListeners = 6;
  constexpr int kPublishers = 4;
  constexpr int kMessages = 60;
  for (uint64_t seed = 1; seed <= 10; ++seed) {
    CAPTURE(seed);
    Prng prng(seed);
    // Mailboxes of two messages, so that some batches wait.
    LocalServer server(3, {}, 2);
    std::vector<LocalClient*> listeners;
    for (int i = 0; i < kListeners; ++i) {
      listeners.push_back(&server.connect(i % 3));
      listeners.back()->run(i % 2 == 0 ? "SUBSCRIBE c" : "PSUBSCRIBE ?");
    }
    std::vector<LocalClient*> publishers;
    for (int i = 0; i < kPublishers; ++i)
      publishers.push_back(&server.connect(i % 3));
    for (int n = 0; n < kMessages; ++n) {
      for (int i = 0; i < kPublishers; ++i) {
        publishers[static_cast<size_t>(i)]->send_command(
            {"PUBLISH", "c", std::to_string(i) + ":" + std::to_string(n)});
      }
      server.turn(static_cast<int>(prng.below(3)));
    }
    server.pump();
    for (LocalClient* publisher : publishers) {
      std::string expected;
      for (int n = 0; n < kMessages; ++n)
        expected += ":" + std::to_string(kListeners) + "\r\n";
      CHECK_EQ(publisher->take_received(), expected);
    }
    for (LocalClient* listener : listeners) {
      std::vector<int> next(kPublishers);
      for (std::string reply = listener->take_reply(); !reply.empty();
           reply = listener->take_reply()) {
        const size_t colon = reply.rfind(':');
        const int number = std::stoi(reply.substr(colon + 1));
        int& expected = next[static_cast<size_t>(reply[colon - 1] - '0')];
        CHECK_EQ(number, expected);
        ++expected;
      }
      for (const int count : next)
        CHECK_EQ(count, kMessages);
    }
    for (int core = 0; core < 3; ++core)
      server.core(core).pubsub().verify();
  }
}

TEST_CASE("pubsub: a large message is shared, and whole wherever it arrives") {
  LocalServer server(3);
  std::vector<LocalClient*> listeners;
  for (int i = 0; i < 6; ++i) {
    listeners.push_back(&server.connect(i % 3));
    listeners.back()->run("SUBSCRIBE c");
  }
  for (const size_t size :
       {size_t{100}, OutBuffer::kShareBytesMin - 1, OutBuffer::kShareBytesMin, size_t{200'000}}) {
    const std::string payload(size, 'x');
    CHECK_EQ(server.connect(1).run_args({"PUBLISH", "c", payload}), ":6\r\n");
    const std::string expected =
        "*3\r\n$7\r\nmessage\r\n$1\r\nc\r\n$" + std::to_string(size) + "\r\n" + payload + "\r\n";
    for (LocalClient* listener : listeners)
      CHECK_EQ(listener->take_received(), expected);
  }
}

TEST_CASE("pubsub: a listener that does not read is closed by its own limit") {
  Config config;
  config.client_output_buffer_limits[static_cast<size_t>(ClientClass::kPubsub)].hard = 100'000;
  LocalServer server(2, config);
  LocalClient& lazy = server.connect(1);
  lazy.run("SUBSCRIBE c");
  LocalClient& normal = server.connect(1);
  lazy.receives = false;
  normal.receives = false;
  normal.send_command({"ECHO", std::string(150'000, 'x')});
  LocalClient& publisher = server.connect(0);
  const std::string payload(1000, 'x');
  int reached = 0;
  for (int i = 0; i < 200; ++i)
    reached += publisher.run_args({"PUBLISH", "c", payload}) == ":1\r\n";
  CHECK_FALSE(lazy.connected());
  CHECK(normal.connected());
  CHECK_GT(reached, 50);
  CHECK_LT(reached, 110);
  CHECK_EQ(publisher.run("PUBLISH c x"), ":0");
  normal.receives = true;
  server.pump();
}

TEST_CASE("pubsub: publishing waits while a core is far behind") {
  LocalServer server(2, {}, 4);
  LocalClient& listener = server.connect(1);
  listener.run("SUBSCRIBE c");
  LocalClient& publisher = server.connect(0);
  // One tick each, while core 1 gets no turn.
  for (int i = 0; i < 200; ++i) {
    publisher.send_command({"PUBLISH", "c", std::to_string(i)});
    server.turn(0);
  }
  CHECK(server.core(0).pubsub().congested());
  CHECK_EQ(publisher.session().replies().pending(), 64);
  server.pump();
  CHECK_FALSE(server.core(0).pubsub().congested());
  std::string expected;
  for (int i = 0; i < 200; ++i)
    expected += ":1\r\n";
  CHECK_EQ(publisher.take_received(), expected);
}

TEST_CASE("pubsub: events of a parked shard come from its own core, in order") {
  LocalServer server(3);
  LocalClient& listener = server.connect(2);
  listener.run("PSUBSCRIBE __keyspace*");
  LocalClient& client = server.connect(0);
  client.run("CONFIG SET notify-keyspace-events KA");
  const std::string from = server.key_on(1, "from");
  const std::string to = server.key_on(2, "to");
  client.run("SET " + from + " v");
  client.run("RENAME " + from + " " + to);
  client.run("DEL " + to);
  std::vector<std::string> events;
  for (std::string reply = listener.take_reply(); !reply.empty(); reply = listener.take_reply()) {
    const size_t end = reply.size() - 2;
    events.push_back(reply.substr(reply.rfind('\n', end - 1) + 1));
  }
  const std::vector<std::string> expected = {"set\r\n", "rename_from\r\n", "rename_to\r\n",
                                             "del\r\n"};
  std::sort(events.begin() + 1, events.begin() + 3);
  CHECK_EQ(events, expected);
}

TEST_CASE("pubsub: shards whose events are published are not borrowed") {
  LocalServer server(2);
  server.lend_shards();
  LocalClient& listener = server.connect(0);
  listener.run("SUBSCRIBE __keyevent@0__:set");
  LocalClient& client = server.connect(0);
  client.run("CONFIG SET notify-keyspace-events E$");
  const uint64_t borrowed = server.core(0).stats().borrowed;
  CHECK_EQ(client.run("SET " + server.key_on(1, "k") + " v"), "+OK");
  CHECK_NE(listener.take_received(), "");
  CHECK_EQ(server.core(0).stats().borrowed, borrowed);
  client.run_args({"CONFIG", "SET", "notify-keyspace-events", ""});
  CHECK_EQ(client.run("SET " + server.key_on(1, "k") + " v"), "+OK");
  CHECK_EQ(listener.take_received(), "");
  CHECK_GT(server.core(0).stats().borrowed, borrowed);
}

TEST_CASE("pubsub: operators see subscribers") {
  LocalServer server(3);
  LocalClient& listener = server.connect(1);
  LocalClient& other = server.connect(2);
  LocalClient& client = server.connect(0);
  listener.run("SUBSCRIBE a b");
  static_cast<void>(listener.take_received());
  listener.run("PSUBSCRIBE p*");
  listener.run("SSUBSCRIBE s");
  other.run("SUBSCRIBE b");
  other.run("PSUBSCRIBE p*");
  const std::string list = client.run("CLIENT LIST TYPE pubsub");
  CHECK_NE(list.find(" flags=P db=0 sub=2 psub=1 ssub=1 "), std::string::npos);
  CHECK_NE(list.find(" flags=P db=0 sub=1 psub=1 ssub=0 "), std::string::npos);
  CHECK_EQ(client.run("CLIENT LIST TYPE normal").find("flags=P"), std::string::npos);
  CHECK_NE(client.run("CLIENT INFO").find(" sub=0 psub=0 ssub=0 "), std::string::npos);
  const std::string info = client.run("INFO stats");
  CHECK_NE(info.find("pubsub_channels:2 pubsub_patterns:1 pubsubshard_channels:1 "),
           std::string::npos);
  CHECK_EQ(client.run("PUBSUB NUMPAT"), ":1");
  CHECK_EQ(client.run("PUBSUB NUMSUB a b"), "*4 $1 a :1 $1 b :2");
  CHECK_EQ(client.run("CLIENT KILL TYPE pubsub"), ":2");
  server.pump();
  CHECK_FALSE(listener.connected());
  CHECK_EQ(client.run("PUBSUB CHANNELS"), "*0");
}

}  // namespace
}  // namespace rondo
