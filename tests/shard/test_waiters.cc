#include "shard/waiters.h"

#include <concepts>
#include <memory>
#include <string>
#include <vector>

#include "reactor/base/prng.h"
#include "tests/shard/shard_fixture.h"
#include "tests/testing.h"

namespace rondo {
namespace {

// Clients that wait in one shard, by their number.
struct Fixture : ShardFixture {
  Waiters& waiters() { return shard.waiters(); }

  WaitPlace& wait(int client, const char* key, int db = 0) {
    return wait(
        client, key, [](WaitPlace&) {}, db);
  }
  template <class Prepare>
  WaitPlace& wait(int client, const char* key, Prepare prepare,
                  int db = 0) requires std::invocable<Prepare, WaitPlace&> {
    WaitPlace& place = *places.emplace_back(std::make_unique<WaitPlace>());
    place.client = &numbers[client];
    prepare(place);
    waiters().join(place, db, make_key(key));
    waiters().verify();
    return place;
  }

  // The keys of the ready lines, with the numbers of those who stand there: "k:12 l:3".
  std::string ready() {
    std::vector<WaitLine*> lines;
    waiters().take_ready(lines);
    std::string text;
    for (WaitLine* line : lines) {
      text += (text.empty() ? "" : " ") + std::string(line->key().bytes) + ":";
      line->places().for_each([&](WaitPlace& place) {
        text += std::to_string(static_cast<int*>(place.client) - numbers);
      });
      waiters().release(*line);
    }
    waiters().verify();
    return text;
  }

  void leave_all() {
    for (const auto& place : places)
      waiters().leave(*place);
    waiters().verify();
    CHECK(waiters().empty());
    CHECK_FALSE(shard.has_sinks());
  }

