#include "shard/set_object.h"

#include <malloc.h>

namespace rondo {

namespace {

// How many members a walk over all of them looks at in one step.
constexpr size_t kWalkStep = 1024;

}  // namespace

SetObject::SetObject() : Object(Type::kSet), table_(account_) {}

SetObject::~SetObject() {
  while (!free_some(kWalkStep)) {
  }
}

size_t SetObject::footprint() const {
  return malloc_usable_size(const_cast<SetObject*>(this)) + account_.used();
}

bool SetObject::free_some(size_t budget) {
  const size_t buckets = budget / Bucket::kWords + 1;
  return table_.drain(buckets, [&](uint64_t word) { SetMember::release(account_, word); });
}

std::unique_ptr<Object> SetObject::clone() const {
  auto copy = std::make_unique<SetObject>();
  uint64_t cursor = 0;
  do {
    cursor = scan(cursor, kWalkStep, [&](const Item& member) {
      char digits[24];
      copy->insert(make_key(member.text(digits)));
    });
  } while (cursor != 0);
  return copy;
}

bool SetObject::contains(const Key& member) const {
  return static_cast<bool>(table_.find(member.hash, SetMember::Probe(member.bytes)));
}

bool SetObject::insert(const Key& member) {
  const SetMember::Probe probe(member.bytes);
  if (table_.find(member.hash, probe)) return false;
  table_.insert(member.hash, SetMember::create(account_, probe), 0);
  return true;
}

bool SetObject::erase(const Key& member) {
  const Place place = table_.find(member.hash, SetMember::Probe(member.bytes));
  if (!place) return false;
  const uint64_t word = place.word();
  table_.erase(member.hash, place);
  SetMember::release(account_, word);
  return true;
}

uint64_t SetObject::random(Prng& prng) const {
  const Place place = table_.random(prng);
  CHECK(place);
  return place.word();
}

void SetObject::verify() const {
  table_.verify();
  size_t bytes = table_.footprint();
  size_t members = 0;
  uint64_t cursor = 0;
  do {
    cursor = scan_names(cursor, kWalkStep, [&](uint64_t name) {
      ++members;
      char scratch[8];
      char digits[24];
      const std::string_view text = item(name, scratch).text(digits);
      const SetMember::Probe probe(text);
      // Found, it is this very word: the form is the one that its text has.
      const Place place = table_.find(hash_key(text), probe);
      CHECK(place);
      CHECK(place.word() == name);
      CHECK(SetMember::owns_memory(name) == (probe.inlined == 0));
      if (SetMember::owns_memory(name)) bytes += malloc_usable_size(SetMember::block(name));
    });
  } while (cursor != 0);
  CHECK(members == size());
  CHECK(bytes == account_.used());
}

}  // namespace rondo
