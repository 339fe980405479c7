#include "server/topics.h"

#include <algorithm>

#include "reactor/base/check.h"

namespace rondo {

Subscriber::~Subscriber() {
  CHECK(total() == 0);
}

size_t Subscriber::total() const {
  size_t sum = 0;
  for (const OfKind& kind : all_)
    sum += kind.size();
  return sum;
}

size_t Subscriber::footprint() const {
  size_t bytes = sizeof(Subscriber);
  for (const OfKind& kind : all_) {
    bytes += kind.bucket_count() * sizeof(void*);
    bytes += kind.size() * (sizeof(OfKind::value_type) + 2 * sizeof(void*));
  }
  return bytes;
}

std::vector<std::string_view> Subscriber::names(TopicKind kind) const {
  std::vector<std::pair<uint64_t, std::string_view>> numbered;
  numbered.reserve(of(kind).size());
  for (const auto& [topic, subscription] : of(kind))
    numbered.emplace_back(subscription.number, topic->name);
  std::sort(numbered.begin(), numbered.end());
  std::vector<std::string_view> names;
  names.reserve(numbered.size());
  for (const auto& [number, name] : numbered)
    names.push_back(name);
  return names;
}

Topics::~Topics() {
  CHECK(topics_.empty());
}

bool Topics::add(Session& session, Subscriber& subscriber, std::string_view name) {
  auto found = topics_.find(name);
  if (found == topics_.end()) {
    found = topics_.try_emplace(std::string(name)).first;
    Topic& made = found->second;
    made.name = found->first;
    made.hash = hash_key(name);
    in_order_.push_back(made);
  }
  Topic& topic = found->second;
  const auto [at, added] = subscriber.of(kind_).try_emplace(&topic);
  if (!added) return false;
  Subscription& subscription = at->second;
  subscription.session = &session;
  subscription.number = next_number_++;
  topic.subscriptions.push_back(subscription);
  ++topic.subscribers;
  return true;
}

bool Topics::remove(Subscriber& subscriber, std::string_view name) {
  const auto found = topics_.find(name);
  if (found == topics_.end()) return false;
  Topic& topic = found->second;
  if (subscriber.of(kind_).erase(&topic) == 0) return false;
  if (--topic.subscribers == 0) topics_.erase(found);
  return true;
}

Topic* Topics::find(std::string_view name) {
  const auto found = topics_.find(name);
  return found == topics_.end() ? nullptr : &found->second;
}

void Topics::verify() {
  size_t topics = 0;
  in_order_.for_each([&](Topic& topic) {
    ++topics;
    CHECK(find(topic.name) == &topic);
    CHECK(topic.hash == hash_key(topic.name));
    size_t subscribers = 0;
    topic.subscriptions.for_each([&](Subscription& subscription) {
      ++subscribers;
      CHECK(subscription.session != nullptr);
    });
    CHECK(subscribers == topic.subscribers);
    CHECK(subscribers > 0);
  });
  CHECK(topics == topics_.size());
}

}  // namespace rondo
