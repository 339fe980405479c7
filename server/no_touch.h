// NoTouch: CLIENT NO-TOUCH, for the length of one command: on the shards of a view, finding a key
// does not count as a use of it. On the thread that holds the shards.
#pragma once

#include "shard/call.h"

namespace rondo {

class NoTouch {
 public:
  NoTouch(const ShardView& view, bool on) : view_(view), on_(on) {
    if (on_) [[unlikely]]
      set_touch(false);
  }
  NoTouch(const NoTouch&) = delete;
  NoTouch& operator=(const NoTouch&) = delete;
  ~NoTouch() {
    if (on_) [[unlikely]]
      set_touch(true);
  }

 private:
  void set_touch(bool on) {
    for (Shard* shard : view_.shards) {
      if (shard) shard->set_touch(on);
    }
  }

  const ShardView& view_;
  const bool on_;
};

}  // namespace rondo