  int numbers[10] = {};
  std::vector<std::unique_ptr<WaitPlace>> places;
};

TEST_CASE("waiters: a written key is ready, with those who wait in their order") {
  Fixture f;
  f.set("k", "before");
  CHECK_FALSE(f.waiters().has_ready());
  f.wait(1, "k");
  f.wait(2, "l");
  f.wait(3, "k");
  CHECK(f.shard.has_sinks());
  CHECK_EQ(f.ready(), "");
  f.set("other", "v");
  CHECK_FALSE(f.waiters().has_ready());
  f.set("l", "v");
  f.set("k", "v");
  f.set("l", "w");
  CHECK(f.waiters().has_ready());
  CHECK_EQ(f.ready(), "l:2 k:13");
  CHECK_FALSE(f.waiters().has_ready());
  f.leave_all();
  CHECK_EQ(f.waiters().lines(), 0);
}

TEST_CASE("waiters: removals and expiry make nothing ready, the database counts") {
  Fixture f;
  f.set("k", "v");
  f.wait(1, "k");
  f.db().set_expiry(make_key("k"), f.now_ms() + 10, events::kExpire);
  f.db().erase(make_key("k"));
  f.set("x", "v");
  f.shard.flush(0);
  f.db(1).put_string(make_key("k"), "v", kNoExpiry, events::kSet);
  CHECK_EQ(f.ready(), "");
  f.leave_all();
}

TEST_CASE("waiters: SWAPDB makes the keys ready that came") {
  Fixture f;
  f.wait(1, "k", 0);
  f.wait(2, "k", 1);
  f.wait(3, "l", 1);
  f.wait(4, "k", 2);
  f.db(1).put_string(make_key("k"), "v", kNoExpiry, events::kSet);
  CHECK_EQ(f.ready(), "k:2");
  f.shard.swap(0, 1);
  CHECK_EQ(f.ready(), "k:1");
  // One that has expired did not come.
  f.db(2).put_string(make_key("k"), "v", f.now_ms() + 5, events::kSet);
  CHECK_EQ(f.ready(), "k:4");
  f.advance_ms(10);
  f.shard.swap(2, 0);
  CHECK_EQ(f.ready(), "k:4");  // The one of database 0 before.
  f.leave_all();
}

TEST_CASE("waiters: a key that one client names twice is one place") {
  Fixture f;
  f.wait(1, "k");
  CHECK_FALSE(f.wait(1, "k").joined());
  f.wait(2, "k");
  f.set("k", "v");
  CHECK_EQ(f.ready(), "k:12");
  CHECK_EQ(f.waiters().places(), 2);
  f.leave_all();
}

TEST_CASE("waiters: a delayed line is ready when it is tried again, one put back at once") {
  Fixture f;
  f.wait(1, "k");
  CHECK_FALSE(f.waiters().holds_up(0, make_key("k")));
  f.set("k", "v");
  std::vector<WaitLine*> lines;
  f.waiters().take_ready(lines);
  REQUIRE(lines.size() == 1);
  f.waiters().delay(*lines[0]);
  CHECK(f.waiters().holds_up(0, make_key("k")));
  CHECK_FALSE(f.waiters().holds_up(1, make_key("k")));
  CHECK_FALSE(f.waiters().holds_up(0, make_key("l")));
  f.set("k", "w");
  CHECK_FALSE(f.waiters().has_ready());
  f.waiters().retry_delayed();
  lines.clear();
  f.waiters().take_ready(lines);
  REQUIRE(lines.size() == 1);
  f.waiters().put_back(*lines[0]);
  CHECK(f.waiters().has_ready());
  CHECK(f.waiters().holds_up(0, make_key("k")));
  // It stays until it is released, even when nobody stands there.
  f.leave_all();
  CHECK_FALSE(f.waiters().holds_up(0, make_key("k")));
  CHECK_EQ(f.waiters().lines(), 1);
  CHECK_EQ(f.ready(), "k:");
  CHECK_EQ(f.waiters().lines(), 0);
}

TEST_CASE("waiters: a line is made ready without a write") {
  Fixture f;
  WaitPlace& place = f.wait(1, "k");
  WaitPlace& again = f.wait(1, "k");
  f.waiters().signal(again);  // It is not in the line.
  CHECK_FALSE(f.waiters().has_ready());
  f.waiters().signal(place);
  f.waiters().signal(place);
  CHECK(f.waiters().holds_up(0, make_key("k")));
  CHECK_EQ(f.ready(), "k:1");
  CHECK_FALSE(f.waiters().holds_up(0, make_key("k")));
  f.leave_all();
}

TEST_CASE("waiters: what their clients need besides is known by the hashes of the keys") {
  Fixture f;
  WaitPlace& alone = f.wait(1, "k");
  WaitPlace& wide = f.wait(2, "l", [](WaitPlace& place) { place.wide = true; });
  WaitPlace& outward = f.wait(3, "m", [](WaitPlace& place) { place.outward = true; });
  WaitPlace& reaching = f.wait(4, "k", [](WaitPlace& place) { place.reaches = true; });
  CHECK_FALSE(f.waiters().any_wide({hash_key("k"), hash_key("m")}));
  CHECK(f.waiters().any_wide({hash_key("k"), hash_key("l")}));
  CHECK_FALSE(f.waiters().any_outward({hash_key("k"), hash_key("l")}));
  CHECK(f.waiters().any_outward({hash_key("n"), hash_key("m")}));
  CHECK_EQ(f.waiters().outward(), 1);
  std::vector<WaitPlace*> seen;
  for (const char* key : {"k", "l", "m", "n"}) {
    f.waiters().for_each_reaching(hash_key(key), [&](WaitPlace& place) { seen.push_back(&place); });
  }
  CHECK(seen == std::vector<WaitPlace*>{&reaching});

  for (WaitPlace* place : {&alone, &wide, &outward, &reaching})
    f.waiters().leave(*place);
  CHECK_FALSE(f.waiters().any_wide({hash_key("l")}));
  CHECK_EQ(f.waiters().outward(), 0);
  f.leave_all();
}

// Random joins, leaves and writes beside a model: lines as plain lists.
TEST_CASE("waiters: a model agrees") {
  Fixture f;
  Prng prng(7);
  const char* const kKeys[] = {"a", "b", "c"};
  struct Standing {
    WaitPlace* place;
    int client;
    size_t key;
  };
  std::vector<Standing> model;
  std::vector<size_t> signals;
  for (int step = 0; step < 5000; ++step) {
    const size_t key = prng.below(3);
    switch (prng.below(4)) {
      case 0: {
        const int client = static_cast<int>(prng.below(10));
        WaitPlace& place = f.wait(client, kKeys[key]);
        if (place.joined()) model.push_back({&place, client, key});
        break;
      }
      case 1:
        if (!model.empty()) {
          const size_t at = prng.below(model.size());
          f.waiters().leave(*model[at].place);
          model.erase(model.begin() + static_cast<long>(at));
        }
        break;
      case 2: {
        f.set(kKeys[key], "v");
        bool waited = false;
        for (const Standing& standing : model)
          waited = waited || standing.key == key;
        // A line that lost everybody stays until it is taken, at its place.
        bool known = false;
        for (size_t signal : signals)
          known = known || signal == key;
        if (waited && !known) signals.push_back(key);
        break;
      }
      default: {
        std::string expected;
        for (size_t signal : signals) {
          expected += (expected.empty() ? "" : " ") + std::string(kKeys[signal]) + ":";
          for (const Standing& standing : model) {
            if (standing.key == signal) expected += std::to_string(standing.client);
          }
        }
        signals.clear();
        REQUIRE_EQ(f.ready(), expected);
      }
    }
    REQUIRE_EQ(f.waiters().places(), model.size());
  }
  f.leave_all();
}

}  // namespace
}  // namespace rondo
