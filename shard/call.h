// Call: one execution of a data command inside a shard. Handlers are `Error name(Call& call)`: they
// write the reply through call.reply() or return an Error, never both.
#pragma once

#include <cstdint>
#include <span>
#include <string_view>
#include <utility>

#include "protocol/args.h"
#include "protocol/reply.h"
#include "protocol/slot.h"
#include "reactor/base/shared_bytes.h"
#include "shard/key.h"
#include "shard/key_wait.h"
#include "shard/shard.h"

namespace rondo {

// Several shards as one keyspace, for commands whose data flows between shards. All of them are
// held by the calling thread for as long as the view lives.
struct ShardView {
  std::span<Shard* const> shards;  // By index; null where a shard is not held.
  const uint16_t* partition_map;   // Partition to shard index, kPartitions entries.

  Shard& of_key(std::string_view key) const {
    if (shards.size() == 1) return *shards[0];
    Shard* shard = shards[partition_map[key_partition(key)]];
    CHECK(shard != nullptr);
    return *shard;
  }
  // The same; null: the key's shard is not held.
  Shard* find_of_key(std::string_view key) const {
    return shards.size() == 1 ? shards[0] : shards[partition_map[key_partition(key)]];
  }
};

class Call {
 public:
  Call(Shard& home, int db, Args args, Reply& reply)
      : home_(home), db_(db), args_(args), reply_(reply) {}

  Shard& shard() { return home_; }
  int db() const { return db_; }
  Keyspace& keyspace() { return home_.db(db_); }
  Reply& reply() { return reply_; }
  int64_t now_ms() const { return home_.now_ms(); }

  size_t size() const { return args_.size(); }
  std::string_view operator[](size_t i) const { return args_[i]; }
  Args args() const { return args_; }

  // Argument `i` as a key. The first key's hash was computed by the router.
  Key key(size_t i) const {
    if (i == hashed_index_) return Key{args_[i], hash_};
    return make_key(args_[i]);
  }
  void set_hash(size_t index, uint64_t hash) { hashed_index_ = index, hash_ = hash; }

  // The block of a big argument, which the handler may move from; none for others.
  SharedBytes* owner(size_t i) { return i < owners_.size() && owners_[i] ? &owners_[i] : nullptr; }
  void set_owners(std::span<SharedBytes> owners) { owners_ = owners; }

  // The session's watch token; see shard/watches.h.
  uint64_t token() const { return token_; }
  void set_token(uint64_t token) { token_ = token; }

  // Of coordinated commands (Route::kCoordinated) all shards involved, of SCAN those that are held.
  const ShardView& view() const {
    CHECK(view_ != nullptr);
    return *view_;
  }
  void set_view(const ShardView* view) { view_ = view; }
  Keyspace& keyspace_of(std::string_view key, int db) { return view().of_key(key).db(db); }

  // For commands that wait for their keys; null: it must not wait (in MULTI, or by a script).
  KeyWait* key_wait() const { return key_wait_; }
  void set_key_wait(KeyWait* wait) { key_wait_ = wait; }

 private:
  Shard& home_;
  int db_;
  Args args_;
  Reply& reply_;
  size_t hashed_index_ = 0;  // 0: none, since argument 0 is never a key.
  uint64_t hash_ = 0;
  std::span<SharedBytes> owners_;
  uint64_t token_ = 0;
  const ShardView* view_ = nullptr;
  KeyWait* key_wait_ = nullptr;
};

}  // namespace rondo
