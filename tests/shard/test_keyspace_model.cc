// All operations of a keyspace at random beside a model, with a clock that moves.
#include <algorithm>
#include <map>
#include <string>

#include "shard/keyspace.h"
#include "tests/shard/shard_fixture.h"
#include "tests/testing.h"

namespace rondo {
namespace {

class KeyspaceModel {
 public:
  explicit KeyspaceModel(uint64_t seed) : prng_(seed) {}

  void step() {
    if (prng_.one_in(10)) pass_time();
    if (prng_.one_in(20)) fixture_.shard.expire_slice();
    if (prng_.one_in(20)) fixture_.shard.free_slice();
    const std::string name = random_name();
    switch (prng_.below(9)) {
      case 0:
      case 1:
        return put(name);
      case 2:
        return put_block(name);
      case 3:
        wrong_ += db().erase(make_key(name)) != (model_.erase(name) == 1);
        return;
      case 4:
        return set_expiry(name);
      case 5:
        return patch(name);
      case 6:
        return rename(name);
      default:
        return get(name);
    }
  }

  // Everything is there, once, and nothing else.
  void compare() {
    fixture_.shard.verify();
    std::map<std::string, int64_t> seen;
    uint64_t cursor = 0;
    do {
      cursor = db().scan(cursor, 20, [&](Entry entry) {
        wrong_ += !seen.emplace(entry.key(), entry.expire_at_ms()).second;
      });
    } while (cursor != 0);
    wrong_ += seen.size() != model_.size();
    for (const auto& [name, value] : model_) {
      wrong_ += !seen.contains(name) || seen[name] != value.expire_at_ms;
      wrong_ += fixture_.get(name) != value.bytes;
    }
    REQUIRE(wrong_ == 0);
  }

  // All memory returns when the keys are erased and the rest has expired.
  void erase_all() {
    for (const auto& [name, value] : model_)
      wrong_ += !db().erase(make_key(name));
    REQUIRE(wrong_ == 0);
    for (int i = 0; i < 10'000 && db().size() > 0; ++i) {
      fixture_.advance_ms(1'000);
      fixture_.shard.expire_slice();
    }
    fixture_.free_all();
    CHECK(fixture_.shard.memory_bytes() == 0);
  }

 private:
  struct Value {
    std::string bytes;
    int64_t expire_at_ms = kNoExpiry;
  };

  Keyspace& db() { return fixture_.db(); }
  std::string random_name() { return "key:" + std::to_string(prng_.below(2'000)); }
  std::string random_bytes() {
    if (prng_.one_in(4)) return std::to_string(static_cast<int64_t>(prng_.next()));
    const size_t bound = prng_.one_in(50) ? 40'000 : prng_.one_in(5) ? 600 : 90;
    return std::string(prng_.below(bound), static_cast<char>('a' + prng_.below(26)));
  }
  int64_t random_expiry() {
    if (!prng_.one_in(3)) return kNoExpiry;
    return fixture_.now_ms() + 1 + static_cast<int64_t>(prng_.below(5'000));
  }

  void pass_time() {
    fixture_.advance_ms(static_cast<int64_t>(prng_.below(100)));
    std::erase_if(model_, [&](const auto& pair) {
      const int64_t at_ms = pair.second.expire_at_ms;
      return at_ms != kNoExpiry && at_ms <= fixture_.now_ms();
    });
  }

  void put(const std::string& name) {
    const Value value{random_bytes(), random_expiry()};
    fixture_.set(name, value.bytes, value.expire_at_ms);
    model_[name] = value;
  }

  void put_block(const std::string& name) {
    const std::string bytes = random_bytes();
    db().put_shared(make_key(name), SharedBytes::copy_of(bytes), kKeepExpiry, events::kSet);
    model_[name].bytes = bytes;
  }

  void set_expiry(const std::string& name) {
    const auto known = model_.find(name);
    if (known == model_.end()) return;
    known->second.expire_at_ms = random_expiry();
    db().set_expiry(make_key(name), known->second.expire_at_ms, events::kExpire);
  }

  void patch(const std::string& name) {
    const std::string bytes = random_bytes().substr(0, 200);
    std::string& patched = model_[name].bytes;
    const size_t offset = prng_.below(patched.size() + 100);
    patched.resize(std::max(patched.size(), offset + bytes.size()), '\0');
    patched.replace(offset, bytes.size(), bytes);
    const Key key = make_key(name);
    wrong_ += db().patch_string(key, offset, bytes, events::kSetRange) != patched.size();
  }

  void rename(const std::string& name) {
    const auto known = model_.find(name);
    const std::string other = random_name();
    if (known == model_.end() || other == name) return;
    const Value moved = known->second;
    db().put(make_key(other), db().take(make_key(name), events::kRenameFrom), events::kRenameTo);
    model_.erase(known);
    model_[other] = moved;
  }

  void get(const std::string& name) {
    const auto known = model_.find(name);
    const auto found = fixture_.get(name);
    wrong_ += found.has_value() != (known != model_.end());
    if (found && known != model_.end()) wrong_ += *found != known->second.bytes;
  }

  ShardFixture fixture_;
  std::map<std::string, Value> model_;
  Prng prng_;
  size_t wrong_ = 0;
};

TEST_CASE("random operations agree with a model, and the memory returns") {
  for (uint64_t seed = 1; seed <= 4; ++seed) {
    CAPTURE(seed);
    KeyspaceModel model(seed);
    for (int step = 0; step < 40'000; ++step) {
      model.step();
      if (step % 8'000 == 0) model.compare();
    }
    model.compare();
    model.erase_all();
  }
}

}  // namespace
}  // namespace rondo
