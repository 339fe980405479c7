// KeyWait: one execution of a command that waits for its keys (BLPOP and its like), between the
// handler, which knows what it wants, and whoever runs it, who knows the client. The same handler
// runs when the command arrives and again whenever one of its keys may have become what it wants.
//
// Such a handler looks at its keys in the order of the arguments. It takes the first that has
// something, after claim(); if none has, it says wait_for() and writes nothing. When the client
// waits already, keys of the wrong type and keys on shards that are not held are passed over.
#pragma once

#include <cstddef>
#include <cstdint>

namespace rondo {

class KeyWait {
 public:
  explicit KeyWait(bool waiting) : waiting_(waiting) {}
  KeyWait(const KeyWait&) = delete;
  KeyWait& operator=(const KeyWait&) = delete;

  // The client waits already; otherwise this is the first look.
  bool waiting() const { return waiting_; }

  // Before the first change: whether the client still waits, which ends with this. False: it was
  // served by another shard or gave up, and the handler returns without a reply.
  bool claim() {
    if (!claimed_ && !lost_) (try_claim() ? claimed_ : lost_) = true;
    return claimed_;
  }

  // Nothing is there: the client waits (on) for arguments [first, first + count), for so long at
  // the most; 0: for ever. In milliseconds.
  void wait_for(size_t first, size_t count, int64_t timeout_ms) {
    blocked_ = true;
    first_ = first;
    count_ = count;
    timeout_ms_ = timeout_ms;
  }
  // Something is there, but it takes a shard that is not held: run it again with all of them.
  void need_all_shards() { needs_all_shards_ = true; }

  bool claimed() const { return claimed_; }
  bool lost() const { return lost_; }
  bool blocked() const { return blocked_; }
  bool needs_all_shards() const { return needs_all_shards_; }
  size_t first() const { return first_; }
  size_t count() const { return count_; }
  int64_t timeout_ms() const { return timeout_ms_; }

 protected:
  ~KeyWait() = default;
  virtual bool try_claim() = 0;

 private:
  const bool waiting_;
  bool claimed_ = false;
  bool lost_ = false;
  bool blocked_ = false;
  bool needs_all_shards_ = false;
  size_t first_ = 0;
  size_t count_ = 0;
  int64_t timeout_ms_ = 0;
};

}  // namespace rondo
