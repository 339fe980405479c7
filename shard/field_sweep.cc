#include "shard/field_sweep.h"

#include <algorithm>
#include <string_view>
#include <utility>

#include "shard/entry_write.h"
#include "shard/graveyard.h"
#include "shard/hash_object.h"
#include "shard/keyspace.h"
#include "shard/packed.h"
#include "shard/shard.h"

namespace rondo {

namespace {

constexpr Event kHexpiredAndDel{"hexpired", 'h', &events::kDel};

// The earliest expiry in a packed hash.
int64_t earliest_ms(const PackedView& hash) {
  int64_t earliest = kNoExpiry;
  for (size_t at = hash.begin(); at < hash.end();) {
    const size_t expiry_at = hash.next(hash.next(at));
    const int64_t at_ms = hash.at(expiry_at).number;
    if (at_ms != 0 && (earliest == kNoExpiry || at_ms < earliest)) earliest = at_ms;
    at = hash.next(expiry_at);
  }
  return earliest;
}

}  // namespace

int64_t next_field_expiry_ms(const Entry& entry) {
  if (entry.kind() == EntryKind::kObject) {
    const int64_t at_ms = entry.object()->next_expiry_ms();
    return at_ms < 0 ? kNoExpiry : at_ms;
  }
  if (!entry.is_packed()) return kNoExpiry;
  const PackedView packed(entry.packed());
  return packed.form() == PackedForm::kExpiring ? earliest_ms(packed) : kNoExpiry;
}

int64_t FieldSweep::noted_ms(const Key& key) const {
  const Place place = table_.find(key.hash, key.bytes);
  return place ? Entry(place.word()).expire_at_ms() : kNoExpiry;
}

void FieldSweep::note(const Key& key, int64_t at_ms) {
  const int64_t noted = noted_ms(key);
  if (noted == kNoExpiry || at_ms < noted) set(key, at_ms);
}

void FieldSweep::set(const Key& key, int64_t at_ms) {
  EntryWriter writer(account_);
  const Place place = table_.find(key.hash, key.bytes);
  if (!place) {
    table_.insert(key.hash, writer.create_string(key.bytes, {}, false, at_ms), 0);
  } else {
    place.set_payload(writer.change_expiry(payload_of(place.word()), at_ms));
  }
}

void FieldSweep::forget(const Key& key) {
  const Place place = table_.find(key.hash, key.bytes);
  if (!place) return;
  const uint64_t word = place.word();
  table_.erase(key.hash, place);
  EntryWriter(account_).release(word);
}

void FieldSweep::bury(Graveyard& graveyard) {
  if (!table_.empty()) graveyard.add(std::move(table_));
  CHECK(table_.empty());
  walk_ = {};
  next_ns_ = 0;
}

// The keys whose time has come in the next buckets.
std::vector<std::string> FieldSweep::collect(int64_t now_ms) {
  std::vector<std::string> keys;
  for (uint32_t i = 0; i < kSliceBuckets; ++i) {
    if (const Bucket* bucket = table_.at(walk_)) {
      for (uint64_t word : bucket->words) {
        if (word == 0) break;
        const Entry entry(word);
        if (entry.expire_at_ms() <= now_ms) keys.emplace_back(entry.key());
      }
    }
    if (table_.advance(walk_)) break;
  }
  return keys;
}

void FieldSweep::run(Keyspace& keyspace) {
  const Shard& shard = keyspace.shard_;
  const TableBase::Walk begin = walk_;
  const auto buckets = static_cast<int64_t>(std::max<size_t>(table_.buckets(), 1));
  next_ns_ = shard.now().mono_ns + std::min(kTickNs, kTurnNs * kSliceBuckets / buckets);
  size_t budget = kSliceFields;
  for (const std::string& name : collect(shard.now_ms())) {
    if (budget > 0 && expire(keyspace, make_key(name), budget)) continue;
    // There is more to do for this hash or those behind it.
    walk_ = begin;
    next_ns_ = 0;
    return;
  }
}

// Removes expired fields of one hash; false when there may be more of them.
bool FieldSweep::expire(Keyspace& keyspace, const Key& key, size_t& budget) {
  const Place place = keyspace.locate(key);
  if (!place) return true;  // Its own time had come.
  const Entry entry(place.word());
  std::vector<std::string> removed;
  bool done = true;
  size_t looked_at = 0;
  size_t left = 0;
  if (entry.is_packed()) {
    looked_at = PackedView(entry.packed()).count() / 3;
    left = expire_packed(keyspace, place, removed);
  } else {
    CHECK(entry.type() == Type::kHash);
    auto& hash = static_cast<HashObject&>(*entry.object());
    const size_t before = hash.footprint();
    looked_at = std::min(budget, hash.size());
    done = hash.expire_some(keyspace.shard_.now_ms(), budget, removed);
    keyspace.recount_object(before, hash.footprint());
    left = hash.size();
  }
  budget -= std::min(budget, looked_at);
  if (!removed.empty()) tell(keyspace, key, place, removed, left == 0);
  if (left == 0) return true;
  if (!done) return false;
  const int64_t next_ms = next_field_expiry_ms(Entry(place.word()));
  if (next_ms == kNoExpiry) {
    forget(key);
  } else {
    set(key, next_ms);
  }
  return true;
}

// Returns how many elements are left.
size_t FieldSweep::expire_packed(Keyspace& keyspace, Place place,
                                 std::vector<std::string>& removed) {
  const PackedView hash(Entry(place.word()).packed());
  const int64_t now_ms = keyspace.shard_.now_ms();
  std::string bytes(hash.bytes().substr(0, PackedView::kHeaderBytes));
  for (size_t at = hash.begin(); at < hash.end();) {
    const size_t expiry_at = hash.next(hash.next(at));
    const size_t next = hash.next(expiry_at);
    const int64_t at_ms = hash.at(expiry_at).number;
    if (at_ms != 0 && at_ms <= now_ms) {
      removed.push_back(hash.at(at).to_string());
    } else {
      bytes += hash.bytes().substr(at, next - at);
    }
    at = next;
  }
  const size_t count = hash.count() - 3 * removed.size();
  if (removed.empty()) return count;
  PackedView::set_count(bytes.data(), count);
  bytes.copy(keyspace.splice_packed(place, 0, hash.end(), bytes.size()), bytes.size());
  return count;
}

void FieldSweep::tell(Keyspace& keyspace, const Key& key, Place place,
                      const std::vector<std::string>& removed, bool is_empty) {
  Shard& shard = keyspace.shard_;
  shard.stats().expired_fields += removed.size();
  if (is_empty) {
    const uint64_t word = keyspace.unlink(key, place);
    shard.emit_removal(
        [&] { return keyspace.effect_of(EffectKind::kErase, key, kHexpiredAndDel); });
    shard.graveyard().add_entry(word);
    return;
  }
  if (!shard.has_sinks()) return;
  std::vector<std::string_view> change = {"HDEL", key.bytes};
  change.insert(change.end(), removed.begin(), removed.end());
  shard.emit_removal([&] {
    Effect effect = keyspace.effect_of(EffectKind::kChange, key, events::kHexpired);
    effect.change = change;
    return effect;
  });
}

size_t FieldSweep::verify() const {
  table_.verify();
  size_t bytes = table_.footprint();
  uint64_t cursor = 0;
  do {
    cursor = table_.scan(cursor, 1000, [&](Place place) {
      const Entry entry(place.word());
      CHECK(entry.has_expiry());
      bytes += entry.footprint();
    });
  } while (cursor != 0);
  return bytes;
}

}  // namespace rondo
