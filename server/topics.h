// Topics: who listens to what on one core: the sessions of each channel, or of each pattern. A
// session's own side of it is its Subscriber, which the topic's lists run through, so that ending
// a subscription costs no search. Touched only by the core's thread.
//
//   Topics: name -> Topic --list--> Subscription --list--> Subscription      (of one topic)
//                                        |
//                   Subscriber of a session: topic -> Subscription           (of one session)
//
// Invariant: a topic is there exactly as long as somebody listens to it.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "reactor/base/intrusive_list.h"
#include "shard/key.h"

namespace rondo {

class Session;
struct Topic;

// Shard channels are those of SSUBSCRIBE: in Redis Cluster their messages stay within one slot's
// nodes, here they are channels of their own.
enum class TopicKind : uint8_t { kChannel, kPattern, kShardChannel };
inline constexpr size_t kTopicKinds = 3;

struct Subscription : ListHook {
  Session* session = nullptr;
  uint64_t number = 0;  // In the order of subscribing.
};

struct Topic : ListHook {
  std::string_view name;  // The key of Topics' map.
  uint64_t hash = 0;
  size_t subscribers = 0;
  List<Subscription> subscriptions;
};

// What one session listens to. Destroyed only when that is nothing.
class Subscriber {
 public:
  ~Subscriber();
  size_t count(TopicKind kind) const { return of(kind).size(); }
  size_t total() const;
  // Heap bytes, about.
  size_t footprint() const;
  // The names in the order of subscribing; valid until a subscription comes or goes.
  std::vector<std::string_view> names(TopicKind kind) const;

 private:
  friend class Topics;
  using OfKind = std::unordered_map<const Topic*, Subscription>;
  OfKind& of(TopicKind kind) { return all_[static_cast<size_t>(kind)]; }
  const OfKind& of(TopicKind kind) const { return all_[static_cast<size_t>(kind)]; }

  std::array<OfKind, kTopicKinds> all_;
};

class Topics {
 public:
  explicit Topics(TopicKind kind) : kind_(kind) {}
  Topics(const Topics&) = delete;
  Topics& operator=(const Topics&) = delete;
  ~Topics();

  // False: it listens already. `subscriber` is the one of `session`.
  bool add(Session& session, Subscriber& subscriber, std::string_view name);
  // False: it does not listen.
  bool remove(Subscriber& subscriber, std::string_view name);

  size_t size() const { return topics_.size(); }
  // Null: nobody listens.
  Topic* find(std::string_view name);
  // visit(Topic&) for all of them, in the order in which they came. `visit` adds and removes none.
  template <class Visit>
  void for_each(Visit&& visit) {
    in_order_.for_each(visit);
  }

  // Checks every invariant; for tests.
  void verify();

 private:
  struct Hash {
    using is_transparent = void;
    size_t operator()(std::string_view name) const { return hash_key(name); }
  };
  struct Equal {
    using is_transparent = void;
    bool operator()(std::string_view a, std::string_view b) const { return a == b; }
  };

  const TopicKind kind_;
  uint64_t next_number_ = 0;
  std::unordered_map<std::string, Topic, Hash, Equal> topics_;
  List<Topic> in_order_;
};

}  // namespace rondo
