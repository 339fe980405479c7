#include "reactor/timers.h"

#include <bit>

namespace rondo {

namespace {

// Values of Timer::level_ for the two lists outside the wheel.
constexpr uint8_t kOverdue = 100;
constexpr uint8_t kFiring = 101;

}  // namespace

Timers::~Timers() {
  CHECK(size_ == 0);
}

void Timers::append(List& list, Timer& timer) {
  if (list.first == nullptr) {
    list.first = timer.next_ = timer.previous_ = &timer;
    return;
  }
  Timer* last = list.first->previous_;
  timer.next_ = list.first;
  timer.previous_ = last;
  last->next_ = &timer;
  list.first->previous_ = &timer;
}

void Timers::set(Timer& timer, int64_t deadline_ms) {
  timer.cancel();
  timer.timers_ = this;
  timer.deadline_ms_ = deadline_ms;
  ++size_;
  insert(timer);
}

// Puts a timer whose deadline is set where it belongs at now_ms_.
void Timers::insert(Timer& timer) {
  if (timer.deadline_ms_ <= now_ms_) {
    timer.level_ = kOverdue;
    append(overdue_, timer);
    return;
  }
  const uint64_t now = static_cast<uint64_t>(now_ms_);
  const uint64_t deadline = static_cast<uint64_t>(timer.deadline_ms_);
  int level = (63 - std::countl_zero(now ^ deadline)) / kListsLog2;
  constexpr int kTopShift = (kLevels - 1) * kListsLog2;
  uint64_t digit;
  if (level < kLevels - 1) {
    digit = deadline >> (level * kListsLog2);
  } else {
    // The top level is a circle. What lies beyond it waits in its last list and is placed again
    // when that is reached.
    level = kLevels - 1;
    const uint64_t now_digit = now >> kTopShift;
    const uint64_t ahead = (deadline >> kTopShift) - now_digit;
    digit = now_digit + (ahead < kLists ? ahead : kLists - 1);
  }
  timer.level_ = static_cast<uint8_t>(level);
  timer.list_ = static_cast<uint8_t>(digit % kLists);
  append(lists_[level][timer.list_], timer);
  occupied_[level] |= uint64_t{1} << timer.list_;
}

void Timers::unlink(Timer& timer) {
  CHECK(timer.timers_ == this);
  List& list = timer.level_ == kOverdue  ? overdue_
               : timer.level_ == kFiring ? firing_
                                         : lists_[timer.level_][timer.list_];
  if (timer.next_ == &timer) {
    list.first = nullptr;
    if (timer.level_ < kLevels) occupied_[timer.level_] &= ~(uint64_t{1} << timer.list_);
    if (&list == moving_) moving_ = nullptr;
  } else {
    timer.previous_->next_ = timer.next_;
    timer.next_->previous_ = timer.previous_;
    if (list.first == &timer) list.first = timer.next_;
  }
  timer.next_ = timer.previous_ = nullptr;
  timer.timers_ = nullptr;
  --size_;
}

int64_t Timers::earliest(int& level, int& list) const {
  // Every list of a level starts before every list of the level above it that is ahead of now.
  for (level = 0; level < kLevels; ++level) {
    if (occupied_[level] == 0) continue;
    const uint64_t digit = static_cast<uint64_t>(now_ms_) >> (level * kListsLog2);
    const int shift = static_cast<int>(digit % kLists);
    const int ahead = std::countr_zero(std::rotr(occupied_[level], shift));
    list = (shift + ahead) % kLists;
    return static_cast<int64_t>((digit + static_cast<uint64_t>(ahead)) << (level * kListsLog2));
  }
  return kNever;
}

int64_t Timers::next_ms() const {
  if (overdue_.first != nullptr || moving_ != nullptr) return now_ms_;
  int level;
  int list;
  return earliest(level, list);
}

// Takes timers out of a list, to be fired at the end of this call.
void Timers::fire_later(List& from, size_t& limit) {
  for (; from.first != nullptr && limit > 0; --limit) {
    Timer& timer = *from.first;
    unlink(timer);
    timer.timers_ = this;
    timer.level_ = kFiring;
    ++size_;
    append(firing_, timer);
  }
}

// now_ms_ has reached the list: its timers go to the levels below, or are due.
void Timers::move_down(List& from, size_t& limit) {
  for (; from.first != nullptr && limit > 0; --limit) {
    Timer& timer = *from.first;
    unlink(timer);
    timer.timers_ = this;
    ++size_;
    insert(timer);
  }
  moving_ = from.first != nullptr ? &from : nullptr;
}

size_t Timers::fire_due(int64_t now_ms, size_t limit) {
  if (now_ms < now_ms_) now_ms = now_ms_;
  clock_ms_ = now_ms;
  // First what is due is collected, then it is fired: a callback that sets a timer for now can not
  // keep this loop alive. Where the limit ends it, the wheel's time stands still, and the lists
  // that begin there are the first ones of the next call.
  fire_later(overdue_, limit);
  if (moving_ != nullptr) {
    move_down(*moving_, limit);
    fire_later(overdue_, limit);
  }
  int level;
  int list;
  for (int64_t start = earliest(level, list); start <= now_ms && start != kNever && limit > 0;
       start = earliest(level, list)) {
    now_ms_ = start;
    List& due = lists_[level][list];
    if (level == 0) {
      fire_later(due, limit);
    } else {
      move_down(due, limit);
      fire_later(overdue_, limit);
    }
  }
  if (limit > 0) now_ms_ = now_ms;

  size_t count = 0;
  while (firing_.first != nullptr) {
    Timer& timer = *firing_.first;
    unlink(timer);
    ++count;
    timer.fire_(timer.owner_);  // May destroy the timer.
  }
  return count;
}

void Timers::verify() const {
  size_t count = 0;
  auto walk = [&](const List& list, auto&& check) {
    const Timer* timer = list.first;
    if (timer == nullptr) return;
    do {
      CHECK(timer->timers_ == this);
      CHECK(timer->next_->previous_ == timer);
      check(*timer);
      ++count;
      timer = timer->next_;
    } while (timer != list.first);
  };
  walk(overdue_, [](const Timer& timer) { CHECK(timer.level_ == kOverdue); });
  walk(firing_, [](const Timer& timer) { CHECK(timer.level_ == kFiring); });
  for (int level = 0; level < kLevels; ++level) {
    for (int i = 0; i < kLists; ++i) {
      CHECK((occupied_[level] >> i & 1) == (lists_[level][i].first != nullptr ? 1 : 0));
      // A limit may have left some of the lists that begin at the wheel's time.
      const bool begun = level == 0 && i == now_ms_ % kLists;
      const bool left = begun || &lists_[level][i] == moving_;
      walk(lists_[level][i], [&](const Timer& timer) {
        CHECK(timer.level_ == level);
        CHECK(timer.list_ == i);
        CHECK(timer.deadline_ms_ >= now_ms_ + (left ? 0 : 1));
      });
    }
  }
  CHECK(count == size_);
  const int64_t next = next_ms();
  CHECK((size_ == 0) == (next == kNever));
}

}  // namespace rondo
