#include "shard/shard.h"

#include <string>
#include <vector>

#include "tests/shard/shard_fixture.h"
#include "tests/testing.h"

namespace rondo {
namespace {

using Texts = std::vector<std::string>;

TEST_CASE("databases are apart") {
  ShardFixture fixture;
  fixture.db(0).put_string(make_key("k"), "zero", kNoExpiry, events::kSet);
  fixture.db(1).put_string(make_key("k"), "one", kNoExpiry, events::kSet);
  CHECK(fixture.get("k", 0) == "zero");
  CHECK(fixture.get("k", 1) == "one");
  CHECK_FALSE(fixture.get("k", 2));
  CHECK(fixture.shard.databases() == 4);
}

TEST_CASE("a flush empties one database or all, and says what it dropped") {
  ShardFixture fixture;
  EffectRecorder effects;
  for (int db = 0; db < 3; ++db) {
    for (int i = 0; i <= db; ++i) {
      fixture.db(db).put_string(make_key("k" + std::to_string(i)), "v", 5'000'000, events::kSet);
    }
  }
  const uint64_t mutations = fixture.shard.stats().mutations;
  fixture.shard.add_sink(&effects);
  CHECK(fixture.shard.flush(1) == 2);
  CHECK(fixture.db(1).size() == 0);
  CHECK(fixture.db(1).expires() == 0);
  CHECK(fixture.db(2).size() == 3);
  CHECK(fixture.shard.stats().mutations == mutations + 2);
  CHECK(fixture.shard.flush(1) == 0);
  CHECK(fixture.shard.flush_all() == 4);
  CHECK(effects.take() == Texts{"flush:flush@1", "flush:flush", "flush:flush@2"});
  fixture.shard.remove_sink(&effects);
  fixture.shard.verify();
}

TEST_CASE("swapping exchanges two databases with all they know") {
  ShardFixture fixture;
  EffectRecorder effects;
  fixture.db(0).put_string(make_key("k"), "zero", 5'000'000, events::kSet);
  fixture.db(1).put_string(make_key("k"), "one", kNoExpiry, events::kSet);
  fixture.shard.add_sink(&effects);
  fixture.shard.swap(0, 1);
  fixture.shard.swap(2, 2);
  CHECK(effects.take() == Texts{"swap:swapdb"});
  CHECK(fixture.get("k", 0) == "one");
  CHECK(fixture.get("k", 1) == "zero");
  CHECK(fixture.db(1).expires() == 1);
  fixture.db(1).erase(make_key("k"));
  CHECK(effects.take() == Texts{"erase:del@1 k"});
  fixture.shard.remove_sink(&effects);
  fixture.shard.verify();
}

TEST_CASE("sinks hear effects in the order in which they came, until they leave") {
  ShardFixture fixture;
  EffectRecorder first;
  EffectRecorder second;
  fixture.shard.add_sink(&first);
  fixture.shard.add_sink(&second);
  fixture.set("a", "x");
  fixture.shard.remove_sink(&first);
  fixture.set("b", "x");
  CHECK(first.take() == Texts{"put:set a new"});
  CHECK(second.take() == Texts{"put:set a new", "put:set b new"});
  fixture.shard.remove_sink(&second);
}

TEST_CASE("what expired is no change in the statistics") {
  ShardFixture fixture;
  fixture.set("a", "x", fixture.now_ms() + 1);
  fixture.advance_ms(1);
  CHECK_FALSE(fixture.get("a"));
  CHECK(fixture.shard.stats().mutations == 1);
  CHECK(fixture.shard.stats().expired == 1);
}

}  // namespace
}  // namespace rondo
