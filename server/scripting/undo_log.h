// UndoLog: how the keys of one shard were before a script wrote them, so that all it did can be
// taken back. Only for a script that runs on one shard of several and does not hold the others:
// when it then wants a key of another shard, what it did here is undone, and it runs again with all
// of them held (server/scripting/scripting.h). Owned by a Scripting, its thread, which holds the
// shard.
//
// While it records, nobody hears of what happens to the shard: effects are kept
// (Shard::hold_effects) and told at the end, or, when all is undone, only those of time: what
// expired stays expired.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_set>
#include <vector>

#include "shard/detached_value.h"
#include "shard/effect.h"
#include "shard/shard.h"

namespace rondo {

// Effects of one shard, kept with all their bytes.
class EffectJournal final : public EffectSink {
 public:
  void on_effect(const Effect& effect) override;
  void on_miss(int db, std::string_view key) override;

  bool empty() const { return kept_.empty(); }
  // Tells the shard's listeners what was kept: all of it, or what clients did not do.
  void tell(Shard& shard, bool only_expired);
  void clear() { kept_.clear(); }

 private:
  struct Kept {
    Effect effect{};
    bool miss = false;
    std::string key;
    std::string bytes;
    std::vector<std::string> change;
  };

  std::vector<Kept> kept_;
};

class UndoLog {
 public:
  // Values of more bytes are not copied.
  static constexpr size_t kValueBytesMax = 16 * 1024;
  // Nor are more than so many keys.
  static constexpr size_t kKeysMax = 4096;

  bool recording() const { return shard_ != nullptr; }
  void begin(Shard& shard);
  // Before a write: keeps how the key is. False: that would cost too much, and nothing happened.
  bool keep(int db, const Key& key);
  // Everything stays, or everything is as it was.
  void commit();
  void undo();

 private:
  struct Saved {
    int db;
    std::string key;
    std::optional<DetachedValue> value;  // None: there was no such key.
  };

  bool is_kept(int db, std::string_view key);
  void end();

  Shard* shard_ = nullptr;
  ShardStats stats_;  // As they were.
  std::vector<Saved> saved_;
  std::unordered_set<std::string> names_;  // Of the keys, when they are many.
  EffectJournal journal_;
};

}  // namespace rondo
