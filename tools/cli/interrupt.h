// Interrupt: while one exists, Ctrl-C ends a wait instead of the program. One at a time.
#pragma once

#include <csignal>

#include "reactor/base/check.h"

namespace rondo::cli {

class Interrupt {
 public:
  Interrupt() {
    CHECK(!active_);
    active_ = true;
    seen_ = 0;
    struct sigaction action {};
    action.sa_handler = [](int) { seen_ = 1; };
    // Without SA_RESTART, so that a system call that waits returns.
    ::sigaction(SIGINT, &action, &before_);
  }
  ~Interrupt() {
    ::sigaction(SIGINT, &before_, nullptr);
    active_ = false;
  }
  Interrupt(const Interrupt&) = delete;
  Interrupt& operator=(const Interrupt&) = delete;

  bool happened() const { return seen_ != 0; }

 private:
  static inline volatile std::sig_atomic_t seen_ = 0;
  static inline bool active_ = false;
  struct sigaction before_ {};
};

}  // namespace rondo::cli
