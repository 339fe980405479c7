// ReactorThreads: the reactors of one process and the threads they run on. Made, started and
// joined by the starting thread, which runs no reactor itself.
#pragma once

#include <pthread.h>

#include <memory>
#include <span>
#include <vector>

#include "reactor/base/result.h"
#include "reactor/mailbox.h"
#include "reactor/reactor.h"

namespace rondo {

class ReactorThreads {
 public:
  // One reactor for each core of `grid`, all with `options`, pinned by choose_cpus(); they do not
  // spin when there are more of them than CPUs. The grid must outlive this.
  static Result<std::unique_ptr<ReactorThreads>> create(const ReactorOptions& options,
                                                        MailboxGrid& grid);
  // Asks what still runs to stop, and joins it.
  ~ReactorThreads();
  ReactorThreads(const ReactorThreads&) = delete;
  ReactorThreads& operator=(const ReactorThreads&) = delete;

  int size() const { return static_cast<int>(reactors_.size()); }
  Reactor& reactor(int core) { return *reactors_[static_cast<size_t>(core)]; }

  // Starts a thread for each reactor, which runs the application of the same index.
  Status start(std::span<Application* const> applications);
  // Asks all to stop. Any thread, and safe inside a signal handler.
  void request_stop();
  // Waits for all threads; the first Failure of a run(), if any.
  Status join();

 private:
  ReactorThreads() = default;

  // What a thread is given. std::thread is not used because it reports a refusal by an exception.
  struct Seat {
    ReactorThreads* all = nullptr;
    Reactor* reactor = nullptr;
    Application* application = nullptr;
    pthread_t thread{};
    bool started = false;
    Status outcome = Done{};  // Of run(); read after joining.
  };
  static void* run(void* seat);

  std::vector<std::unique_ptr<Reactor>> reactors_;
  std::vector<Seat> seats_;
};

}  // namespace rondo
