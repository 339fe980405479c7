#include "shard/hash_object.h"

#include <malloc.h>

#include <algorithm>
#include <cstdint>
#include <map>
#include <memory>
#include <set>
#include <string>
#include <unordered_map>
#include <vector>

#include "reactor/base/prng.h"
#include "tests/testing.h"

namespace rondo {
namespace {

using Model = std::unordered_map<std::string, std::string>;

std::string field_name(uint64_t number) {
  return "field:" + std::to_string(number);
}

void check_equal(const HashObject& hash, const Model& model) {
  hash.verify();
  REQUIRE(hash.size() == model.size());
  for (const auto& [field, value] : model) {
    const HashField found = hash.find(make_key(field));
    REQUIRE(found);
    REQUIRE(found.value() == value);
  }
}

// Sets or erases a random field, in both.
void step(HashObject& hash, Model& model, Prng& prng, uint64_t fields, uint64_t erase_percent) {
  const std::string field = field_name(prng.below(fields));
  if (prng.below(100) < erase_percent) {
    REQUIRE(hash.erase(make_key(field)) == (model.erase(field) == 1));
    return;
  }
  const auto letter = static_cast<char>('a' + prng.below(26));
  const std::string value(prng.one_in(50) ? prng.below(70'000) : prng.below(150), letter);
  const bool is_new = !model.contains(field);
  REQUIRE(hash.set(make_key(field), value) == is_new);
  model[field] = value;
}

TEST_CASE("a hash object does what a map does, while it grows and shrinks") {
  const auto object = std::make_unique<HashObject>();
  HashObject& hash = *object;
  const size_t empty = hash.footprint();
  Model model;
  Prng prng(11);
  for (const uint64_t erase_percent : {10, 90, 30, 95}) {
    for (int i = 0; i < 20'000; ++i)
      step(hash, model, prng, 5'000, erase_percent);
    check_equal(hash, model);
  }
  while (!model.empty()) {
    REQUIRE(hash.erase(make_key(model.begin()->first)));
    model.erase(model.begin());
  }
  check_equal(hash, model);
  CHECK(hash.footprint() == empty);
}

TEST_CASE("a scan beside changes visits every field that stays") {
  const auto object = std::make_unique<HashObject>();
  HashObject& hash = *object;
  for (uint64_t i = 0; i < 3'000; ++i)
    hash.set(make_key(field_name(i)), "v");
  Prng prng(5);
  std::set<std::string> seen;
  uint64_t cursor = 0;
  do {
    cursor = hash.scan(cursor, 10, [&](const HashField& field) { seen.emplace(field.name()); });
    // Fields from 3000 on come and go.
    for (int i = 0; i < 40; ++i) {
      const std::string name = field_name(3'000 + prng.below(6'000));
      if (!hash.erase(make_key(name))) hash.set(make_key(name), "w");
    }
  } while (cursor != 0);
  for (uint64_t i = 0; i < 3'000; ++i)
    REQUIRE(seen.contains(field_name(i)));
}

TEST_CASE("every field is drawn about equally often") {
  const auto object = std::make_unique<HashObject>();
  HashObject& hash = *object;
  constexpr uint64_t kFields = 500;
  for (uint64_t i = 0; i < kFields; ++i)
    hash.set(make_key(field_name(i)), "v");
  Prng prng(6);
  std::map<std::string, int> drawn;
  for (uint64_t i = 0; i < kFields * 200; ++i)
    ++drawn[std::string(hash.random(prng).name())];
  REQUIRE(drawn.size() == kFields);
  for (const auto& [field, times] : drawn) {
    CHECK(times > 100);
    CHECK(times < 300);
  }
}

TEST_CASE("a clone is equal and on its own") {
  const auto object = std::make_unique<HashObject>();
  HashObject& hash = *object;
  Model model;
  Prng prng(8);
  for (int i = 0; i < 3'000; ++i)
    step(hash, model, prng, 1'000, 20);
  const std::unique_ptr<Object> copy = hash.clone();
  const Model before = model;
  for (int i = 0; i < 3'000; ++i)
    step(hash, model, prng, 1'000, 50);
  check_equal(hash, model);
  check_equal(static_cast<const HashObject&>(*copy), before);
  CHECK(copy->type() == Type::kHash);
}

TEST_CASE("fields that expire are counted, and go step by step") {
  const auto object = std::make_unique<HashObject>();
  HashObject& hash = *object;
  std::map<std::string, int64_t> model;  // Expiries.
  Prng prng(21);
  CHECK(hash.next_expiry_ms() < 0);
  for (int64_t now_ms = 1'000; now_ms < 60'000; now_ms += 1'000) {
    for (int i = 0; i < 300; ++i) {
      const std::string field = field_name(prng.below(2'000));
      const int64_t at_ms =
          prng.one_in(3) ? kNoExpiry : now_ms + static_cast<int64_t>(prng.below(20'000));
      if (prng.one_in(4)) {
        CHECK(hash.erase(make_key(field)) == (model.erase(field) == 1));
      } else if (model.contains(field) && prng.one_in(2)) {
        hash.set_expiry(make_key(field), at_ms);
        model[field] = at_ms;
      } else {
        hash.set(make_key(field), field, at_ms);
        model[field] = at_ms;
      }
    }
    hash.verify();
    std::vector<std::string> removed;
    while (!hash.expire_some(now_ms, 100, removed)) {
    }
    for (const std::string& field : removed) {
      REQUIRE(model.contains(field));
      CHECK(model[field] != kNoExpiry);
      CHECK(model[field] <= now_ms);
      model.erase(field);
    }
    hash.verify();
    int64_t earliest_ms = INT64_MAX;
    size_t expiring = 0;
    for (const auto& [field, at_ms] : model) {
      const HashField found = hash.find(make_key(field));
      CHECK(found.expire_at_ms() == at_ms);
      CHECK(found.value() == field);
      if (at_ms == kNoExpiry) continue;
      CHECK(at_ms > now_ms);
      earliest_ms = std::min(earliest_ms, at_ms);
      ++expiring;
    }
    REQUIRE(hash.size() == model.size());
    CHECK(hash.expiring() == expiring);
    CHECK(hash.next_expiry_ms() == earliest_ms);
    const std::unique_ptr<Object> copy = hash.clone();
    CHECK(static_cast<const HashObject&>(*copy).expiring() == expiring);
  }
}

TEST_CASE("a field costs its bytes rounded up to 8, two lengths and the table") {
  const auto object = std::make_unique<HashObject>();
  HashObject& hash = *object;
  for (uint64_t i = 0; i < 100'000; ++i)
    hash.set(make_key("member:" + std::to_string(1'000'000 + i)), "value:12");
  CHECK(hash.footprint() < 100'000 * (24 + 15));
  // What comes and goes leaves no holes.
  for (uint64_t i = 0; i < 100'000; ++i) {
    if (i % 4 != 0) hash.erase(make_key("member:" + std::to_string(1'000'000 + i)));
  }
  hash.verify();
  CHECK(hash.footprint() < 25'000 * (24 + 35));
}

TEST_CASE("a field takes values of all sizes, one after the other") {
  const auto object = std::make_unique<HashObject>();
  HashObject& hash = *object;
  for (const size_t fields : {1u, 70u}) {  // Without and with a pool.
    for (uint64_t i = 0; i < fields; ++i)
      hash.set(make_key(field_name(i)), "v");
    for (const int64_t at_ms : {kNoExpiry, int64_t{12'345}}) {
      for (size_t size = 0; size < 300; ++size) {
        for (const size_t other : {size, 300 - size}) {
          const std::string value(other, static_cast<char>('a' + other % 26));
          const uint64_t number = size % fields;
          CHECK_FALSE(hash.set(make_key(field_name(number)), value, at_ms));
          CHECK(hash.find(make_key(field_name(number))).value() == value);
          CHECK(hash.find(make_key(field_name(number))).expire_at_ms() == at_ms);
        }
      }
      hash.verify();
    }
  }
}

TEST_CASE("an object is freed in parts that add up") {
  const auto object = std::make_unique<HashObject>();
  HashObject& hash = *object;
  for (uint64_t i = 0; i < 10'000; ++i)
    hash.set(make_key(field_name(i)), std::string(30, 'v'));
  size_t before = hash.footprint();
  int parts = 1;
  while (!hash.free_some(256)) {
    const size_t after = hash.footprint();
    // A part frees what about 256 fields take: 64 bytes each, and at times a segment.
    CHECK(after <= before);
    CHECK(before - after < 256 * 100 + 20'000);
    before = after;
    ++parts;
  }
  CHECK(parts > 30);
  CHECK(hash.footprint() == malloc_usable_size(&hash));
}

}  // namespace
}  // namespace rondo
