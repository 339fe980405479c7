#include "shard/shard.h"

#include <algorithm>
#include <utility>

namespace rondo {

Shard::Shard(const ShardOptions& options)
    : index_(options.index),
      shard_count_(options.shard_count),
      prng_(options.seed),
      graveyard_(account_),
      watches_(*this),
      waiters_(*this) {
  CHECK(options.databases > 0);
  CHECK(options.index >= 0 && options.index < options.shard_count);
  for (int i = 0; i < options.databases; ++i) {
    databases_.push_back(std::make_unique<Keyspace>(*this, i));
  }
}

Shard::~Shard() {
  databases_.clear();
  while (graveyard_.free_slice()) {
  }
  // Everything that was charged has been freed and refunded.
  CHECK(account_.used() == 0);
}

void Shard::add_sink(EffectSink* sink) {
  CHECK(std::find(sinks_.begin(), sinks_.end(), sink) == sinks_.end());
  sinks_.push_back(sink);
}

void Shard::remove_sink(EffectSink* sink) {
  CHECK(std::erase(sinks_, sink) == 1);
}

void Shard::notify(const Effect& effect) {
  for (EffectSink* sink : sinks_)
    sink->on_effect(effect);
}

void Shard::notify_miss(int db, std::string_view key) {
  for (EffectSink* sink : sinks_)
    sink->on_miss(db, key);
}

size_t Shard::flush(int index) {
  Keyspace& keyspace = db(index);
  const size_t keys = keyspace.size();
  if (keys == 0) return 0;
  keyspace.bury(graveyard_);
  emit([&] {
    return Effect{
        .kind = EffectKind::kFlush, .db = static_cast<uint16_t>(index), .event = events::kFlush};
  });
  stats_.mutations += keys - 1;  // Redis counts a change for each key.
  return keys;
}

size_t Shard::flush_all() {
  size_t keys = 0;
  for (int i = 0; i < databases(); ++i)
    keys += flush(i);
  return keys;
}

void Shard::swap(int index, int other) {
  if (index == other) return;
  db(index).set_index(other);
  db(other).set_index(index);
  std::swap(databases_[static_cast<size_t>(index)], databases_[static_cast<size_t>(other)]);
  emit([&] {
    return Effect{.kind = EffectKind::kSwap,
                  .db = static_cast<uint16_t>(index),
                  .other_db = static_cast<uint16_t>(other),
                  .event = events::kSwapDb};
  });
}

void Shard::run_sweeps(Keyspace& keyspace) {
  const int64_t now_ns = now_.mono_ns;
  if (keyspace.sweep_.due(keyspace.table_, keyspace.expires(), now_ns)) {
    keyspace.sweep_.run(keyspace, active_expiry_);
  }
  if (active_expiry_ && keyspace.fields_.due(now_ns)) keyspace.fields_.run(keyspace);
}

bool Shard::expire_slice() {
  const int64_t now_ns = now_.mono_ns;
  const auto due = [&](int index) {
    const Keyspace& keyspace = db(index);
    if (active_expiry_ && keyspace.fields_.due(now_ns)) return true;
    return keyspace.sweep_.due(keyspace.table_, keyspace.expires(), now_ns);
  };
  // One slice of the next database in turn that is due; then whether any is.
  bool ran = false;
  for (int i = 0; i < databases(); ++i) {
    const int index = (sweep_db_ + i) % databases();
    if (!due(index)) continue;
    if (ran) return true;
    run_sweeps(db(index));
    sweep_db_ = (index + 1) % databases();
    ran = true;
    if (due(index)) return true;
  }
  return false;
}

void Shard::verify() const {
  size_t bytes = 0;
  for (int i = 0; i < databases(); ++i) {
    CHECK(db(i).index() == i);
    bytes += db(i).verify();
  }
  // Every byte that is charged belongs to a table, an entry, or something that waits to be freed.
  if (graveyard_.empty()) {
    CHECK(bytes == account_.used());
  } else {
    CHECK(bytes < account_.used());
  }
}

}  // namespace rondo
