#include "shard/hash_object.h"

#include <malloc.h>

#include <algorithm>
#include <cstring>

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

// The chunks of the pool go last: words refer to them.
bool HashObject::free_some(size_t budget) {
  const auto dispose = [&](uint64_t word) {
    const HashField field(word);
    if (!field.is_pooled()) account_.release(field.block());
  };
  if (!table_.drain(budget / Bucket::kWords + 1, dispose)) return false;
  if (pool_ != nullptr && !pool_->free_chunks()) return false;
  drop_pool();
  return true;
}

void HashObject::drop_pool() {
  if (pool_ == nullptr) return;
  account_.refund(malloc_usable_size(pool_.get()));
  pool_.reset();
}

std::unique_ptr<Object> HashObject::clone() const {
  auto copy = std::make_unique<HashObject>();
  uint64_t cursor = 0;
  do {
    cursor = scan(cursor, kWalkStep, [&](const HashField& field) {
      copy->set(make_key(field.name()), field.value(), field.expire_at_ms());
    });
  } while (cursor != 0);
  return copy;
}

HashField HashObject::find(const Key& field) const {
  const Place place = table_.find(field.hash, field.bytes);
  return place ? HashField(place.word()) : HashField();
}

void HashObject::note_expiry(int64_t expire_at_ms) {
  if (expire_at_ms == kNoExpiry) return;
  ++expiring_;
  earliest_ms_ = std::min(earliest_ms_, expire_at_ms);
  walk_earliest_ms_ = std::min(walk_earliest_ms_, expire_at_ms);
}

uint64_t HashObject::create(std::string_view name, std::string_view value, int64_t expire_at_ms) {
  const size_t bytes = HashField::block_bytes(name.size(), value.size(), expire_at_ms != kNoExpiry);
  if (pool_ == nullptr && size() >= kUnpooledMax) {
    pool_ = std::make_unique<MemberPool>(account_);
    account_.charge(malloc_usable_size(pool_.get()));
  }
  const bool pooled = pool_ != nullptr && MemberPool::is_pooled(bytes);
  void* block = pooled ? pool_->allocate(bytes) : account_.allocate(bytes);
  return HashField::write(static_cast<char*>(block), pooled, name, value, expire_at_ms);
}

bool HashObject::fits(const HashField& field, size_t bytes) {
  const size_t before = field.block_bytes();
  if (before == bytes) return true;
  if (field.is_pooled()) return MemberPool::are_alike(before, bytes);
  const size_t room = malloc_usable_size(field.block());
  // Not if that left more than half of it unused.
  return bytes <= room && (room <= 4 * MemoryAccount::kBytesMin || bytes >= room / 2);
}

void HashObject::release(const HashField& field) {
  if (!field.is_pooled()) return account_.release(field.block());
  const size_t bytes = field.block_bytes();
  auto* last = static_cast<char*>(pool_->last(field.block(), bytes));
  if (last != field.block()) {
    const Key moved = make_key(HashField::name_at(last));
    const Place place = table_.find(moved.hash, moved.bytes);
    CHECK(place);
    const HashField there(place.word());
    CHECK(there.block() == last);
    std::memcpy(field.block(), last, there.block_bytes());
    place.set_payload(there.payload_at(field.block()));
  }
  pool_->release_last(last, bytes);
}

bool HashObject::set(const Key& field, std::string_view value, int64_t expire_at_ms) {
  const Place place = table_.find(field.hash, field.bytes);
  note_expiry(expire_at_ms);
  if (!place) {
    table_.insert(field.hash, create(field.bytes, value, expire_at_ms), 0);
    return true;
  }
  const HashField old(place.word());
  if (old.has_expiry()) --expiring_;
  const size_t bytes =
      HashField::block_bytes(field.bytes.size(), value.size(), expire_at_ms != kNoExpiry);
  if (fits(old, bytes)) {
    place.set_payload(
        HashField::write(old.block(), old.is_pooled(), field.bytes, value, expire_at_ms));
  } else {
    place.set_payload(create(field.bytes, value, expire_at_ms));
    release(old);
  }
  return false;
}

void HashObject::set_expiry(const Key& field, int64_t expire_at_ms) {
  const Place place = table_.find(field.hash, field.bytes);
  CHECK(place);
  const HashField old(place.word());
  if (old.has_expiry()) --expiring_;
  note_expiry(expire_at_ms);
  const std::string_view value = old.value();
  const size_t bytes =
      HashField::block_bytes(field.bytes.size(), value.size(), expire_at_ms != kNoExpiry);
  if (fits(old, bytes)) {
    place.set_payload(old.set_expiry(expire_at_ms));
  } else {
    place.set_payload(create(field.bytes, value, expire_at_ms));
    release(old);
  }
}

bool HashObject::erase(const Key& field) {
  const Place place = table_.find(field.hash, field.bytes);
  if (!place) return false;
  const HashField old(place.word());
  if (old.has_expiry()) --expiring_;
  table_.erase(field.hash, place);
  release(old);
  if (size() == 0) drop_pool();
  return true;
}

int64_t HashObject::next_expiry_ms() const {
  return expiring_ == 0 ? -1 : std::max(earliest_ms_, next_walk_ms_);
}

bool HashObject::expire_some(int64_t now_ms, size_t budget, std::vector<std::string>& removed) {
  if (walk_ == 0) walk_earliest_ms_ = kNever;
  const size_t before = removed.size();
  walk_ = scan(walk_, budget, [&](const HashField& field) {
    if (!field.has_expiry()) return;
    const int64_t at_ms = field.expire_at_ms();
    if (at_ms <= now_ms) {
      removed.emplace_back(field.name());
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

HashField HashObject::random(Prng& prng) const {
  const Place place = table_.random(prng);
  CHECK(place);
  return HashField(place.word());
}

void HashObject::verify() const {
  table_.verify();
  size_t bytes = table_.footprint();
  size_t fields = 0;
  size_t expiring = 0;
  size_t pooled = 0;
  size_t pooled_bytes = 0;
  uint64_t cursor = 0;
  do {
    cursor = scan(cursor, kWalkStep, [&](const HashField& field) {
      ++fields;
      expiring += field.has_expiry() ? 1 : 0;
      CHECK(!field.has_expiry() || field.expire_at_ms() >= earliest_ms_);
      CHECK(find(make_key(field.name())) == field);
      if (field.is_pooled()) {
        ++pooled;
        pooled_bytes += field.block_bytes();
        CHECK(MemberPool::is_pooled(field.block_bytes()));
      } else {
        bytes += malloc_usable_size(field.block());
        CHECK(field.block_bytes() <= malloc_usable_size(field.block()));
      }
    });
  } while (cursor != 0);
  CHECK(fields == size());
  CHECK(expiring == expiring_);
  if (pool_ != nullptr) {
    pool_->verify();
    CHECK(pooled_bytes <= pool_->footprint());
    bytes += pool_->footprint() + malloc_usable_size(pool_.get());
  }
  CHECK(pooled == (pool_ != nullptr ? pool_->pooled_blocks() : 0));
  CHECK(bytes == account_.used());
}

}  // namespace rondo
