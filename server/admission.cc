#include "server/admission.h"

#include <algorithm>
#include <optional>
#include <unordered_map>
#include <unordered_set>

namespace rondo {
namespace {

bool names_all_keys(std::span<const uint64_t> keys) {
  return std::find(keys.begin(), keys.end(), Admission::kAllKeys) != keys.end();
}

bool conflict(LockMode one, LockMode other) {
  return one == LockMode::kExclusive || other == LockMode::kExclusive;
}

LockMode stronger(LockMode one, LockMode other) {
  return conflict(one, other) ? LockMode::kExclusive : LockMode::kShared;
}

}  // namespace

// What those who stay behind in one pass want, so that a pass costs the number of waiting keys and
// not its square.
struct Admission::Wanted {
  std::unordered_map<uint64_t, LockMode> keys;
  std::optional<LockMode> all;  // kAllKeys.
  std::optional<LockMode> any;  // The strongest of any key.

  bool conflicts(const Waiting& next) const {
    if (next.keys.empty()) return false;
    if (all && conflict(*all, next.mode)) return true;
    for (uint64_t key : next.keys) {
      if (key == kAllKeys && any && conflict(*any, next.mode)) return true;
      const auto found = keys.find(key);
      if (found != keys.end() && conflict(found->second, next.mode)) return true;
    }
    return false;
  }

