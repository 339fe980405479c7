// Admission: its rules one by one, then random use against a simple model.
#include "server/admission.h"

#include <algorithm>
#include <deque>
#include <memory>
#include <utility>
#include <vector>

#include "reactor/base/prng.h"
#include "tests/testing.h"

namespace rondo {
namespace {

using Kind = Admission::Kind;
using Keys = std::vector<uint64_t>;
constexpr LockMode kShared = LockMode::kShared;
constexpr LockMode kExclusive = LockMode::kExclusive;

// Writes down whose turn it was.
class Note final : public Waiter {
 public:
  Note(std::vector<int>& log, int id) : log_(log), id_(id) {}
  void admitted() override { log_.push_back(id_); }

 private:
  std::vector<int>& log_;
  int id_;
};

struct Fixture {
  Admission admission;
  std::vector<int> log;

  const Waiter* wait(int id, Kind kind, Keys keys, LockMode mode, uint64_t session = 0) {
    auto note = std::make_unique<Note>(log, id);
    const Waiter* waiter = note.get();
    admission.wait(kind, std::move(keys), mode, session, std::move(note));
    return waiter;
  }
  std::vector<int> run() {
    log.clear();
    admission.run_waiting();
    admission.verify();
    return log;
  }
};

TEST_CASE("quiet until something is held or waits") {
  Fixture f;
  CHECK(f.admission.quiet());
  CHECK(f.admission.admits(Keys{1}, kExclusive, 0));
  f.admission.lock(Keys{1}, kShared);
  CHECK_FALSE(f.admission.quiet());
  CHECK(f.admission.admits(Keys{1}, kShared, 0));
  CHECK_FALSE(f.admission.admits(Keys{1}, kExclusive, 0));
  CHECK(f.admission.admits(Keys{2}, kExclusive, 0));
  f.admission.unlock(Keys{1}, kShared);
  CHECK(f.admission.quiet());
}

TEST_CASE("an exclusive lock keeps everyone from its key, however often it is named") {
  Fixture f;
  f.admission.lock(Keys{1, 1, 2}, kExclusive);
  f.admission.verify();
  CHECK_EQ(f.admission.locks_held(), 3);
  CHECK_FALSE(f.admission.admits(Keys{1}, kShared, 0));
  CHECK_FALSE(f.admission.admits(Keys{3, 2}, kShared, 0));
  CHECK(f.admission.admits(Keys{3}, kExclusive, 0));
  f.admission.unlock(Keys{1, 1, 2}, kExclusive);
  CHECK(f.admission.quiet());
}

TEST_CASE("a park needs that nobody holds or waits, and stops all") {
  Fixture f;
  f.admission.lock(Keys{1}, kShared);
  CHECK_FALSE(f.admission.can_park());
  f.admission.unlock(Keys{1}, kShared);
  CHECK(f.admission.can_park());
  f.admission.park();
  CHECK(f.admission.parked());
  CHECK_FALSE(f.admission.can_park());
  CHECK_FALSE(f.admission.admits(Keys{}, kShared, 0));
  CHECK_FALSE(f.admission.admits(Keys{5}, kShared, 0));
  f.admission.unpark();
  CHECK(f.admission.quiet());
}

TEST_CASE("all keys: waits for every writer and no reader, and is not overtaken by a writer") {
  Fixture f;
  const Keys all = {Admission::kAllKeys};
  f.admission.lock(Keys{1}, kShared);
  CHECK(f.admission.admits(all, kShared, 0));
  CHECK_FALSE(f.admission.admits(all, kExclusive, 0));
  f.admission.lock(Keys{2}, kExclusive);
  CHECK_FALSE(f.admission.admits(all, kShared, 0));
  f.wait(1, Kind::kRequest, all, kShared);
  CHECK(f.admission.admits(Keys{3}, kShared, 0));
  CHECK_FALSE(f.admission.admits(Keys{3}, kExclusive, 0));
  f.wait(2, Kind::kPart, {3}, kExclusive);
  f.wait(3, Kind::kRequest, {4}, kShared);
  f.wait(4, Kind::kRequest, all, kShared);
  CHECK_EQ(f.run(), std::vector<int>{3});
  f.admission.unlock(Keys{2}, kExclusive);
  // The last stands behind the part, which has its lock now.
  CHECK_EQ(f.run(), std::vector<int>{1, 2});
  f.admission.unlock(Keys{3}, kExclusive);
  CHECK_EQ(f.run(), std::vector<int>{4});
  f.admission.unlock(Keys{1}, kShared);
  CHECK(f.admission.quiet());
}

TEST_CASE("nobody is overtaken on the same key, nor past a waiting park") {
  Fixture f;
  f.admission.lock(Keys{1}, kShared);
  f.wait(1, Kind::kPart, {1, 2}, kExclusive);
  // A reader that the lock alone would admit stands behind the writer that waits.
  CHECK_FALSE(f.admission.admits(Keys{1}, kShared, 0));
  CHECK_FALSE(f.admission.admits(Keys{2}, kShared, 0));
  CHECK(f.admission.admits(Keys{3}, kExclusive, 0));
  f.wait(2, Kind::kRequest, {1}, kShared);
  f.wait(3, Kind::kPark, {}, kExclusive);
  CHECK_FALSE(f.admission.admits(Keys{3}, kShared, 0));
  f.wait(4, Kind::kRequest, {3}, kShared);
  CHECK(f.run().empty());
  f.admission.unlock(Keys{1}, kShared);
  CHECK_EQ(f.run(), std::vector<int>{1});
  f.admission.unlock(Keys{1, 2}, kExclusive);
  CHECK_EQ(f.run(), std::vector<int>{2, 3});
  CHECK(f.admission.parked());
  f.admission.unpark();
  CHECK_EQ(f.run(), std::vector<int>{4});
  CHECK(f.admission.quiet());
}

TEST_CASE("requests of one session stay in order, those of others do not wait for them") {
  Fixture f;
  f.admission.lock(Keys{1}, kExclusive);
  f.wait(1, Kind::kRequest, {1}, kShared, 77);
  CHECK_FALSE(f.admission.admits(Keys{2}, kShared, 77));
  CHECK(f.admission.admits(Keys{2}, kShared, 78));
  CHECK(f.admission.admits(Keys{2}, kShared, 0));
  f.wait(2, Kind::kRequest, {2}, kShared, 77);
  CHECK(f.run().empty());
  f.admission.unlock(Keys{1}, kExclusive);
  CHECK_EQ(f.run(), std::vector<int>{1, 2});
}

TEST_CASE("one who gave up no longer holds others back") {
  Fixture f;
  f.admission.lock(Keys{1}, kShared);
  const Waiter* waiter = f.wait(1, Kind::kPart, {1}, kExclusive);
  CHECK_EQ(f.admission.waiting(), 1);
  CHECK(f.admission.withdraw(waiter));
  CHECK_FALSE(f.admission.withdraw(waiter));
  CHECK(f.admission.admits(Keys{1}, kShared, 0));
  f.admission.unlock(Keys{1}, kShared);
  CHECK(f.admission.quiet());
}

// The rules as they are written down, with no thought of speed.
struct Model {
  struct One {
    int id;
    Kind kind;
    Keys keys;
    LockMode mode;
    uint64_t session;
  };
  std::vector<One> holders;
  bool parked = false;
  std::deque<One> waiting;

