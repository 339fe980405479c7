#include "server/scripting/undo_log.h"

#include <algorithm>
#include <utility>

namespace rondo {

namespace {

// As many are found by looking at each.
constexpr size_t kFewKeys = 8;

// In front of a key in the set of names.
std::string name_of(int db, std::string_view key) {
  return std::to_string(db).append(":").append(key);
}

}  // namespace

// --- What happened -----------------------------------------------------------------------------

void EffectJournal::on_effect(const Effect& effect) {
  Kept& kept = kept_.emplace_back();
  kept.effect = effect;
  kept.key = effect.key;
  kept.bytes = effect.bytes;
  kept.change.assign(effect.change.begin(), effect.change.end());
}

void EffectJournal::on_miss(int db, std::string_view key) {
  Kept& kept = kept_.emplace_back();
  kept.effect.db = static_cast<uint16_t>(db);
  kept.miss = true;
  kept.key = key;
}

void EffectJournal::tell(Shard& shard, bool only_expired) {
  std::vector<std::string_view> change;
  for (Kept& kept : kept_) {
    if (only_expired && (kept.miss || kept.effect.event.type != events::kExpired.type)) continue;
    if (kept.miss) {
      shard.tell_miss(kept.effect.db, kept.key);
      continue;
    }
    Effect& effect = kept.effect;
    effect.key = kept.key;
    effect.bytes = kept.bytes;
    change.assign(kept.change.begin(), kept.change.end());
    effect.change = change;
    shard.tell(effect);
  }
  kept_.clear();
}

// --- Keys as they were -------------------------------------------------------------------------

void UndoLog::begin(Shard& shard) {
  CHECK(!recording());
  shard_ = &shard;
  stats_ = shard.stats();
  shard.hold_effects(&journal_);
}

bool UndoLog::is_kept(int db, std::string_view key) {
  if (saved_.size() > kFewKeys) return names_.contains(name_of(db, key));
  return std::any_of(saved_.begin(), saved_.end(),
                     [&](const Saved& saved) { return saved.db == db && saved.key == key; });
}

bool UndoLog::keep(int db, const Key& key) {
  CHECK(recording());
  if (is_kept(db, key.bytes)) return true;
  if (saved_.size() >= kKeysMax) return false;
  Keyspace& keyspace = shard_->db(db);
  const Entry entry = keyspace.peek(key);
  std::optional<DetachedValue> value;
  if (entry) {
    if (entry.footprint() > kValueBytesMax) return false;
    value = keyspace.copy(key);
  }
  saved_.push_back({db, std::string(key.bytes), std::move(value)});
  if (saved_.size() == kFewKeys + 1) {
    for (const Saved& saved : saved_)
      names_.insert(name_of(saved.db, saved.key));
  } else if (saved_.size() > kFewKeys) {
    names_.insert(name_of(db, key.bytes));
  }
  return true;
}

void UndoLog::commit() {
  shard_->hold_effects(nullptr);
  journal_.tell(*shard_, false);
  end();
}

void UndoLog::undo() {
  // What is done here is told to nobody. Keys that have expired meanwhile are gone, as they would
  // be without the script.
  EffectJournal unheard;
  shard_->hold_effects(&unheard);
  for (Saved& saved : saved_) {
    Keyspace& keyspace = shard_->db(saved.db);
    const Key key = make_key(saved.key);
    if (saved.value) {
      keyspace.put(key, std::move(*saved.value), events::kRestore);
    } else {
      keyspace.erase(key);
    }
  }
  const uint64_t expired = shard_->stats().expired;
  const uint64_t expired_fields = shard_->stats().expired_fields;
  shard_->stats() = stats_;
  shard_->stats().expired = expired;
  shard_->stats().expired_fields = expired_fields;
  shard_->hold_effects(nullptr);
  journal_.tell(*shard_, true);
  end();
}

void UndoLog::end() {
  shard_ = nullptr;
  saved_.clear();
  names_.clear();
  journal_.clear();
}

}  // namespace rondo
