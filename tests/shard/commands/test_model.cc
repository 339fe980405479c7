// Random strings with expiry against a std::map, with 1 and 3 shards, in several databases.
#include <map>
#include <optional>
#include <string>

#include "reactor/base/prng.h"
#include "tests/shard/commands/fixture.h"
#include "tests/testing.h"

namespace rondo {
namespace {

struct Value {
  std::string text;
  int64_t expire_at_ms = -1;
};

// What the server shall hold: a map for each database, and the time.
class Model {
 public:
  int64_t now_ms = 0;
  int db = 0;

  Value* find(const std::string& key) {
    auto& map = maps_[db];
    const auto found = map.find(key);
    if (found == map.end()) return nullptr;
    if (found->second.expire_at_ms != -1 && found->second.expire_at_ms <= now_ms) {
      map.erase(found);
      return nullptr;
    }
    return &found->second;
  }
  void set(const std::string& key, Value value) { maps_[db][key] = std::move(value); }
  bool erase(const std::string& key) {
    const bool found = find(key) != nullptr;
    maps_[db].erase(key);
    return found;
  }
  void flush() { maps_[db].clear(); }
  void swap(int other) { std::swap(maps_[db], maps_[other]); }

  size_t live() {
    size_t count = 0;
    for (const auto& [key, value] : maps_[db]) {
      if (value.expire_at_ms == -1 || value.expire_at_ms > now_ms) count++;
    }
    return count;
  }

 private:
  std::map<int, std::map<std::string, Value>> maps_;
};

std::string bulk(const std::optional<std::string>& text) {
  if (!text) return "$-1\r\n";
  return "$" + std::to_string(text->size()) + "\r\n" + *text + "\r\n";
}

std::string integer(int64_t value) {
  return ":" + std::to_string(value) + "\r\n";
}

class Run {
 public:
  Run(int shards, uint64_t seed) : fixture_(shards), prng_(seed) {
    model_.now_ms = fixture_.now_ms();
  }

  void steps(int count) {
    for (int i = 0; i < count; i++) {
      step();
      if (i % 500 == 0) fixture_.verify();
    }
    fixture_.verify();
    REQUIRE_EQ(keys_found(), model_.live());
  }

 private:
  std::string random_key() { return "k" + std::to_string(prng_.below(40)); }