  void add(const Waiting& next) {
    for (uint64_t key : next.keys) {
      if (key == kAllKeys) all = stronger(next.mode, all.value_or(next.mode));
      any = stronger(next.mode, any.value_or(next.mode));
      LockMode& mode = keys.try_emplace(key, next.mode).first->second;
      mode = stronger(mode, next.mode);
    }
  }
};

size_t Admission::cell_of(uint64_t key) const {
  const size_t mask = locks_.size() - 1;
  size_t cell = key & mask;
  while (locks_[cell].holders != 0 && locks_[cell].key != key)
    cell = (cell + 1) & mask;
  return cell;
}

void Admission::grow() {
  std::vector<Lock> old(locks_.empty() ? 64 : 2 * locks_.size());
  old.swap(locks_);
  for (const Lock& lock : old) {
    if (lock.holders != 0) locks_[cell_of(lock.key)] = lock;
  }
}

// Pulls the cells behind it back towards their homes, so that no search stops too early.
void Admission::free_cell(size_t cell) {
  const size_t mask = locks_.size() - 1;
  locks_[cell] = Lock();
  --used_;
  for (size_t next = (cell + 1) & mask; locks_[next].holders != 0; next = (next + 1) & mask) {
    const size_t home = locks_[next].key & mask;
    if (((next - home) & mask) < ((next - cell) & mask)) continue;
    locks_[cell] = locks_[next];
    locks_[next] = Lock();
    cell = next;
  }
}

bool Admission::conflicts_with_held(std::span<const uint64_t> keys, LockMode mode) const {
  if (parked_) return true;
  if (held_ == 0) return false;
  for (uint64_t key : keys) {
    if (key == kAllKeys) [[unlikely]] {
      if (exclusive_held_ != 0 || mode == LockMode::kExclusive) return true;
      continue;
    }
    const Lock& lock = locks_[cell_of(key)];
    if (lock.holders != 0 && (lock.exclusive || mode == LockMode::kExclusive)) return true;
  }
  return false;
}

bool Admission::conflicts(const Waiting& ahead, Kind kind, std::span<const uint64_t> keys,
                          LockMode mode, uint64_t session) const {
  if (ahead.kind == Kind::kPark || kind == Kind::kPark) return true;
  if (session != 0 && ahead.session == session) return true;
  if (ahead.mode == LockMode::kShared && mode == LockMode::kShared) return false;
  if (!keys.empty() && names_all_keys(ahead.keys)) return true;
  if (!ahead.keys.empty() && names_all_keys(keys)) return true;
  for (uint64_t key : keys) {
    if (std::find(ahead.keys.begin(), ahead.keys.end(), key) != ahead.keys.end()) return true;
  }
  return false;
}

bool Admission::admits(std::span<const uint64_t> keys, LockMode mode, uint64_t session) const {
  if (conflicts_with_held(keys, mode)) return false;
  for (const Waiting& ahead : waiting_) {
    if (conflicts(ahead, Kind::kRequest, keys, mode, session)) return false;
  }
  return true;
}

void Admission::lock(std::span<const uint64_t> keys, LockMode mode) {
  if (ignored_for_test_) return;
  CHECK(!parked_);
  for (uint64_t key : keys) {
    if (2 * (used_ + 1) > locks_.size()) grow();
    Lock& lock = locks_[cell_of(key)];
    if (lock.holders == 0) {
      lock = Lock{key, 0, mode == LockMode::kExclusive};
      ++used_;
    }
    // A part may name a key twice (MSET k 1 k 2), so an exclusive lock counts its holders too.
    CHECK(lock.exclusive == (mode == LockMode::kExclusive));
    ++lock.holders;
    ++held_;
    exclusive_held_ += lock.exclusive;
  }
}

void Admission::unlock(std::span<const uint64_t> keys, LockMode mode) {
  if (ignored_for_test_) return;
  for (uint64_t key : keys) {
    const size_t cell = cell_of(key);
    Lock& lock = locks_[cell];
    CHECK(lock.holders > 0);
    CHECK(lock.exclusive == (mode == LockMode::kExclusive));
    --held_;
    exclusive_held_ -= lock.exclusive;
    if (--lock.holders == 0) free_cell(cell);
  }
}

void Admission::park() {
  if (ignored_for_test_) return;
  CHECK(held_ == 0);
  CHECK(!parked_);
  parked_ = true;
}

void Admission::unpark() {
  if (ignored_for_test_) return;
  CHECK(parked_);
  parked_ = false;
}

void Admission::wait(Kind kind, std::vector<uint64_t> keys, LockMode mode, uint64_t session,
                     std::unique_ptr<Waiter> waiter) {
  waiting_.push_back(Waiting{kind, mode, session, std::move(keys), std::move(waiter)});
}

bool Admission::withdraw(const Waiter* waiter) {
  for (auto it = waiting_.begin(); it != waiting_.end(); ++it) {
    if (it->waiter.get() == waiter) {
      waiting_.erase(it);
      return true;
    }
  }
  return false;
}

void Admission::run_waiting() {
  if (running_ || waiting_.empty()) return;
  running_ = true;
  // One pass in order.
  std::deque<Waiting> queue;
  queue.swap(waiting_);
  std::deque<Waiting> staying;
  std::unordered_set<uint64_t> sessions;
  Wanted wanted;
  bool barred = false;
  while (!queue.empty()) {
    Waiting next = std::move(queue.front());
    queue.pop_front();
    const bool stays = barred || (next.kind == Kind::kPark && (held_ != 0 || !staying.empty())) ||
                       conflicts_with_held(next.keys, next.mode) ||
                       (next.session != 0 && sessions.contains(next.session)) ||
                       wanted.conflicts(next);
    if (!stays) {
      if (next.kind == Kind::kPart) lock(next.keys, next.mode);
      if (next.kind == Kind::kPark) park();
      next.waiter->admitted();
      continue;
    }
    barred = barred || next.kind == Kind::kPark || parked_;
    if (next.session != 0) sessions.insert(next.session);
    wanted.add(next);
    staying.push_back(std::move(next));
  }
  // Newcomers that queued while admitted() ran stand behind all of these.
  for (Waiting& late : waiting_)
    staying.push_back(std::move(late));
  waiting_ = std::move(staying);
  running_ = false;
}

void Admission::verify() const {
  size_t held = 0;
  size_t exclusive = 0;
  size_t used = 0;
  for (size_t cell = 0; cell < locks_.size(); ++cell) {
    if (locks_[cell].holders == 0) continue;
    held += locks_[cell].holders;
    exclusive += locks_[cell].exclusive ? locks_[cell].holders : 0;
    ++used;
    CHECK(cell_of(locks_[cell].key) == cell);
  }
  CHECK(held == held_);
  CHECK(exclusive == exclusive_held_);
  CHECK(used == used_);
  CHECK(!parked_ || held_ == 0);
}

}  // namespace rondo
