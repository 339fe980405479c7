#include "shard/hash_object.h"

#include <malloc.h>

#include "shard/entry_write.h"

namespace rondo {

namespace {

// How many fields a walk over all of them looks at in one step.
constexpr size_t kWalkStep = 1024;

}  // namespace

HashObject::HashObject() : Object(Type::kHash), table_(account_) {}

HashObject::~HashObject() {
  while (!free_some(kWalkStep)) {
  }
}

size_t HashObject::footprint() const {
  return malloc_usable_size(const_cast<HashObject*>(this)) + account_.used();
}

bool HashObject::free_some(size_t budget) {
  EntryWriter writer(account_);
  const size_t buckets = budget / Bucket::kWords + 1;
  return table_.drain(buckets, [&](uint64_t word) { writer.release(word); });
}

std::unique_ptr<Object> HashObject::clone() const {
  auto copy = std::make_unique<HashObject>();
  uint64_t cursor = 0;
  do {
    cursor = scan(cursor, kWalkStep,
                  [&](const Entry& field) { copy->set(make_key(field.key()), value(field)); });
  } while (cursor != 0);
  return copy;
}

Entry HashObject::find(const Key& field) const {
  const Place place = table_.find(field.hash, field.bytes);
  return place ? Entry(place.word()) : Entry();
}

bool HashObject::set(const Key& field, std::string_view value) {
  EntryWriter writer(account_);
  const Place place = table_.find(field.hash, field.bytes);
  if (!place) {
    table_.insert(field.hash, writer.create_string(field.bytes, value, false, kNoExpiry), 0);
    return true;
  }
  uint64_t payload = payload_of(place.word());
  if (!writer.overwrite_string(payload, value, false, kNoExpiry)) {
    const uint64_t old = payload;
    payload = writer.create_string(field.bytes, value, false, kNoExpiry);
    writer.release(old);
    place.set_payload(payload);
  }
  return false;
}

bool HashObject::erase(const Key& field) {
  const Place place = table_.find(field.hash, field.bytes);
  if (!place) return false;
  const uint64_t word = place.word();
  table_.erase(field.hash, place);
  EntryWriter(account_).release(word);
  return true;
}

Entry HashObject::random(Prng& prng) const {
  const Place place = table_.random(prng);
  CHECK(place);
  return Entry(place.word());
}

void HashObject::verify() const {
  table_.verify();
  size_t bytes = table_.footprint();
  size_t fields = 0;
  uint64_t cursor = 0;
  do {
    cursor = scan(cursor, kWalkStep, [&](const Entry& field) {
      ++fields;
      bytes += field.footprint();
      CHECK(field.kind() == EntryKind::kString);
      CHECK(!field.has_expiry());
      CHECK(find(make_key(field.key())).word() == field.word());
    });
  } while (cursor != 0);
  CHECK(fields == size());
  CHECK(bytes == account_.used());
}

}  // namespace rondo
