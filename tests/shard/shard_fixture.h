// ShardFixture: a shard with a clock that the test moves, and a record of its effects.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "shard/shard.h"

namespace rondo {

// Remembers effects as text: "put:set a", "erase:expired b", "patch:append c 3 xyz".
class EffectRecorder final : public EffectSink {
 public:
  void on_effect(const Effect& effect) override {
    constexpr const char* kNames[] = {"put", "patch", "erase", "expire", "change", "flush", "swap"};
    std::string text = kNames[static_cast<int>(effect.kind)];
    text += std::string(":") + effect.event.name;
    if (effect.db != 0) text += "@" + std::to_string(effect.db);
    if (!effect.key.empty()) text += " " + std::string(effect.key);
    if (effect.kind == EffectKind::kPatch) {
      text += " " + std::to_string(effect.offset) + " " + std::string(effect.bytes);
    }
    if (effect.expire_at_ms != kNoExpiry) text += " until " + std::to_string(effect.expire_at_ms);
    if (effect.created) text += " new";
    effects_.push_back(text);
  }

  // The effects since the last call.
  std::vector<std::string> take() { return std::exchange(effects_, {}); }

 private:
  std::vector<std::string> effects_;
};

class ShardFixture {
 public:
  static constexpr int64_t kStartMs = 1'000'000;

  explicit ShardFixture(int databases = 4) : shard({.databases = databases}) { set_ms(kStartMs); }

  void set_ms(int64_t ms) {
    ms_ = ms;
    shard.set_time(Time{ms * 1000, ms * 1'000'000});
  }
  void advance_ms(int64_t ms) { set_ms(ms_ + ms); }
  int64_t now_ms() const { return ms_; }

  Keyspace& db(int index = 0) { return shard.db(index); }
  void set(std::string_view key, std::string_view value, int64_t expire_at_ms = kNoExpiry) {
    db().put_string(make_key(key), value, expire_at_ms, events::kSet);
  }
  std::optional<std::string> get(std::string_view key, int index = 0) {
    const Entry entry = db(index).find(make_key(key));
    if (!entry) return std::nullopt;
    char scratch[24];
    return std::string(entry.string(scratch));
  }
  std::string encoding(std::string_view key) { return db().peek(make_key(key)).encoding(); }

  // Frees all that waits for it.
  void free_all() {
    while (shard.free_slice()) {
    }
  }

  Shard shard;

 private:
  int64_t ms_ = 0;
};

// An object whose elements are a number: for tests of what owns and frees objects.
class CountedObject final : public Object {
 public:
  static inline int alive = 0;

  explicit CountedObject(size_t elements) : Object(Type::kList), elements_(elements) { ++alive; }
  ~CountedObject() override { --alive; }

  const char* encoding() const override { return "counted"; }
  size_t footprint() const override { return 64 + elements_ * 16; }
  bool free_some(size_t budget) override {
    elements_ -= budget < elements_ ? budget : elements_;
    return elements_ == 0;
  }
  std::unique_ptr<Object> clone() const override {
    return std::make_unique<CountedObject>(elements_);
  }
  size_t elements() const { return elements_; }

 private:
  size_t elements_;
};

inline DetachedValue counted_value(size_t elements, int64_t expire_at_ms = kNoExpiry) {
  return {std::unique_ptr<Object>(std::make_unique<CountedObject>(elements)), expire_at_ms};
}

}  // namespace rondo
