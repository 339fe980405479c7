#include "shard/hash_object.h"

#include <malloc.h>

#include <algorithm>

#include "shard/entry_write.h"

namespace rondo {

namespace {

// How many fields a walk over all of them looks at in one step.
constexpr size_t kWalkStep = 1024;
// A walk for expired fields is due after one millisecond for so many fields.
constexpr size_t kFieldsPerMs = 1000;

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
    cursor = scan(cursor, kWalkStep, [&](const Entry& field) {
      copy->set(make_key(field.key()), value(field), field.expire_at_ms());
    });
  } while (cursor != 0);
  return copy;
}

Entry HashObject::find(const Key& field) const {
  const Place place = table_.find(field.hash, field.bytes);
  return place ? Entry(place.word()) : Entry();
}

void HashObject::note_expiry(int64_t expire_at_ms) {
  if (expire_at_ms == kNoExpiry) return;
  ++expiring_;
  earliest_ms_ = std::min(earliest_ms_, expire_at_ms);
  walk_earliest_ms_ = std::min(walk_earliest_ms_, expire_at_ms);
}

bool HashObject::set(const Key& field, std::string_view value, int64_t expire_at_ms) {
  EntryWriter writer(account_);
  const Place place = table_.find(field.hash, field.bytes);
  note_expiry(expire_at_ms);
  if (!place) {
    table_.insert(field.hash, writer.create_string(field.bytes, value, false, expire_at_ms), 0);
    return true;
  }
  uint64_t payload = payload_of(place.word());
  if (Entry(payload).has_expiry()) --expiring_;
  if (!writer.overwrite_string(payload, value, false, expire_at_ms)) {
    const uint64_t old = payload;
    payload = writer.create_string(field.bytes, value, false, expire_at_ms);
    writer.release(old);
    place.set_payload(payload);
  }
  return false;
}

void HashObject::set_expiry(const Key& field, int64_t expire_at_ms) {
  const Place place = table_.find(field.hash, field.bytes);
  CHECK(place);
  const uint64_t payload = payload_of(place.word());
  if (Entry(payload).has_expiry()) --expiring_;
  note_expiry(expire_at_ms);
  place.set_payload(EntryWriter(account_).change_expiry(payload, expire_at_ms));
}

bool HashObject::erase(const Key& field) {
  const Place place = table_.find(field.hash, field.bytes);
  if (!place) return false;
  const uint64_t word = place.word();
  if (Entry(word).has_expiry()) --expiring_;
  table_.erase(field.hash, place);
  EntryWriter(account_).release(word);
  return true;
}

int64_t HashObject::next_expiry_ms() const {
  return expiring_ == 0 ? -1 : std::max(earliest_ms_, next_walk_ms_);
}

bool HashObject::expire_some(int64_t now_ms, size_t budget, std::vector<std::string>& removed) {
  if (walk_ == 0) walk_earliest_ms_ = kNever;
  const size_t before = removed.size();
  walk_ = scan(walk_, budget, [&](const Entry& field) {
    if (!field.has_expiry()) return;
    const int64_t at_ms = field.expire_at_ms();
    if (at_ms <= now_ms) {
      removed.emplace_back(field.key());
    } else {
      walk_earliest_ms_ = std::min(walk_earliest_ms_, at_ms);
    }
  });
  for (size_t i = before; i < removed.size(); ++i)
    erase(make_key(removed[i]));
  if (walk_ != 0) return false;
  earliest_ms_ = walk_earliest_ms_;
  next_walk_ms_ = now_ms + static_cast<int64_t>(size() / kFieldsPerMs);
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
  size_t expiring = 0;
  uint64_t cursor = 0;
  do {
    cursor = scan(cursor, kWalkStep, [&](const Entry& field) {
      ++fields;
      bytes += field.footprint();
      CHECK(field.kind() == EntryKind::kString);
      expiring += field.has_expiry() ? 1 : 0;
      CHECK(!field.has_expiry() || field.expire_at_ms() >= earliest_ms_);
      CHECK(find(make_key(field.key())).word() == field.word());
    });
  } while (cursor != 0);
  CHECK(fields == size());
  CHECK(expiring == expiring_);
  CHECK(bytes == account_.used());
}

}  // namespace rondo
