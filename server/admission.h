// Admission: who may execute on one shard now. While no transaction over several shards touches
// this shard, quiet() is true and nothing else here runs. Otherwise it holds key locks for
// transactions in preparation, the park for a coordinator that operates on the shard itself, and a
// FIFO of those who wait. Used only by the shard's own core.
//
// Rules. A request or part is admitted when it conflicts neither with what is held nor with
// anyone waiting ahead of it; so no one is overtaken on the same key, and a waiting park holds back
// everything behind it. A first attempt never waits (it is refused); an ordered attempt waits.
// Requests of one session wait behind that session's earlier ones, so its order on this shard
// holds. Locks are by 64-bit key hash: a collision only makes two keys wait for each other. A
// request that looks at the shard's keys as a whole (SCAN) asks for kAllKeys, and waits for every
// writer.
#pragma once

#include <cstdint>
#include <deque>
#include <memory>
#include <span>
#include <vector>

#include "reactor/base/check.h"

namespace rondo {

enum class LockMode : uint8_t { kShared, kExclusive };

// One who waits: a request of a client, or a transaction's part.
class Waiter {
 public:
  virtual ~Waiter() = default;
  // Called by Admission::run_waiting when it is this one's turn. Requests execute; parts take their
  // locks (already granted when this is called) and report; a park reports.
  virtual void admitted() = 0;
};

class Admission {
 public:
  enum class Kind : uint8_t { kRequest, kPart, kPark };
  // Stands for all keys in a list of keys, for requests only: it can be waited for, not held. A key
  // that happens to have this hash is treated the same, which only makes others wait.
  static constexpr uint64_t kAllKeys = UINT64_MAX;

  // True: nothing is held and nobody waits, so every request may execute at once.
  bool quiet() const { return held_ == 0 && !parked_ && waiting_.empty(); }
  bool parked() const { return parked_; }
  size_t waiting() const { return waiting_.size(); }
  size_t locks_held() const { return held_; }

  // Whether a request on these keys may execute now. An empty list conflicts only with parks.
  // `session` is any value that is the same for one session's requests, 0 for none.
  bool admits(std::span<const uint64_t> keys, LockMode mode, uint64_t session) const;
  // Whether no lock or park that is held conflicts, whoever waits.
  bool is_free(std::span<const uint64_t> keys, LockMode mode) const {
    return !conflicts_with_held(keys, mode);
  }

  // Takes the locks. REQUIRES: admits(keys, mode, ...) said so just now.
  void lock(std::span<const uint64_t> keys, LockMode mode);
  void unlock(std::span<const uint64_t> keys, LockMode mode);
  bool can_park() const { return held_ == 0 && !parked_ && waiting_.empty(); }
  void park();
  void unpark();

  // Queues one who is not admitted now. Shared parts and requests with kShared admit each other.
  void wait(Kind kind, std::vector<uint64_t> keys, LockMode mode, uint64_t session,
            std::unique_ptr<Waiter> waiter);
  // Takes a waiting part or park back out, for a transaction that gave up; false: not waiting.
  bool withdraw(const Waiter* waiter);
  // Admits, in order, everyone who can be. Call after unlock() and unpark().
  void run_waiting();

  void verify() const;

  // From now on nobody is held back, so that a test can show that its checks notice that. Nothing
  // may be held yet. Costs nothing otherwise: quiet() does not look at it.
  void ignore_locks_for_test() { ignored_for_test_ = true; }

 private:
  // A cell of an open-addressing table with linear probing; free when nobody holds it.
  struct Lock {
    uint64_t key = 0;
    uint32_t holders = 0;
    bool exclusive = false;
  };
  struct Waiting {
    Kind kind;
    LockMode mode;
    uint64_t session;
    std::vector<uint64_t> keys;
    std::unique_ptr<Waiter> waiter;
  };
  struct Wanted;
  // The cell of `key`, or the free one where it would be.
  size_t cell_of(uint64_t key) const;
  void grow();
  void free_cell(size_t cell);
  bool conflicts_with_held(std::span<const uint64_t> keys, LockMode mode) const;
  bool conflicts(const Waiting& ahead, Kind kind, std::span<const uint64_t> keys, LockMode mode,
                 uint64_t session) const;

  std::vector<Lock> locks_;    // A power of two, at most half of it used.
  size_t used_ = 0;            // Cells of locks_ that are held.
  size_t held_ = 0;            // Lock holders in total, counted per key.
  size_t exclusive_held_ = 0;  // Of these, the exclusive ones.
  bool parked_ = false;
  bool running_ = false;  // run_waiting() is on the stack.
  bool ignored_for_test_ = false;
  std::deque<Waiting> waiting_;
};

}  // namespace rondo
