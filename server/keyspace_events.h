// KeyspaceEvents: publishes what happens to the keys of one core's shard, as the option
// notify-keyspace-events asks for: the event's name to __keyspace@<db>__:<key>, the key's name to
// __keyevent@<db>__:<event>. It listens at the shard's door only while the option is not empty, and
// messages cost nothing where nobody listens to them.
//
// All events of a shard are published by its own core, in the order in which they happened: while a
// coordinator operates on the parked shard they are kept, and published when the park has ended.
// So on_effect() and on_miss() are called by whoever holds the shard, all else by the core's
// thread. Events of keys on different shards have no common order.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "shard/effect.h"

namespace rondo {

class Core;

// Bits of the letters of notify-keyspace-events, of which "A" stands for several. REQUIRES: the
// option's check has accepted them.
uint32_t parse_event_classes(std::string_view letters);

class KeyspaceEvents final : public EffectSink {
 public:
  explicit KeyspaceEvents(Core& core) : core_(core) {}
  KeyspaceEvents(const KeyspaceEvents&) = delete;
  KeyspaceEvents& operator=(const KeyspaceEvents&) = delete;

  // What to publish from now on. REQUIRES: the shard is not parked.
  void configure(std::string_view letters);
  bool active() const { return classes_ != 0; }

  void on_effect(const Effect& effect) override;
  void on_miss(int db, std::string_view key) override;

  // Publishes what happened while the shard was parked.
  void park_ended();

 private:
  struct Kept {
    int db;
    const char* event;
    std::string key;
  };

  void note_left();
  void note(int db, char type, const char* event, std::string_view key);
  void publish(int db, std::string_view event, std::string_view key);

  Core& core_;
  uint32_t classes_ = 0;
  std::vector<Kept> kept_;
  std::optional<Kept> left_;  // A key that RENAME or MOVE took away: told with the one it becomes.
  std::string channel_;       // Scratch.
};

}  // namespace rondo
