#include "shard/watches.h"

#include <functional>
#include <string>

#include "tests/shard/shard_fixture.h"
#include "tests/testing.h"

namespace rondo {
namespace {

constexpr uint64_t kToken = 42;

// Watches key "k" of database 0 in a shard prepared by `before`; whether it is dirty after `then`.
bool dirty_after(const std::function<void(ShardFixture&)>& before,
                 const std::function<void(ShardFixture&)>& then) {
  ShardFixture fixture;
  before(fixture);
  Watches& watches = fixture.shard.watches();
  watches.add(kToken, 0, make_key("k"));
  CHECK_FALSE(watches.is_dirty(kToken));
  then(fixture);
  const bool dirty = watches.is_dirty(kToken);
  watches.drop(kToken);
  CHECK_FALSE(watches.is_dirty(kToken));
  CHECK(watches.tokens() == 0);
  CHECK(watches.keys() == 0);
  return dirty;
}

void nothing(ShardFixture&) {}
void set_k(ShardFixture& fixture) {
  fixture.set("k", "v");
}
void set_expiring_k(ShardFixture& fixture) {
  fixture.set("k", "v", fixture.now_ms() + 100);
}
void put_other(ShardFixture& fixture, const char* key, int db, int64_t expire_at_ms = kNoExpiry) {
  fixture.db(db).put_string(make_key(key), "v", expire_at_ms, events::kSet);
}

TEST_CASE("any change of the key dirties its token") {
  const Key k = make_key("k");
  CHECK(dirty_after(nothing, set_k));
  CHECK(dirty_after(set_k, set_k));
  CHECK(dirty_after(set_k, [&](ShardFixture& f) { f.db().erase(k); }));
  CHECK(dirty_after(set_k,
                    [&](ShardFixture& f) { f.db().patch_string(k, 0, "x", events::kAppend); }));
  CHECK(dirty_after(set_k,
                    [&](ShardFixture& f) { f.db().set_expiry(k, 9'000'000, events::kExpire); }));
  CHECK(dirty_after(set_k, [&](ShardFixture& f) {
    f.db().put(make_key("l"), f.db().take(k, events::kRenameFrom), events::kRenameTo);
  }));
  CHECK(dirty_after(nothing, [&](ShardFixture& f) {
    put_other(f, "l", 0);
    f.db().put(k, f.db().take(make_key("l"), events::kRenameFrom), events::kRenameTo);
  }));
}

TEST_CASE("reads, other keys and other databases do not") {
  CHECK_FALSE(dirty_after(set_k, [](ShardFixture& f) {
    CHECK(f.get("k"));
    f.db().copy(make_key("k"));
    put_other(f, "l", 0);
    put_other(f, "k", 1);
    CHECK_FALSE(f.db().erase(make_key("absent")));
  }));
  CHECK_FALSE(dirty_after(nothing, [](ShardFixture& f) { f.db().erase(make_key("k")); }));
}

TEST_CASE("a flush dirties only keys that existed") {
  const auto flush = [](ShardFixture& f) {
    put_other(f, "l", 0);
    f.shard.flush(0);
  };
  CHECK(dirty_after(set_k, flush));
  CHECK_FALSE(dirty_after(nothing, flush));
  CHECK(dirty_after(set_k, [](ShardFixture& f) { f.shard.flush_all(); }));
  CHECK_FALSE(dirty_after(set_k, [](ShardFixture& f) {
    put_other(f, "l", 1);
    f.shard.flush(1);
  }));
}

TEST_CASE("a swap dirties a key that exists in either database") {
  const auto swap = [](ShardFixture& f) { f.shard.swap(0, 1); };
  CHECK(dirty_after(set_k, swap));
  CHECK(dirty_after([](ShardFixture& f) { put_other(f, "k", 1); }, swap));
  CHECK_FALSE(dirty_after(nothing, swap));
  CHECK_FALSE(dirty_after([](ShardFixture& f) { put_other(f, "k", 2); }, swap));
  CHECK_FALSE(dirty_after(set_k, [](ShardFixture& f) { f.shard.swap(1, 2); }));
  // What came by the swap has expired: absent before and after.
  CHECK_FALSE(dirty_after([](ShardFixture& f) { put_other(f, "k", 1, f.now_ms() + 5); },
                          [](ShardFixture& f) {
                            f.advance_ms(5);
                            f.shard.swap(1, 0);
                          }));
}

TEST_CASE("a key that expires while it is watched is dirty, removed or not") {
  CHECK_FALSE(dirty_after(set_expiring_k, [](ShardFixture& f) { f.advance_ms(99); }));
  CHECK(dirty_after(set_expiring_k, [](ShardFixture& f) { f.advance_ms(100); }));
  CHECK(dirty_after(set_expiring_k, [](ShardFixture& f) {
    f.advance_ms(100);
    CHECK_FALSE(f.get("k"));
  }));
  CHECK(dirty_after(set_expiring_k, [](ShardFixture& f) {
    f.advance_ms(100);
    while (f.shard.expire_slice()) {
    }
  }));
}

TEST_CASE("a key that had expired before counts as absent") {
  const auto expired = [](ShardFixture& f) {
    set_expiring_k(f);
    f.advance_ms(100);
  };
  CHECK_FALSE(dirty_after(expired, [](ShardFixture& f) { CHECK_FALSE(f.get("k")); }));
  CHECK_FALSE(dirty_after(expired, [](ShardFixture& f) {
    put_other(f, "l", 0);
    f.shard.flush(0);
  }));
  CHECK(dirty_after(expired, set_k));
}

TEST_CASE("tokens are apart, and a token may watch many keys, some of them twice") {
  ShardFixture fixture;
  Watches& watches = fixture.shard.watches();
  for (int i = 0; i < 100; ++i) {
    const std::string key = "k" + std::to_string(i % 50);
    watches.add(1, 0, make_key(key));
    watches.add(2, 1, make_key(key));
  }
  watches.add(3, 0, make_key("k7"));
  CHECK(watches.tokens() == 3);
  CHECK(watches.keys() == 101);
  fixture.set("k8", "v");
  CHECK(watches.is_dirty(1));
  CHECK_FALSE(watches.is_dirty(2));
  CHECK_FALSE(watches.is_dirty(3));
  watches.drop(1);
  watches.drop(1);
  CHECK(watches.keys() == 51);
  CHECK_FALSE(watches.is_dirty(1));
  fixture.set("k7", "v");
  CHECK(watches.is_dirty(3));
  watches.drop(3);
  put_other(fixture, "k0", 1);
  CHECK(watches.is_dirty(2));
  watches.drop(2);
  CHECK(watches.tokens() == 0);
  CHECK(watches.keys() == 0);
}

TEST_CASE("a token starts clean again after it was dropped") {
  ShardFixture fixture;
  Watches& watches = fixture.shard.watches();
  watches.add(kToken, 0, make_key("k"));
  set_k(fixture);
  CHECK(watches.is_dirty(kToken));
  watches.drop(kToken);
  watches.add(kToken, 0, make_key("k"));
  CHECK_FALSE(watches.is_dirty(kToken));
  watches.drop(kToken);
}

}  // namespace
}  // namespace rondo
