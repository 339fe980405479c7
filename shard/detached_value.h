// DetachedValue: a value outside of every keyspace, with its expiry, on its way to another key,
// database or shard. Owned by who holds it; may move between threads like any value, since it
// refers to no shard: no MemoryAccount counts it until a keyspace takes it in.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <utility>
#include <variant>

#include "reactor/base/shared_bytes.h"
#include "shard/entry.h"
#include "shard/object.h"
#include "shard/packed.h"

namespace rondo {

class DetachedValue {
 public:
  // Bytes of a small string, and whether its encoding is raw.
  struct Bytes {
    std::string bytes;
    bool raw = false;
  };
  // A small collection as shard/packed.h draws it.
  struct Packed {
    std::string bytes;
  };
  using Value = std::variant<Bytes, int64_t, SharedBytes, Packed, std::unique_ptr<Object>>;

  DetachedValue(Value value, int64_t expire_at_ms)
      : value_(std::move(value)), expire_at_ms_(expire_at_ms) {}

  Type type() const {
    if (const auto* packed = std::get_if<Packed>(&value_)) return PackedView(packed->bytes).type();
    const auto* object = std::get_if<std::unique_ptr<Object>>(&value_);
    return object ? (*object)->type() : Type::kString;
  }
  int64_t expire_at_ms() const { return expire_at_ms_; }
  void set_expiry(int64_t expire_at_ms) { expire_at_ms_ = expire_at_ms; }

  Value& value() { return value_; }
  const Value& value() const { return value_; }

 private:
  Value value_;
  int64_t expire_at_ms_;
};

}  // namespace rondo
