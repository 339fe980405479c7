#include "shard/keyspace.h"

#include <string>
#include <utility>
#include <variant>

#include "protocol/out_buffer.h"
#include "shard/access_stamp.h"
#include "shard/entry_write.h"
#include "shard/graveyard.h"
#include "shard/shard.h"

namespace rondo {

Keyspace::Keyspace(Shard& shard, int index)
    : shard_(shard), index_(index), table_(shard.account()), fields_(shard.account()) {}

Keyspace::~Keyspace() {
  bury(shard_.graveyard());
}

void Keyspace::bury(Graveyard& graveyard) {
  if (!table_.empty()) graveyard.add(std::move(table_));
  fields_.bury(graveyard);
  CHECK(table_.empty());
  expires_ = 0;
  sweep_.restart();
}

inline bool Keyspace::is_expired(const Entry& entry) const {
  return entry.has_expiry() && entry.expire_at_ms() <= shard_.now_ms();
}

Place Keyspace::locate(const Key& key) {
  const Place place = table_.find_first(key.hash, key.bytes);
  if (place && !is_expired(Entry(place.word()))) [[likely]]
    return place;
  return locate_any(key);
}

Place Keyspace::locate_any(const Key& key) {
  const Place place = table_.find(key.hash, key.bytes);
  if (!place || !is_expired(Entry(place.word()))) return place;
  expire(key, place);
  return Place{};
}

Place Keyspace::locate_to_read(const Key& key) {
  const Place place = table_.find(key.hash, key.bytes);
  if (!place || !is_expired(Entry(place.word()))) return place;
  if (!shard_.keeps_expired()) expire(key, place);
  return Place{};
}

Entry Keyspace::handle(Place place) const {
  return Entry(place.word(), idle_seconds(place.stamp(), shard_.now_s()));
}

Entry Keyspace::find(const Key& key) {
  const Place place = table_.find_first(key.hash, key.bytes);
  if (place && !is_expired(Entry(place.word()))) [[likely]]
    return use(place);
  return find_any(key);
}

Entry Keyspace::find_any(const Key& key) {
  if (const Place place = locate_to_read(key)) return use(place);
  shard_.note_miss(index_, key.bytes);
  return Entry();
}

inline Entry Keyspace::use(Place place) {
  ++shard_.stats().hits;
  if (shard_.touch()) place.note_use(shard_.stamp());
  return Entry(place.word());
}

Entry Keyspace::peek(const Key& key) {
  const Place place = locate_to_read(key);
  return place ? handle(place) : Entry();
}

bool Keyspace::contains(const Key& key) const {
  const Place place = table_.find(key.hash, key.bytes);
  return place && !is_expired(Entry(place.word()));
}

void Keyspace::count_expiry(uint64_t word, int by) {
  if (Entry(word).has_expiry()) expires_ += static_cast<size_t>(by);
}

uint64_t Keyspace::unlink(const Key& key, Place place) {
  const uint64_t word = place.word();
  count_expiry(word, -1);
  forget_fields(key, word);
  table_.erase(key.hash, place);
  return word;
}

Effect Keyspace::effect_of(EffectKind kind, const Key& key, Event event) const {
  Effect effect{.kind = kind, .event = event};
  effect.db = static_cast<uint16_t>(index_);
  effect.key = key.bytes;
  effect.hash = key.hash;
  return effect;
}

void Keyspace::expire(const Key& key, Place place) {
  const uint64_t word = unlink(key, place);
  ++shard_.stats().expired;
  shard_.emit_removal([&] { return effect_of(EffectKind::kErase, key, events::kExpired); });
  shard_.graveyard().add_entry(word);
}

bool Keyspace::erase(const Key& key, Event event) {
  const Place place = locate(key);
  if (!place) return false;
  const uint64_t word = unlink(key, place);
  shard_.emit([&] { return effect_of(EffectKind::kErase, key, event); });
  shard_.graveyard().add_entry(word);
  return true;
}

void Keyspace::store(const Key& key, Place place, uint64_t payload) {
  if (!place) {
    table_.insert(key.hash, payload, shard_.stamp());
    count_expiry(payload, 1);
    return;
  }
  const uint64_t old = place.word();
  forget_fields(key, old);
  restore(place, payload);
  shard_.graveyard().add_entry(old);
}

void Keyspace::restore(Place place, uint64_t payload) {
  // An overwrite in place usually changes nothing here. Then the bucket's cache line stays clean.
  if (payload != payload_of(place.word())) {
    count_expiry(place.word(), -1);
    count_expiry(payload, 1);
    place.set_payload(payload);
  }
  stamp(place);
}

void Keyspace::set_idle(const Key& key, int64_t idle_s) {
  const Place place = locate(key);
  if (!place) return;
  const auto seconds = static_cast<uint32_t>(std::clamp<int64_t>(idle_s, 0, UINT32_MAX));
  place.stamp() = stamp_of_idle(seconds, shard_.now_s());
}

void Keyspace::stamp(Place place) {
  place.note_use(shard_.stamp());
}

int64_t Keyspace::resolve_expiry(Place place, int64_t expire_at_ms) const {
  if (expire_at_ms != kKeepExpiry) return expire_at_ms;
  return place ? Entry(place.word()).expire_at_ms() : kNoExpiry;
}

void Keyspace::set_expiry(const Key& key, int64_t expire_at_ms, Event event) {
  const Place place = locate(key);
  CHECK(place);
  const uint64_t payload = payload_of(place.word());
  EntryWriter writer(shard_.account());
  count_expiry(payload, -1);
  const uint64_t changed = writer.change_expiry(payload, expire_at_ms);
  count_expiry(changed, 1);
  if (changed != payload) place.set_payload(changed);
  shard_.emit([&] {
    Effect effect = effect_of(EffectKind::kExpireAt, key, event);
    effect.expire_at_ms = expire_at_ms;
    return effect;
  });
}

DetachedValue Keyspace::detach(uint64_t word) {
  const Entry entry(word);
  const int64_t expire_at_ms = entry.expire_at_ms();
  EntryWriter writer(shard_.account());
  switch (entry.kind()) {
    case EntryKind::kInteger:
      return {entry.integer(), expire_at_ms};
    case EntryKind::kShared:
      return {writer.take_shared(word), expire_at_ms};
    case EntryKind::kPacked:
      return {DetachedValue::Packed{std::string(entry.packed())}, expire_at_ms};
    case EntryKind::kObject:
      return {writer.take_object(word), expire_at_ms};
    case EntryKind::kString:
    case EntryKind::kRaw:
      break;
  }
  char scratch[24];
  const bool raw = entry.kind() == EntryKind::kRaw;
  return {DetachedValue::Bytes{std::string(entry.string(scratch)), raw}, expire_at_ms};
}

DetachedValue Keyspace::take(const Key& key, Event event) {
  const Place place = locate(key);
  CHECK(place);
  const uint64_t word = unlink(key, place);
  DetachedValue value = detach(word);
  shard_.emit([&] { return effect_of(EffectKind::kErase, key, event); });
  EntryWriter(shard_.account()).release(word);
  return value;
}

DetachedValue Keyspace::copy(const Key& key) {
  const Place place = locate(key);
  CHECK(place);
  const Entry entry(place.word());
  if (entry.kind() == EntryKind::kShared) return {entry.shared(), entry.expire_at_ms()};
  if (entry.kind() == EntryKind::kObject) return {entry.object()->clone(), entry.expire_at_ms()};
  return detach(place.word());  // Of the other kinds it takes nothing.
}

// A value that came from elsewhere may be a hash with fields that expire.
void Keyspace::note_fields(const Key& key) {
  const Place place = table_.find(key.hash, key.bytes);
  const int64_t at_ms = next_field_expiry_ms(Entry(place.word()));
  if (at_ms != kNoExpiry) fields_.note(key, at_ms);
}

void Keyspace::put(const Key& key, DetachedValue value, Event event) {
  const Place place = locate(key);
  const int64_t at_ms = resolve_expiry(place, value.expire_at_ms());
  if (const auto* small = std::get_if<DetachedValue::Bytes>(&value.value())) {
    put_bytes(key, place, small->bytes, small->raw, at_ms);
  } else if (const auto* number = std::get_if<int64_t>(&value.value())) {
    put_number(key, place, *number, at_ms);
  } else if (auto* block = std::get_if<SharedBytes>(&value.value())) {
    put_block(key, place, std::move(*block), at_ms);
  } else if (const auto* packed = std::get_if<DetachedValue::Packed>(&value.value())) {
    put_packed(key, place, packed->bytes, at_ms);
  } else {
    auto object = std::move(std::get<std::unique_ptr<Object>>(value.value()));
    EntryWriter writer(shard_.account());
    store(key, place, writer.create_object(key.bytes, std::move(object), at_ms));
  }
  note_fields(key);
  emit_put(key, !place, at_ms, event);
}

void Keyspace::emit_put(const Key& key, bool created, int64_t expire_at_ms, Event event) {
  shard_.emit([&] {
    Effect effect = effect_of(EffectKind::kPut, key, event);
    effect.created = created;
    effect.expire_at_ms = expire_at_ms;
    return effect;
  });
}

uint64_t Keyspace::scan(uint64_t cursor, size_t count, const std::function<void(Entry)>& visit) {
  return table_.scan(cursor, count, [&](Place place) {
    if (!is_expired(Entry(place.word()))) visit(handle(place));
  });
}

Entry Keyspace::random() {
  // Expired keys that come up are removed, so the next try has better chances. The bound keeps one
  // call short when nearly all keys have expired at once, or all of them and they have to stay.
  constexpr int kTriesMax = 1024;
  for (int i = 0; i < kTriesMax && !table_.empty(); ++i) {
    const Place place = table_.random(shard_.prng());
    const Entry entry = handle(place);
    if (!is_expired(entry)) return entry;
    if (!shard_.keeps_expired()) {
      expire(make_key(entry.key()), place);
    } else if (i + 1 == kTriesMax && expires_ == size()) {
      return entry;
    }
  }
  return Entry();
}

size_t Keyspace::verify() const {
  table_.verify();
  size_t bytes = table_.footprint() + fields_.verify();
  size_t expires = 0;
  size_t noted = 0;  // Keys that the sweep of fields knows: all that it knows are here.
  uint64_t cursor = 0;
  size_t seen = 0;
  do {
    cursor = table_.scan(cursor, 1000, [&](Place place) {
      const Entry entry(place.word());
      ++seen;
      bytes += entry.footprint();
      expires += entry.has_expiry() ? 1 : 0;
      CHECK(!entry.has_expiry() || entry.expire_at_ms() != kNoExpiry);
      const Key key = make_key(entry.key());
      const Place found = table_.find(key.hash, key.bytes);
      CHECK(found.bucket == place.bucket);
      CHECK(found.index == place.index);
      CHECK(entry.kind() <= EntryKind::kPacked);
      if (entry.is_packed()) CHECK(PackedView::is_sound(entry.packed()));
      const int64_t field_ms = next_field_expiry_ms(entry);
      const int64_t noted_ms = fields_.noted_ms(key);
      CHECK((field_ms != kNoExpiry) == (noted_ms != kNoExpiry));
      if (field_ms != kNoExpiry) CHECK(noted_ms <= field_ms);
      noted += noted_ms != kNoExpiry ? 1 : 0;
      if (entry.kind() == EntryKind::kShared) {
        CHECK(entry.string_length() >= OutBuffer::kShareBytesMin);
      }
    });
  } while (cursor != 0);
  CHECK(seen == table_.size());
  CHECK(expires == expires_);
  CHECK(noted == fields_.size());
  return bytes;
}

}  // namespace rondo
