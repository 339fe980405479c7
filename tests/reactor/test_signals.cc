#include "reactor/signals.h"

#include <sys/wait.h>
#include <unistd.h>

#include <csignal>
#include <thread>

#include "reactor/threads.h"
#include "tests/testing.h"

namespace rondo {
namespace {

// Stops when asked to, or never.
class Patient : public Application {
 public:
  explicit Patient(bool obeys) : obeys_(obeys) {}
  void on_start(Reactor& reactor) override {
    reactor_ = &reactor;
    started = true;
  }
  bool on_tick(Time) override { return false; }
  void on_flush() override {}
  bool on_background(Time) override { return false; }
  void on_stop() override {
    if (obeys_) reactor_->finish();
  }

  std::atomic<bool> started{false};

 private:
  Reactor* reactor_ = nullptr;
  bool obeys_;
};

// Runs one reactor in a child process that sends itself `signals`; returns how it ended.
int run_child(std::initializer_list<int> signals, bool obeys) {
  const pid_t child = ::fork();
  if (child == 0) {
    ignore_pipe_and_hangup();
    MailboxGrid grid(1);
    auto threads = ReactorThreads::create({}, grid);
    if (!threads) ::_exit(90);
    Patient patient(obeys);
    Application* const applications[] = {&patient};
    if (!(*threads)->start(applications)) ::_exit(91);
    while (!patient.started) {
    }
    StopSignals stop(**threads);
    for (const int signal : signals)
      ::kill(::getpid(), signal);
    if (!(*threads)->join()) ::_exit(92);
    ::_exit(stop.received());
  }
  int status = 0;
  ::waitpid(child, &status, 0);
  return WIFEXITED(status) ? WEXITSTATUS(status) : -WTERMSIG(status);
}

TEST_CASE("SIGTERM and SIGINT stop the reactors") {
  CHECK(run_child({SIGTERM}, true) == SIGTERM);
  CHECK(run_child({SIGINT}, true) == SIGINT);
}

TEST_CASE("a second signal ends a process that does not stop") {
  CHECK(run_child({SIGTERM, SIGINT}, false) == 1);
}

TEST_CASE("a closed pipe or terminal stops nothing") {
  CHECK(run_child({SIGPIPE, SIGHUP, SIGTERM}, true) == SIGTERM);
}

}  // namespace
}  // namespace rondo
