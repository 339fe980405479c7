#include "reactor/signals.h"

#include <unistd.h>

#include <atomic>
#include <cerrno>
#include <csignal>

#include "reactor/base/check.h"
#include "reactor/threads.h"

namespace rondo {

namespace {

// A signal handler has no argument of its own, so these must be global.
std::atomic<ReactorThreads*> stop_target{nullptr};
std::atomic<int> first_signal{0};
static_assert(std::atomic<ReactorThreads*>::is_always_lock_free);
static_assert(std::atomic<int>::is_always_lock_free);

void on_stop_signal(int signal) {
  const int saved_errno = errno;
  int none = 0;
  if (!first_signal.compare_exchange_strong(none, signal)) {
    constexpr char kText[] = "Second signal to stop: exiting now.\n";
    static_cast<void>(!::write(STDERR_FILENO, kText, sizeof kText - 1));
    ::_exit(1);
  }
  ReactorThreads* threads = stop_target.load();
  if (threads != nullptr) threads->request_stop();
  errno = saved_errno;
}

void set_handler(int signal, void (*handler)(int)) {
  struct sigaction action {};
  action.sa_handler = handler;
  action.sa_flags = SA_RESTART;
  sigemptyset(&action.sa_mask);
  // One at a time: a second signal finds the first one's number.
  sigaddset(&action.sa_mask, SIGTERM);
  sigaddset(&action.sa_mask, SIGINT);
  CHECK(sigaction(signal, &action, nullptr) == 0);
}

}  // namespace

void ignore_pipe_and_hangup() {
  set_handler(SIGPIPE, SIG_IGN);
  set_handler(SIGHUP, SIG_IGN);
}

StopSignals::StopSignals(ReactorThreads& threads) {
  CHECK(stop_target.load() == nullptr);
  first_signal = 0;
  stop_target = &threads;
  set_handler(SIGTERM, on_stop_signal);
  set_handler(SIGINT, on_stop_signal);
}

StopSignals::~StopSignals() {
  set_handler(SIGTERM, SIG_DFL);
  set_handler(SIGINT, SIG_DFL);
  stop_target = nullptr;
}

int StopSignals::received() const {
  return first_signal;
}

}  // namespace rondo
