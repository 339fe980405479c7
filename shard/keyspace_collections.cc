// Collections of a keyspace: packed ones in their entries, and objects.
#include <utility>

#include "shard/entry_write.h"
#include "shard/graveyard.h"
#include "shard/keyspace.h"
#include "shard/shard.h"

namespace rondo {

namespace {

size_t total_size(Type type, std::span<const PackedElement> elements) {
  size_t size = 0;
  for (const PackedElement& element : elements)
    size += element.size(type);
  return size;
}

void write_all(char* at, Type type, std::span<const PackedElement> elements) {
  for (const PackedElement& element : elements)
    at = element.write(at, type);
}

}  // namespace

Place Keyspace::find_to_change(const Key& key) {
  const Place place = locate(key);
  if (place && shard_.touch()) stamp(place);
  return place;
}

void Keyspace::put_packed(const Key& key, Place place, std::string_view bytes,
                          int64_t expire_at_ms) {
  EntryWriter writer(shard_.account());
  const uint64_t payload = writer.create_packed(key.bytes, bytes.size(), expire_at_ms);
  bytes.copy(EntryWriter::packed_bytes(payload), bytes.size());
  store(key, place, payload);
}

Place Keyspace::create_packed(const Key& key, Type type, std::span<const PackedElement> elements) {
  const size_t size = PackedView::kHeaderBytes + total_size(type, elements);
  EntryWriter writer(shard_.account());
  const uint64_t payload = writer.create_packed(key.bytes, size, kNoExpiry);
  char* value = EntryWriter::packed_bytes(payload);
  PackedView::write_header(value, type, PackedForm::kElements, elements.size());
  write_all(value + PackedView::kHeaderBytes, type, elements);
  return table_.insert(key.hash, payload, shard_.stamp());
}

Place Keyspace::create_packed(const Key& key, std::string_view bytes) {
  EntryWriter writer(shard_.account());
  const uint64_t payload = writer.create_packed(key.bytes, bytes.size(), kNoExpiry);
  bytes.copy(EntryWriter::packed_bytes(payload), bytes.size());
  return table_.insert(key.hash, payload, shard_.stamp());
}

void Keyspace::edit_packed(Place place, const PackedSplice& splice) {
  const PackedView before(Entry(place.word()).packed());
  const Type type = before.type();
  const size_t count = before.count();
  CHECK(splice.removed_count <= count);
  const size_t inserted = total_size(type, splice.inserted);
  char* value = splice_packed(place, splice.offset, splice.removed, inserted);
  PackedView::set_count(value, count - splice.removed_count + splice.inserted.size());
  write_all(value + splice.offset, type, splice.inserted);
}

char* Keyspace::splice_packed(Place place, size_t offset, size_t removed, size_t inserted) {
  uint64_t payload = payload_of(place.word());
  EntryWriter writer(shard_.account());
  char* value = writer.splice_packed(payload, offset, removed, inserted);
  const AccessStamp before = place.stamp();
  restore(place, payload);
  if (!shard_.touch()) place.stamp() = before;
  return value;
}

Place Keyspace::put_object(const Key& key, Place place, std::unique_ptr<Object> object) {
  EntryWriter writer(shard_.account());
  const int64_t at_ms = resolve_expiry(place, kKeepExpiry);
  const uint64_t payload = writer.create_object(key.bytes, std::move(object), at_ms);
  if (!place) return table_.insert(key.hash, payload, shard_.stamp());
  store(key, place, payload);
  return place;
}

void Keyspace::replace_object(const Key& key, Place place, std::string_view bytes) {
  CHECK(Entry(place.word()).kind() == EntryKind::kObject);
  put_packed(key, place, bytes, resolve_expiry(place, kKeepExpiry));
}

void Keyspace::recount_object(size_t before, size_t after) {
  if (after >= before) {
    shard_.account().charge(after - before);
  } else {
    shard_.account().refund(before - after);
  }
}

void Keyspace::note_change(const Key& key, Args change, Event event, bool created) {
  shard_.emit([&] {
    Effect effect = effect_of(EffectKind::kChange, key, event);
    effect.created = created;
    effect.change = change;
    return effect;
  });
}

bool Keyspace::has_listeners() const {
  return shard_.has_sinks();
}

}  // namespace rondo
