// Timers: a hierarchical timing wheel of intrusive timers with millisecond resolution. Setting and
// cancelling are O(1); finding the next deadline reads one word for each level; nothing allocates.
// After Varghese and Lauck, "Hashed and Hierarchical Timing Wheels" (1987).
//
// Six levels of 64 lists. Level 0 has one list for each of the 64 milliseconds of the current
// group, level 1 one for each group of 64 ms, and so on; a timer lies on the level of the highest
// 6-bit digit in which its deadline differs from the wheel's time, and moves down as that digit
// is reached. A bitmap for each level says which lists are not empty.
//
//   deadline - now   < 64 ms   < 4 s   < 4.4 min   < 4.7 h   < 12 days   < 2.2 years, clamped
//   level              0         1         2          3          4           5
//
// Used by one thread. A Timer may be set, cancelled and destroyed inside any timer's callback.
// Timers that are due together fire in the order of their deadlines, and of setting within one.
#pragma once

#include <cstddef>
#include <cstdint>

#include "reactor/base/check.h"

namespace rondo {

class Timers;

class Timer {
 public:
  using Fire = void (*)(void* owner);

  // Calls fire(owner) when due:  Timer idle_timer_{this, Timer::call<&Connection::on_idle>};
  Timer(void* owner, Fire fire) : owner_(owner), fire_(fire) {}
  ~Timer() { cancel(); }
  Timer(const Timer&) = delete;
  Timer& operator=(const Timer&) = delete;

  // Wraps a member `void on_x()` of the owner as a Fire.
  template <auto kMethod>
  static void call(void* owner) {
    Member<decltype(kMethod)>::invoke(kMethod, owner);
  }

  bool active() const { return timers_ != nullptr; }
  int64_t deadline_ms() const { return deadline_ms_; }
  // Does nothing when not active.
  void cancel();

 private:
  friend class Timers;

  template <class M>
  struct Member;
  template <class Owner>
  struct Member<void (Owner::*)()> {
    static void invoke(void (Owner::*method)(), void* owner) {
      (static_cast<Owner*>(owner)->*method)();
    }
  };

  Timer* next_ = nullptr;
  Timer* previous_ = nullptr;
  Timers* timers_ = nullptr;  // The wheel it is in, or null.
  int64_t deadline_ms_ = 0;
  void* owner_;
  Fire fire_;
  uint8_t level_ = 0;
  uint8_t list_ = 0;
};

class Timers {
 public:
  static constexpr int64_t kNever = INT64_MAX;

  // The wheel's time starts at `now_ms`, on the scale that the deadlines use.
  explicit Timers(int64_t now_ms) : now_ms_(now_ms), clock_ms_(now_ms) {}
  ~Timers();
  Timers(const Timers&) = delete;
  Timers& operator=(const Timers&) = delete;

  // Sets or moves `timer`. A deadline that has passed fires at the next fire_due().
  void set(Timer& timer, int64_t deadline_ms);
  void set_in(Timer& timer, int64_t delay_ms) { set(timer, clock_ms_ + delay_ms); }
  // Tells what set_in() counts from, before fire_due() of the same tick.
  void set_clock(int64_t now_ms) { clock_ms_ = now_ms; }

  // Fires what is due at `now_ms`, and returns how many. A timer set inside a callback fires in a
  // later call. Time never goes back: a smaller `now_ms` than the last fires nothing.
  //
  // `limit` bounds the work: so many timers fire or move down a level, and next_ms() is not later
  // than now while more is to be done, which the next call does, in the same order.
  size_t fire_due(int64_t now_ms, size_t limit = SIZE_MAX);

  // No later than the next deadline, and never so early that waking up then makes no progress:
  // the earliest list's time. kNever when empty.
  int64_t next_ms() const;

  size_t size() const { return size_; }
  // Checks every link, level and bitmap.
  void verify() const;

 private:
  friend class Timer;

  static constexpr int kLevels = 6;
  static constexpr int kListsLog2 = 6;
  static constexpr int kLists = 1 << kListsLog2;

  // Circular, `first` null when empty; first->previous_ is the last.
  struct List {
    Timer* first = nullptr;
  };

  void insert(Timer& timer);
  void unlink(Timer& timer);
  void fire_later(List& from, size_t& limit);
  void move_down(List& from, size_t& limit);
  static void append(List& list, Timer& timer);
  // The start of the earliest list that is not empty, and which.
  int64_t earliest(int& level, int& list) const;

  // The wheel's: everything until then has been fired, but for what a limit has left in the lists
  // that begin there.
  int64_t now_ms_;
  int64_t clock_ms_;  // The tick's.
  size_t size_ = 0;
  uint64_t occupied_[kLevels] = {};
  List lists_[kLevels][kLists];
  List* moving_ = nullptr;  // Its timers were not all moved down; it begins at now_ms_.
  List overdue_;            // Set with a deadline that had passed.
  List firing_;             // Taken out of their lists by fire_due(), not fired yet.
};

inline void Timer::cancel() {
  if (timers_ != nullptr) timers_->unlink(*this);
}

}  // namespace rondo
