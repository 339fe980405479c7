// SetBuilder: a set that is being computed, outside of every keyspace; at the end it takes the form
// that a set with these members would have. Used by one thread.
#pragma once

#include <cstddef>
#include <memory>

#include "shard/detached_value.h"
#include "shard/set_object.h"
#include "shard/shard.h"

namespace rondo {

class SetBuilder {
 public:
  SetBuilder() : object_(std::make_unique<SetObject>()) {}

  void add(const Item& member);
  void remove(const Item& member);
  size_t size() const { return object_->size(); }

  // The set as a value without expiry: integers only, packed, or an object. REQUIRES: size() > 0.
  // The builder is used for nothing else afterwards.
  DetachedValue finish(const ShardLimits& limits);

 private:
  bool all_integers() const;
  bool all_at_most(size_t bytes) const;
  std::string packed_integers() const;
  std::string packed() const;
  template <class Visit>
  void for_each(Visit&& visit) const;

  std::unique_ptr<SetObject> object_;
};

}  // namespace rondo
