#include "server/keyspace_events.h"

#include <fmt/format.h>

#include <utility>

#include "reactor/base/check.h"
#include "server/core.h"
#include "server/pubsub.h"

namespace rondo {

namespace {

// Those that "A" stands for come first.
constexpr std::string_view kLetters = "g$lshzxetdnmKE";
constexpr std::string_view kAll = "g$lshzxetd";

constexpr uint32_t bit_of(char letter) {
  const size_t at = kLetters.find(letter);
  return at == kLetters.npos ? 0 : uint32_t{1} << at;
}

// Where Redis removes the key first, so that what replaces it counts as new.
bool replaces(const Event& event) {
  const std::string_view name = event.name;
  return name == events::kRenameTo.name || name == events::kCopyTo.name ||
         name == events::kRestore.name;
}

}  // namespace

uint32_t parse_event_classes(std::string_view letters) {
  uint32_t classes = 0;
  for (const char letter : letters) {
    if (letter == 'A') {
      classes |= parse_event_classes(kAll);
      continue;
    }
    CHECK(bit_of(letter) != 0);
    classes |= bit_of(letter);
  }
  return classes;
}

void KeyspaceEvents::configure(std::string_view letters) {
  const bool was_active = active();
  classes_ = parse_event_classes(letters);
  if (active() && !was_active) core_.shard().add_sink(this);
  if (!active() && was_active) core_.shard().remove_sink(this);
}

void KeyspaceEvents::on_effect(const Effect& effect) {
  // Redis makes the new key before it removes the old one, and tells what it removed after that.
  const std::string_view name = effect.event.name;
  if (name == events::kRenameFrom.name || name == events::kMoveFrom.name) {
    left_ = Kept{effect.db, effect.event.name, std::string(effect.key)};
    return;
  }
  if (effect.created || replaces(effect.event))
    note(effect.db, events::kNew.type, events::kNew.name, effect.key);
  note_left();
  for (const Event* event = &effect.event; event; event = event->then)
    note(effect.db, event->type, event->name, effect.key);
}

void KeyspaceEvents::note_left() {
  if (!left_) return;
  const Kept left = *std::exchange(left_, std::nullopt);
  note(left.db, events::kRenameFrom.type, left.event, left.key);
}

void KeyspaceEvents::on_miss(int db, std::string_view key) {
  note(db, events::kKeyMiss.type, events::kKeyMiss.name, key);
}

void KeyspaceEvents::note(int db, char type, const char* event, std::string_view key) {
  // Flushes and swaps of databases have no class, and no event.
  if (type == 0 || !(classes_ & bit_of(type))) return;
  if (core_.admission().parked()) {
    kept_.push_back({db, event, std::string(key)});
  } else {
    publish(db, event, key);
  }
}

void KeyspaceEvents::publish(int db, std::string_view event, std::string_view key) {
  int64_t unused = 0;
  const auto publish_to = [&](std::string_view kind, std::string_view name, std::string_view text) {
    channel_.clear();
    fmt::format_to(std::back_inserter(channel_), "__{}@{}__:{}", kind, db, name);
    PubSub& pubsub = core_.pubsub();
    if (!pubsub.has_listeners(TopicKind::kChannel, channel_)) return;
    pubsub.publish(TopicKind::kChannel, channel_, Payload(text), nullptr, unused);
  };
  if (classes_ & bit_of('K')) publish_to("keyspace", key, event);
  if (classes_ & bit_of('E')) publish_to("keyevent", event, key);
}

void KeyspaceEvents::park_ended() {
  std::vector<Kept> kept;
  kept.swap(kept_);
  for (const Kept& event : kept)
    publish(event.db, event.event, event.key);
  note_left();  // The new key is on another shard.
}

}  // namespace rondo
