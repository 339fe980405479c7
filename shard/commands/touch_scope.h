// TouchScope: decides, for the length of a block, whether finding a key counts as a use of it.
// Redis's TTL, TYPE, EXISTS and OBJECT look at a key without using it; TOUCH uses it even when the
// client asked for CLIENT NO-TOUCH. Used by the thread that executes for the shard.
#pragma once

#include "shard/call.h"

namespace rondo {

class TouchScope {
 public:
  TouchScope(Shard& shard, bool on) : shard_(shard), before_(shard.touch()) {
    shard_.set_touch(on);
  }
  TouchScope(const TouchScope&) = delete;
  TouchScope& operator=(const TouchScope&) = delete;
  ~TouchScope() { shard_.set_touch(before_); }

 private:
  Shard& shard_;
  const bool before_;
};

// The entry of argument `i` on the call's own shard; a hit or a miss, but not a use of the key.
inline Entry look(Call& call, size_t i) {
  const TouchScope scope(call.shard(), false);
  return call.keyspace().find(call.key(i));
}

}  // namespace rondo
