#include "shard/watches.h"

#include <algorithm>

#include "shard/shard.h"

namespace rondo {

void Watches::add(uint64_t token, int db, const Key& key) {
  const auto [from, to] = watched_.equal_range(key.hash);
  for (auto at = from; at != to; ++at) {
    const Watched& watched = at->second;
    if (watched.token == token && watched.db == db && watched.key == key.bytes) return;
  }
  // A key that has expired is gone, and mostly removed here, before this token watches it.
  const Entry entry = shard_.db(db).peek(key);
  if (tokens_.empty()) shard_.add_sink(this);
  tokens_[token].hashes.push_back(key.hash);
  watched_.emplace(key.hash, Watched{token, db, std::string(key.bytes), static_cast<bool>(entry),
                                     entry ? entry.expire_at_ms() : kNoExpiry});
}

void Watches::drop(uint64_t token) {
  const auto found = tokens_.find(token);
  if (found == tokens_.end()) return;
  for (uint64_t hash : found->second.hashes) {
    const auto [from, to] = watched_.equal_range(hash);
    for (auto at = from; at != to; ++at) {
      if (at->second.token != token) continue;
      watched_.erase(at);
      break;  // The token's list has this hash once for each such key.
    }
  }
  tokens_.erase(found);
  if (tokens_.empty()) shard_.remove_sink(this);
}

bool Watches::is_dirty(uint64_t token) const {
  const auto found = tokens_.find(token);
  if (found == tokens_.end()) return false;
  if (found->second.dirty) return true;
  const int64_t now_ms = shard_.now_ms();
  return std::any_of(found->second.hashes.begin(), found->second.hashes.end(), [&](uint64_t hash) {
    const auto [from, to] = watched_.equal_range(hash);
    return std::any_of(from, to, [&](const auto& pair) {
      const Watched& watched = pair.second;
      return watched.token == token && watched.expire_at_ms != kNoExpiry &&
             watched.expire_at_ms <= now_ms;
    });
  });
}

void Watches::touch(const Watched& watched) {
  const auto found = tokens_.find(watched.token);
  CHECK(found != tokens_.end());
  found->second.dirty = true;
}

void Watches::on_effect(const Effect& effect) {
  if (effect.kind == EffectKind::kFlush) return flushed(effect.db);
  if (effect.kind == EffectKind::kSwap) {
    swapped(effect.db);
    swapped(effect.other_db);
    return;
  }
  const auto [from, to] = watched_.equal_range(effect.hash);
  for (auto at = from; at != to; ++at) {
    const Watched& watched = at->second;
    if (watched.db != effect.db || watched.key != effect.key) continue;
    // What had expired before is removed only now: nothing that the client could see.
    if (!watched.existed && effect.event.type == events::kExpired.type) continue;
    touch(watched);
  }
}

void Watches::flushed(int db) {
  for (const auto& [hash, watched] : watched_) {
    if (watched.db == db && watched.existed) touch(watched);
  }
}

// Database `db` holds now what the other one held.
void Watches::swapped(int db) {
  for (const auto& [hash, watched] : watched_) {
    if (watched.db != db) continue;
    if (watched.existed || shard_.db(db).contains(Key{watched.key, hash})) touch(watched);
  }
}

}  // namespace rondo
