#include "shard/keyspace.h"

#include <set>
#include <string>
#include <vector>

#include "tests/shard/shard_fixture.h"
#include "tests/testing.h"

namespace rondo {
namespace {

using Texts = std::vector<std::string>;

TEST_CASE("finding counts hits and misses, peeking does not") {
  ShardFixture fixture;
  fixture.set("a", "1x");
  CHECK(fixture.db().find(make_key("a")));
  CHECK_FALSE(fixture.db().find(make_key("b")));
  CHECK(fixture.db().peek(make_key("a")));
  CHECK_FALSE(fixture.db().peek(make_key("b")));
  CHECK(fixture.db().contains(make_key("a")));
  CHECK_FALSE(fixture.db().contains(make_key("b")));
  CHECK(fixture.shard.stats().hits == 1);
  CHECK(fixture.shard.stats().misses == 1);
}

TEST_CASE("a use resets the idle time unless touching is off") {
  ShardFixture fixture;
  const Key key = make_key("a");
  fixture.set("a", "x");
  fixture.advance_ms(7'000);
  CHECK(fixture.db().peek(key).idle_seconds() == 7);
  fixture.shard.set_touch(false);
  fixture.db().find(key);
  CHECK(fixture.db().peek(key).idle_seconds() == 7);
  fixture.shard.set_touch(true);
  fixture.db().find(key);
  CHECK(fixture.db().peek(key).idle_seconds() == 0);
  fixture.advance_ms(3'000);
  fixture.set("a", "y");
  CHECK(fixture.db().peek(key).idle_seconds() == 0);
}

TEST_CASE("a key is gone at its time for every call") {
  ShardFixture fixture;
  EffectRecorder effects;
  fixture.shard.add_sink(&effects);
  const Key key = make_key("a");
  const int64_t at_ms = fixture.now_ms() + 100;
  const auto expired = [&] { return effects.take() == Texts{"erase:expired a"}; };
  const auto renew = [&] {
    fixture.set_ms(at_ms - 1);
    fixture.set("a", "x", at_ms);
    CHECK(fixture.db().contains(key));
    fixture.set_ms(at_ms);
    effects.take();
  };
  renew();
  CHECK_FALSE(fixture.db().contains(key));
  CHECK(fixture.db().size() == 1);
  CHECK_FALSE(fixture.db().find(key));
  CHECK(expired());
  renew();
  CHECK_FALSE(fixture.db().peek(key));
  CHECK(expired());
  renew();
  CHECK_FALSE(fixture.db().erase(key));
  CHECK(expired());
  renew();
  CHECK_FALSE(fixture.db().random());
  CHECK(expired());
  renew();
  size_t seen = 0;
  CHECK(fixture.db().scan(0, 100, [&](Entry) { ++seen; }) == 0);
  CHECK(seen == 0);
  renew();
  fixture.db().put_string(key, "y", kKeepExpiry, events::kSet);
  CHECK(effects.take() == Texts{"erase:expired a", "put:set a new"});
  CHECK(fixture.db().expires() == 0);
  CHECK(fixture.shard.stats().expired == 5);
  fixture.shard.remove_sink(&effects);
}

TEST_CASE("expiries are set, kept, replaced and removed") {
  ShardFixture fixture;
  const Key key = make_key("a");
  const int64_t at_ms = fixture.now_ms() + 1'000;
  fixture.set("a", "x", at_ms);
  CHECK(fixture.db().expires() == 1);
  fixture.db().put_string(key, "longer value than before", kKeepExpiry, events::kSet);
  CHECK(fixture.db().peek(key).expire_at_ms() == at_ms);
  fixture.db().put_integer(key, 5, kKeepExpiry, events::kIncrBy);
  CHECK(fixture.db().peek(key).expire_at_ms() == at_ms);
  fixture.db().patch_string(key, 1, "0", events::kAppend);
  CHECK(fixture.db().peek(key).expire_at_ms() == at_ms);
  CHECK(fixture.get("a") == "50");
  fixture.db().set_expiry(key, at_ms + 5, events::kExpire);
  CHECK(fixture.db().peek(key).expire_at_ms() == at_ms + 5);
  fixture.db().set_expiry(key, kNoExpiry, events::kPersist);
  CHECK_FALSE(fixture.db().peek(key).has_expiry());
  CHECK(fixture.db().expires() == 0);
  fixture.db().set_expiry(key, at_ms, events::kExpire);
  fixture.set("a", "x");
  CHECK(fixture.db().expires() == 0);
  fixture.shard.verify();
}

TEST_CASE("every mutation has one effect") {
  ShardFixture fixture;
  EffectRecorder effects;
  fixture.shard.add_sink(&effects);
  const Key a = make_key("a");
  fixture.set("a", "x");
  fixture.set("a", "12", 2'000'000);
  fixture.db().put_integer(a, 5, kNoExpiry, events::kIncrBy);
  fixture.db().patch_string(a, 1, "xy", events::kAppend);
  fixture.db().set_expiry(a, 3'000'000, events::kExpire);
  fixture.db().set_expiry(a, kNoExpiry, events::kPersist);
  fixture.db(2).put(make_key("b"), fixture.db().take(a, events::kMoveFrom), events::kMoveTo);
  fixture.db(2).put(make_key("b"), fixture.db(2).copy(make_key("b")), events::kCopyTo);
  fixture.db(2).erase(make_key("b"));
  fixture.db(2).erase(make_key("b"));
  CHECK(effects.take() == Texts{"put:set a new", "put:set a until 2000000", "put:incrby a",
                                "patch:append a 1 xy", "expire:expire a until 3000000",
                                "expire:persist a", "erase:move_from a", "put:move_to@2 b new",
                                "put:copy_to@2 b", "erase:del@2 b"});
  CHECK(fixture.shard.stats().mutations == 10);
  fixture.shard.remove_sink(&effects);
}

TEST_CASE("a key that is a view of the entry itself can be erased") {
  ShardFixture fixture;
  EffectRecorder effects;
  fixture.shard.add_sink(&effects);
  fixture.set("some key of its own", "x");
  const Entry entry = fixture.db().random();
  CHECK(fixture.db().erase(make_key(entry.key())));
  CHECK(effects.take().back() == "erase:del some key of its own");
  fixture.shard.remove_sink(&effects);
}

TEST_CASE("values of every kind are taken, copied and put with their expiry") {
  ShardFixture source;
  ShardFixture target;
  const Key key = make_key("k");
  const int64_t at_ms = source.now_ms() + 5'000;
  const std::string large(30'000, 'L');
  source.db().put_string(make_key("integer"), "77", at_ms, events::kSet);
  source.db().put_string(make_key("string"), "text", kNoExpiry, events::kSet);
  source.db().patch_string(make_key("raw"), 0, "raw", events::kSetRange);
  source.db().put_string(make_key("shared"), large, at_ms, events::kSet);
  source.db().put(make_key("object"), counted_value(9, at_ms), events::kRestore);
  for (const std::string name : {"integer", "string", "raw", "shared", "object"}) {
    const Key from = make_key(name);
    const std::string encoding = source.encoding(name);
    const int64_t expires = source.db().peek(from).expire_at_ms();
    const size_t before = source.shard.memory_bytes();
    target.db().put(key, source.db().copy(from), events::kCopyTo);
    CHECK(source.shard.memory_bytes() == before);
    CHECK(target.encoding("k") == encoding);
    CHECK(target.db().peek(key).expire_at_ms() == expires);
    target.db().put(key, source.db().take(from, events::kMoveFrom), events::kMoveTo);
    CHECK_FALSE(source.db().contains(from));
    CHECK(target.encoding("k") == encoding);
    CHECK(target.db().peek(key).expire_at_ms() == expires);
    if (name == "shared") CHECK(target.get("k") == large);
    if (name == "raw") CHECK(target.get("k") == "raw");
    target.shard.verify();
    source.shard.verify();
  }
  CHECK(source.shard.memory_bytes() == 0);
  target.db().erase(key);
  target.free_all();
  CHECK(target.shard.memory_bytes() == 0);
  CHECK(CountedObject::alive == 0);
}

TEST_CASE("a copied large value is shared until one side changes") {
  ShardFixture fixture;
  fixture.set("a", std::string(20'000, 'x'));
  fixture.db().put(make_key("b"), fixture.db().copy(make_key("a")), events::kCopyTo);
  CHECK(fixture.db().peek(make_key("a")).shared().data() ==
        fixture.db().peek(make_key("b")).shared().data());
  fixture.db().patch_string(make_key("b"), 0, "yy", events::kSetRange);
  CHECK(fixture.get("a")->substr(0, 3) == "xxx");
  CHECK(fixture.get("b")->substr(0, 3) == "yyx");
}

TEST_CASE("random keys are live, and there is none in a database of expired ones") {
  ShardFixture fixture;
  for (int i = 0; i < 500; ++i) {
    fixture.set("dead" + std::to_string(i), "x", fixture.now_ms() + 10);
  }
  for (int i = 0; i < 10; ++i)
    fixture.set("live" + std::to_string(i), "x");
  fixture.advance_ms(10);
  std::set<std::string> seen;
  for (int i = 0; i < 300; ++i)
    seen.insert(std::string(fixture.db().random().key()));
  CHECK(seen.size() == 10);
  CHECK(seen.count("dead1") == 0);
  CHECK(fixture.db().size() < 510);
  fixture.shard.flush(0);
  CHECK_FALSE(fixture.db().random());
}

}  // namespace
}  // namespace rondo
