#include "server/topics.h"

#include <map>
#include <set>
#include <string>

#include "reactor/base/prng.h"
#include "tests/server/local_server.h"
#include "tests/testing.h"

namespace rondo {
namespace {

TEST_CASE("topics: names of a subscriber are in the order of subscribing") {
  LocalServer server(1);
  Session& session = server.connect().session();
  Subscriber subscriber;
  Topics topics(TopicKind::kPattern);
  for (const char* name : {"c", "a", "b"})
    CHECK(topics.add(session, subscriber, name));
  CHECK_FALSE(topics.add(session, subscriber, "a"));
  CHECK(topics.remove(subscriber, "a"));
  CHECK_FALSE(topics.remove(subscriber, "a"));
  CHECK(topics.add(session, subscriber, "a"));
  CHECK_EQ(subscriber.names(TopicKind::kPattern), std::vector<std::string_view>{"c", "b", "a"});
  CHECK(subscriber.names(TopicKind::kChannel).empty());
  CHECK_EQ(subscriber.total(), 3);
  for (const char* name : {"c", "a", "b"})
    CHECK(topics.remove(subscriber, name));
  CHECK_EQ(topics.size(), 0);
}

TEST_CASE("topics: any order of subscribing and unsubscribing is as in a model") {
  constexpr uint64_t kSessions = 8;
  constexpr uint64_t kNames = 30;
  LocalServer server(1);
  std::vector<Session*> sessions;
  for (uint64_t i = 0; i < kSessions; ++i)
    sessions.push_back(&server.connect().session());
  std::vector<Subscriber> subscribers(kSessions);
  Topics topics(TopicKind::kChannel);
  std::map<std::string, std::set<Session*>> model;
  Prng prng(7);
  for (int step = 0; step < 20'000; ++step) {
    const size_t who = prng.below(kSessions);
    // Names as long as a string that keeps them inside itself, and longer.
    const uint64_t number = prng.below(kNames);
    const std::string name =
        (number % 2 == 0 ? "n" : std::string(40, 'n')) + std::to_string(number);
    // Now more come than go, now more go.
    if (prng.below(100) < (step / 1000 % 2 == 0 ? 60u : 40u)) {
      CHECK_EQ(topics.add(*sessions[who], subscribers[who], name),
               model[name].insert(sessions[who]).second);
    } else {
      CHECK_EQ(topics.remove(subscribers[who], name), model[name].erase(sessions[who]) == 1);
    }
    if (model[name].empty()) model.erase(name);
    CHECK_EQ(topics.size(), model.size());
    if (step % 100 != 0) continue;
    topics.verify();
    for (const auto& [known, listeners] : model) {
      Topic* topic = topics.find(known);
      REQUIRE(topic != nullptr);
      std::set<Session*> found;
      topic->subscriptions.for_each(
          [&](const Subscription& subscription) { found.insert(subscription.session); });
      CHECK(found == listeners);
    }
  }
  for (Subscriber& subscriber : subscribers) {
    for (const std::string_view name : subscriber.names(TopicKind::kChannel))
      CHECK(topics.remove(subscriber, std::string(name)));
  }
  CHECK_EQ(topics.size(), 0);
}

}  // namespace
}  // namespace rondo
