// Effect: what one mutation did, as facts that can be replayed: the absolute expiry instead of the
// relative one, the new value instead of INCRBYFLOAT. Every mutation of a shard passes
// Shard::emit() once with its effect; WATCH, client tracking, keyspace events, the log and
// replication all listen there, and command code does no bookkeeping of its own.
#pragma once

#include <cstdint>
#include <string_view>

#include "protocol/args.h"

namespace rondo {

enum class EffectKind : uint8_t {
  kPut,       // The key now holds this whole value and expiry (or none).
  kPatch,     // Bytes of a string value were replaced from `offset` on; it may have grown.
  kErase,     // The key is gone: deleted, or expired, or evicted.
  kExpireAt,  // The key now expires at expire_at_ms, or never (kNoExpiry).
  kChange,    // A collection changed: `change` is a command that repeats it.
  kFlush,     // The database is empty (key is empty).
  kSwap,      // Database db and other_db changed places (key is empty).
};

// The event's name and class in keyspace notifications, and so the reason of the effect. The class
// letters are those of notify-keyspace-events: g $ l s h z t x e n d m.
struct Event {
  const char* name;
  char type;
  const Event* then = nullptr;  // A second event of the same effect, or none.
};

namespace events {
inline constexpr Event kSet{"set", '$'};
inline constexpr Event kSetRange{"setrange", '$'};
inline constexpr Event kAppend{"append", '$'};
inline constexpr Event kIncrBy{"incrby", '$'};
inline constexpr Event kIncrByFloat{"incrbyfloat", '$'};
inline constexpr Event kDel{"del", 'g'};
inline constexpr Event kExpire{"expire", 'g'};
// A value written with an expiry: one effect, but listeners hear of both.
inline constexpr Event kSetWithExpiry{"set", '$', &kExpire};
inline constexpr Event kPersist{"persist", 'g'};
inline constexpr Event kRenameFrom{"rename_from", 'g'};
inline constexpr Event kRenameTo{"rename_to", 'g'};
inline constexpr Event kMoveFrom{"move_from", 'g'};
inline constexpr Event kMoveTo{"move_to", 'g'};
inline constexpr Event kCopyTo{"copy_to", 'g'};
inline constexpr Event kRestore{"restore", 'g'};
inline constexpr Event kExpired{"expired", 'x'};
inline constexpr Event kEvicted{"evicted", 'e'};
inline constexpr Event kNew{"new", 'n'};
inline constexpr Event kKeyMiss{"keymiss", 'm'};
inline constexpr Event kFlush{"flush", 0};
inline constexpr Event kSwapDb{"swapdb", 0};
}  // namespace events

struct Effect {
  EffectKind kind;
  uint16_t db = 0;
  uint16_t other_db = 0;
  Event event;
  std::string_view key = {};
  bool created = false;  // kPut, kPatch, kChange: there was no such key; listeners hear kNew too.
  uint64_t hash = 0;     // Of the key.
  size_t offset = 0;     // kPatch: where the replaced bytes begin.
  std::string_view bytes = {};  // kPatch: the bytes.
  int64_t expire_at_ms = -1;
  Args change = {};  // kChange: the command's name, the key, and what it did.
};

// A listener at the door. Called on the thread that executes the command, after the mutation.
class EffectSink {
 public:
  virtual void on_effect(const Effect& effect) = 0;
  // Nothing changed: a command wanted to read a key that is not there.
  virtual void on_miss(int /*db*/, std::string_view /*key*/) {}

 protected:
  ~EffectSink() = default;
};

}  // namespace rondo
