// Watches: what WATCH promises on one shard. Each watching connection has a token, a number that
// the caller chooses; a token is dirty once one of its keys was modified, expired, evicted, flushed
// or swapped since it was added. Owned by a Shard, same thread. It listens at the shard's door
// only while there are tokens, so that unwatched shards do not pay for it.
//
// As in Redis 7: a flush dirties only keys that existed; SWAPDB dirties a key that exists in either
// database; a key that had expired before WATCH counts as absent, and removing it later is no
// change; a key that expires after WATCH counts as modified even before it is removed.
//
// Nothing of the key's state is looked up when an effect arrives but for SWAPDB: while a token is
// clean, its keys exist and expire exactly as when they were added.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <unordered_map>
#include <vector>

#include "shard/effect.h"
#include "shard/key.h"

namespace rondo {

class Shard;

class Watches final : public EffectSink {
 public:
  explicit Watches(Shard& shard) : shard_(shard) {}
  Watches(const Watches&) = delete;
  Watches& operator=(const Watches&) = delete;

  // Watches a key of database `db`; again is no error.
  void add(uint64_t token, int db, const Key& key);
  // Forgets all keys of the token, and that it was dirty. An unknown token is no error.
  void drop(uint64_t token);
  // An unknown token is clean.
  bool is_dirty(uint64_t token) const;

  size_t tokens() const { return tokens_.size(); }
  size_t keys() const { return watched_.size(); }

  void on_effect(const Effect& effect) override;

 private:
  struct Watched {
    uint64_t token;
    int db;
    std::string key;
    bool existed;
    int64_t expire_at_ms;
  };
  struct Token {
    bool dirty = false;
    std::vector<uint64_t> hashes;  // Of its watched keys.
  };
  using WatchedByHash = std::unordered_multimap<uint64_t, Watched>;

  void touch(const Watched& watched);
  void flushed(int db);
  void swapped(int db);

  Shard& shard_;
  WatchedByHash watched_;
  std::unordered_map<uint64_t, Token> tokens_;
};

}  // namespace rondo