  std::string random_value() {
    if (prng_.one_in(3)) return std::to_string(static_cast<int64_t>(prng_.below(2000)) - 1000);
    return std::string(prng_.one_in(20) ? prng_.below(20'000) : prng_.below(80),
                       static_cast<char>('a' + prng_.below(26)));
  }

  void expect(const std::vector<std::string>& args, const std::string& reply) {
    CAPTURE(args[0]);
    CAPTURE(args.back());
    REQUIRE_EQ(fixture_.run_args(args), reply);
  }

  std::optional<std::string> text_of(const std::string& key) {
    const Value* value = model_.find(key);
    return value ? std::optional<std::string>(value->text) : std::nullopt;
  }

  size_t keys_found() {
    const std::string reply = fixture_.run_args({"KEYS", "*"});
    return static_cast<size_t>(std::atoll(reply.c_str() + 1));
  }

  void step() {
    const std::string key = random_key();
    switch (prng_.below(16)) {
      case 0:
        return read(key);
      case 1:
        return set(key);
      case 2:
        return set_expiring(key);
      case 3:
        return append(key);
      case 4:
        return increment(key);
      case 5:
        return erase(key);
      case 6:
        return expire(key);
      case 7:
        return persist(key);
      case 8:
        return rename(key, random_key());
      case 9:
        return copy(key, random_key());
      case 10:
        return get_and_write(key);
      case 11:
        return pass_time();
      case 12:
        return multiple(key, random_key(), random_key());
      case 13:
        return move(key);
      case 14:
        return change_database();
      default:
        return time_left(key);
    }
  }

  void read(const std::string& key) {
    const auto text = text_of(key);
    expect({"GET", key}, bulk(text));
    expect({"STRLEN", key}, integer(text ? static_cast<int64_t>(text->size()) : 0));
  }

  void set(const std::string& key) {
    const std::string value = random_value();
    Value* before = model_.find(key);
    switch (prng_.below(4)) {
      case 0:
        expect({"SET", key, value, "NX"}, before ? "$-1\r\n" : "+OK\r\n");
        if (!before) model_.set(key, {value});
        return;
      case 1:
        expect({"SET", key, value, "XX", "KEEPTTL"}, before ? "+OK\r\n" : "$-1\r\n");
        if (before) before->text = value;
        return;
      case 2:
        expect({"SET", key, value, "GET"}, bulk(text_of(key)));
        return model_.set(key, {value});
      default:
        expect({"SET", key, value}, "+OK\r\n");
        return model_.set(key, {value});
    }
  }

  void set_expiring(const std::string& key) {
    const std::string value = random_value();
    const auto ms = static_cast<int64_t>(prng_.below(2000)) + 1;
    if (prng_.one_in(2)) {
      expect({"PSETEX", key, std::to_string(ms), value}, "+OK\r\n");
    } else {
      // Sometimes this moment has passed.
      const int64_t at_ms = model_.now_ms + ms - 300;
      expect({"SET", key, value, "PXAT", std::to_string(at_ms)}, "+OK\r\n");
      return model_.set(key, {value, at_ms});
    }
    model_.set(key, {value, model_.now_ms + ms});
  }

  void append(const std::string& key) {
    const std::string more = random_value();
    Value* value = model_.find(key);
    if (!value) {
      model_.set(key, {more});
    } else {
      value->text += more;
    }
    expect({"APPEND", key, more}, integer(static_cast<int64_t>(text_of(key)->size())));
  }

  void increment(const std::string& key) {
    Value* value = model_.find(key);
    const int64_t current = value ? std::atoll(value->text.c_str()) : 0;
    if (value && std::to_string(current) != value->text) {
      return expect({"INCRBY", key, "5"}, "-ERR value is not an integer or out of range\r\n");
    }
    expect({"INCRBY", key, "5"}, integer(current + 5));
    if (!value) model_.set(key, {"0"});
    model_.find(key)->text = std::to_string(current + 5);
  }

  void erase(const std::string& key) {
    const std::string other = random_key();
    int64_t erased = model_.erase(key) ? 1 : 0;
    erased += model_.erase(other) ? 1 : 0;
    expect({prng_.one_in(2) ? "DEL" : "UNLINK", key, other}, integer(erased));
  }

  void expire(const std::string& key) {
    const auto ms = static_cast<int64_t>(prng_.below(2000)) - 200;
    Value* value = model_.find(key);
    expect({"PEXPIRE", key, std::to_string(ms)}, integer(value ? 1 : 0));
    if (value) value->expire_at_ms = model_.now_ms + ms;
  }

  void persist(const std::string& key) {
    Value* value = model_.find(key);
    const bool expires = value && value->expire_at_ms != -1;
    expect({"PERSIST", key}, integer(expires ? 1 : 0));
    if (expires) value->expire_at_ms = -1;
  }

  void rename(const std::string& from, const std::string& to) {
    Value* value = model_.find(from);
    expect({"RENAME", from, to}, value ? "+OK\r\n" : "-ERR no such key\r\n");
    if (!value || from == to) return;
    const Value moved = *value;
    model_.erase(from);
    model_.set(to, moved);
  }

  void copy(const std::string& from, const std::string& to) {
    if (from == to) return;
    Value* value = model_.find(from);
    const bool copies = value && !model_.find(to);
    expect({"COPY", from, to}, integer(copies ? 1 : 0));
    if (copies) model_.set(to, *value);
  }

  void get_and_write(const std::string& key) {
    const auto before = text_of(key);
    if (prng_.one_in(2)) {
      expect({"GETDEL", key}, bulk(before));
      model_.erase(key);
    } else {
      const std::string value = random_value();
      expect({"GETSET", key, value}, bulk(before));
      model_.set(key, {value});
    }
  }

  void multiple(const std::string& a, const std::string& b, const std::string& c) {
    expect({"MGET", a, b, c, a},
           "*4\r\n" + bulk(text_of(a)) + bulk(text_of(b)) + bulk(text_of(c)) + bulk(text_of(a)));
    const std::string value = random_value();
    const bool none = !model_.find(a) && !model_.find(b);
    expect({"MSETNX", a, value, b, value}, integer(none ? 1 : 0));
    if (none) model_.set(a, {value}), model_.set(b, {value});
    expect({"MSET", b, value, c, value}, "+OK\r\n");
    model_.set(b, {value});
    model_.set(c, {value});
  }

  void move(const std::string& key) {
    const int source = model_.db;
    const int target = 1 - source;
    const Value* value = model_.find(key);
    const std::optional<Value> moved = value ? std::optional<Value>(*value) : std::nullopt;
    model_.db = target;
    const bool moves = moved && !model_.find(key);
    if (moves) model_.set(key, *moved);
    model_.db = source;
    if (moves) model_.erase(key);
    expect({"MOVE", key, std::to_string(target)}, integer(moves ? 1 : 0));
  }

  void change_database() {
    if (prng_.one_in(30)) {
      expect({"FLUSHDB"}, "+OK\r\n");
      model_.flush();
    } else if (prng_.one_in(5)) {
      expect({"SWAPDB", "0", "1"}, "+OK\r\n");
      model_.swap(1 - model_.db);
    } else {
      model_.db = 1 - model_.db;
      fixture_.select(model_.db);
    }
  }

  void pass_time() {
    const auto ms = static_cast<int64_t>(prng_.below(300));
    fixture_.advance_ms(ms);
    model_.now_ms += ms;
    if (prng_.one_in(4)) {
      for (int i = 0; i < fixture_.shards(); i++) {
        fixture_.shard(i).expire_slice();
        fixture_.shard(i).free_slice();
      }
    }
  }

  void time_left(const std::string& key) {
    const Value* value = model_.find(key);
    const bool expires = value && value->expire_at_ms != -1;
    const int64_t left = !value ? -2 : !expires ? -1 : value->expire_at_ms - model_.now_ms;
    expect({"PTTL", key}, integer(left));
    expect({"EXISTS", key}, integer(value ? 1 : 0));
  }

  CommandFixture fixture_;
  Model model_;
  Prng prng_;
};

TEST_CASE("random commands against a std::map") {
  for (uint64_t seed = 1; seed <= 10; seed++) {
    CAPTURE(seed);
    Run(1, seed).steps(4000);
    Run(3, seed).steps(4000);
  }
}

}  // namespace
}  // namespace rondo
