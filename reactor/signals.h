// StopSignals: SIGTERM and SIGINT ask the reactors to stop while one of these exists; a second
// signal ends the process at once, for an operator who does not want to wait. Made by the starting
// thread, at most one at a time.
//
// The handler does only what is allowed inside one: atomic loads and stores, and a write to each
// reactor's eventfd.
#pragma once

namespace rondo {

class ReactorThreads;

// A peer that closes early must be an error of send(), not the end of the process; and a closed
// terminal is no reason to stop.
void ignore_pipe_and_hangup();

class StopSignals {
 public:
  // `threads` must outlive this.
  explicit StopSignals(ReactorThreads& threads);
  ~StopSignals();
  StopSignals(const StopSignals&) = delete;
  StopSignals& operator=(const StopSignals&) = delete;

  // The signal that came first, or 0.
  int received() const;
};

}  // namespace rondo
