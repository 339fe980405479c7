// Interrupt: while one exists, Ctrl-C ends a wait for the server instead of the program. It does so
// by shutting the socket for reading, which ends a read that waits and also one that begins only
// after the signal. The connection is of no more use then. One at a time.
#pragma once

#include <sys/socket.h>

#include <cerrno>
#include <csignal>

#include "reactor/base/check.h"

namespace rondo::cli {

class Interrupt {
 public:
  explicit Interrupt(int socket) {
    CHECK(!active_);
    active_ = true;
    seen_ = 0;
    socket_ = socket;
    struct sigaction action {};
    action.sa_handler = [](int) {
      const int error = errno;
      seen_ = 1;
      ::shutdown(socket_, SHUT_RD);
      errno = error;
    };
    // Without SA_RESTART, so that a wait for anything else, as a sleep, returns too.
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
  static inline volatile std::sig_atomic_t socket_ = -1;
  static inline bool active_ = false;
  struct sigaction before_ {};
};

}  // namespace rondo::cli