  static bool conflict(const One& a, const One& b) {
    if (a.kind == Kind::kPark || b.kind == Kind::kPark) return true;
    if (a.session != 0 && a.session == b.session) return true;
    return conflict_keys(a, b);
  }
  static bool conflict_keys(const One& a, const One& b) {
    if (a.mode == kShared && b.mode == kShared) return false;
    return std::any_of(a.keys.begin(), a.keys.end(), [&](uint64_t key) {
      return std::find(b.keys.begin(), b.keys.end(), key) != b.keys.end();
    });
  }
  bool held_back(const One& one) const {
    if (parked) return true;
    if (one.kind == Kind::kPark) {
      return std::any_of(holders.begin(), holders.end(),
                         [](const One& holder) { return !holder.keys.empty(); });
    }
    return std::any_of(holders.begin(), holders.end(),
                       [&](const One& holder) { return conflict_keys(holder, one); });
  }
  bool admits(const One& one) const {
    return !held_back(one) && std::none_of(waiting.begin(), waiting.end(),
                                           [&](const One& ahead) { return conflict(ahead, one); });
  }
  std::vector<int> run() {
    std::vector<int> admitted;
    std::deque<One> ahead;
    for (const One& one : std::exchange(waiting, {})) {
      const bool stays =
          held_back(one) || std::any_of(ahead.begin(), ahead.end(),
                                        [&](const One& other) { return conflict(other, one); });
      if (stays) {
        ahead.push_back(one);
        continue;
      }
      admitted.push_back(one.id);
      if (one.kind == Kind::kPart) holders.push_back(one);
      if (one.kind == Kind::kPark) parked = true;
    }
    waiting = std::move(ahead);
    return admitted;
  }
};

TEST_CASE("random use agrees with the model") {
  for (uint64_t seed = 0; seed < 200; ++seed) {
    CAPTURE(seed);
    Prng prng(seed);
    Fixture f;
    Model model;
    const uint64_t keys = 1 + prng.below(6);
    for (int step = 0; step < 300; ++step) {
      Model::One one{step, static_cast<Kind>(prng.below(3)), {}, kShared, prng.below(4)};
      if (prng.one_in(2)) one.mode = kExclusive;
      if (one.kind == Kind::kPark) {
        one.mode = kExclusive;
        if (!prng.one_in(3)) continue;
      } else {
        for (uint64_t n = prng.below(4); n > 0; --n)
          one.keys.push_back(prng.below(keys));
      }
      if (!prng.one_in(3)) {
        // Someone comes: is admitted, or waits.
        const bool admitted = one.kind == Kind::kPark
                                  ? f.admission.can_park()
                                  : f.admission.admits(one.keys, one.mode, one.session);
        REQUIRE_EQ(admitted, model.admits(one));
        if (!admitted) {
          f.wait(one.id, one.kind, one.keys, one.mode, one.session);
          model.waiting.push_back(one);
        } else if (one.kind == Kind::kPart) {
          f.admission.lock(one.keys, one.mode);
          model.holders.push_back(one);
        } else if (one.kind == Kind::kPark) {
          f.admission.park();
          model.parked = true;
        }
      } else if (model.parked) {
        f.admission.unpark();
        model.parked = false;
        CHECK_EQ(f.run(), model.run());
      } else if (!model.holders.empty()) {
        const size_t at = prng.below(model.holders.size());
        f.admission.unlock(model.holders[at].keys, model.holders[at].mode);
        model.holders.erase(model.holders.begin() + static_cast<long>(at));
        CHECK_EQ(f.run(), model.run());
      }
      f.admission.verify();
      REQUIRE_EQ(f.admission.parked(), model.parked);
      REQUIRE_EQ(f.admission.waiting(), model.waiting.size());
    }
  }
}

}  // namespace
}  // namespace rondo
