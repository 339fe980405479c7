#include "shard/field_sweep.h"

#include <string>

#include "shard/graveyard.h"
#include "shard/hash_object.h"
#include "tests/shard/shard_fixture.h"
#include "tests/testing.h"

namespace rondo {
namespace {

// A large hash of `fields` fields, of which every `nth` expires at `at_ms`.
DetachedValue large_hash(int fields, int nth, int64_t at_ms) {
  auto hash = std::make_unique<HashObject>();
  for (int i = 0; i < fields; ++i) {
    const std::string name = "f" + std::to_string(i);
    hash->set(make_key(name), "v", i % nth == 0 ? at_ms : kNoExpiry);
  }
  return {std::move(hash), kNoExpiry};
}

DetachedValue small_hash(int64_t at_ms) {
  const PackedElement elements[] = {std::string_view("f"),    std::string_view("v"),
                                    PackedElement::of(at_ms), std::string_view("g"),
                                    std::string_view("w"),    PackedElement::of(0)};
  return {DetachedValue::Packed{pack(Type::kHash, elements, PackedForm::kExpiring)}, kNoExpiry};
}

int run_all(ShardFixture& fixture) {
  int slices = 0;
  while (fixture.shard.expire_slice())
    ++slices;
  return slices;
}

TEST_CASE("hashes are known from when they have such fields until they are gone") {
  ShardFixture fixture;
  Keyspace& keyspace = fixture.db();
  const int64_t at_ms = fixture.shard.now_ms() + 1000;
  keyspace.put(make_key("large"), large_hash(100, 2, at_ms), events::kRestore);
  keyspace.put(make_key("small"), small_hash(at_ms), events::kRestore);
  keyspace.put(make_key("none"), large_hash(100, 200, kNoExpiry), events::kRestore);
  fixture.shard.verify();
  keyspace.put_string(make_key("small"), "v", kNoExpiry, events::kSet);
  fixture.shard.verify();
  DetachedValue value = keyspace.take(make_key("large"), events::kRenameFrom);
  fixture.shard.verify();
  keyspace.put(make_key("again"), std::move(value), events::kRenameTo);
  fixture.shard.verify();
  keyspace.erase(make_key("again"));
  fixture.shard.verify();
  keyspace.put(make_key("small"), small_hash(at_ms), events::kRestore);
  fixture.shard.flush_all();
  fixture.shard.verify();
}

TEST_CASE("a huge hash loses its fields in slices") {
  ShardFixture fixture;
  Keyspace& keyspace = fixture.db();
  constexpr int kFields = 50'000;
  keyspace.put(make_key("h"), large_hash(kFields, 2, fixture.shard.now_ms() + 1000),
               events::kRestore);
  run_all(fixture);
  CHECK(fixture.shard.stats().expired_fields == 0);
  fixture.advance_ms(1500);
  uint64_t before = 0;
  int slices = 0;
  while (fixture.shard.expire_slice()) {
    const uint64_t expired = fixture.shard.stats().expired_fields;
    CHECK(expired - before < 2 * FieldSweep::kSliceFields);
    before = expired;
    ++slices;
  }
  CHECK(slices > 50);
  CHECK(fixture.shard.stats().expired_fields == kFields / 2);
  fixture.shard.verify();
  const Entry entry = keyspace.find(make_key("h"));
  CHECK(static_cast<const HashObject*>(entry.object())->size() == kFields / 2);
}

TEST_CASE("many hashes lose their fields within seconds, and go when nothing is left") {
  ShardFixture fixture;
  Keyspace& keyspace = fixture.db();
  constexpr int kHashes = 20'000;
  const int64_t at_ms = fixture.shard.now_ms() + 1000;
  for (int i = 0; i < kHashes; ++i) {
    const std::string name = "h" + std::to_string(i);
    if (i % 2 == 0) {
      keyspace.put(make_key(name), small_hash(at_ms), events::kRestore);
    } else {
      keyspace.put(make_key(name), large_hash(1, 1, at_ms), events::kRestore);
    }
  }
  fixture.shard.verify();
  for (int i = 0; i < 100; ++i) {
    fixture.advance_ms(100);
    run_all(fixture);
  }
  CHECK(fixture.shard.stats().expired_fields == kHashes);
  CHECK(keyspace.size() == kHashes / 2);
  fixture.shard.verify();
}

TEST_CASE("nothing is removed while active expiry is off") {
  ShardFixture fixture;
  fixture.db().put(make_key("h"), small_hash(fixture.shard.now_ms() + 10), events::kRestore);
  fixture.shard.set_active_expiry(false);
  fixture.advance_ms(60'000);
  run_all(fixture);
  CHECK(fixture.shard.stats().expired_fields == 0);
  fixture.shard.set_active_expiry(true);
  run_all(fixture);
  CHECK(fixture.shard.stats().expired_fields == 1);
}

}  // namespace
}  // namespace rondo
