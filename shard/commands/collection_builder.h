// Whole hashes and lists that are put together outside of every keyspace; at the end each takes the
// form that a collection with these elements would have. SetBuilder and build_sorted_set() do the
// same for sets and sorted sets. Used by one thread; a builder is used for nothing else after
// finish().
#pragma once

#include <cstddef>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "shard/detached_value.h"
#include "shard/hash_object.h"
#include "shard/list_object.h"
#include "shard/shard.h"

namespace rondo {

class HashBuilder {
 public:
  explicit HashBuilder(PackedLimits limits)
      : limits_(limits), object_(std::make_unique<HashObject>()) {}

  // False when the field is there already; then its value is the new one.
  bool set(std::string_view field, std::string_view value, int64_t expire_at_ms = kNoExpiry);
  // REQUIRES: there is a field, and none was set twice.
  DetachedValue finish();

 private:
  const PackedLimits limits_;
  std::unique_ptr<HashObject> object_;
  // Fields and values in turns, in their order, as long as they may be packed,
  std::vector<std::string> texts_;
  std::vector<int64_t> expiries_;  // and of each field when it expires.
  size_t bytes_ = 0;
  bool packs_ = true;
};

class ListBuilder {
 public:
  explicit ListBuilder(const ListLimits& limits) : limits_(limits) {}

  // At the right end. False when the element is too large for a list.
  bool push(std::string_view element);
  // REQUIRES: there is an element.
  DetachedValue finish();

 private:
  const ListLimits limits_;
  std::vector<std::string> texts_;  // As long as they may be packed.
  size_t bytes_ = 0;
  std::unique_ptr<ListObject> object_;
};

}  // namespace rondo
