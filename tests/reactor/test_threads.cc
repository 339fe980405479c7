#include "reactor/threads.h"

#include <atomic>
#include <thread>

#include "tests/testing.h"

namespace rondo {
namespace {

class Idle : public Application {
 public:
  void on_start(Reactor& reactor) override {
    reactor_ = &reactor;
    ++running;
  }
  bool on_tick(Time) override { return false; }
  void on_flush() override {}
  bool on_background(Time) override { return false; }
  void on_stop() override {
    --running;
    reactor_->finish();
  }

  static inline std::atomic<int> running{0};

 private:
  Reactor* reactor_ = nullptr;
};

TEST_CASE("a reactor for each core of the grid, started and joined") {
  MailboxGrid grid(4);
  auto threads = ReactorThreads::create({}, grid);
  REQUIRE(threads);
  REQUIRE((*threads)->size() == 4);
  for (int core = 0; core < 4; ++core)
    CHECK((*threads)->reactor(core).core() == core);
  Idle idle[4];
  Application* const applications[] = {&idle[0], &idle[1], &idle[2], &idle[3]};
  REQUIRE((*threads)->start(applications));
  while (Idle::running < 4) {
  }
  (*threads)->request_stop();
  CHECK((*threads)->join());
  CHECK(Idle::running == 0);
}

TEST_CASE("threads that were never started need no stop") {
  MailboxGrid grid(2);
  auto threads = ReactorThreads::create({}, grid);
  REQUIRE(threads);
  CHECK((*threads)->join());
}

TEST_CASE("a failure of one stops them all") {
  MailboxGrid grid(2);
  ReactorOptions options;
  auto threads = ReactorThreads::create(options, grid);
  REQUIRE(threads);
  // A ring can be enabled only once, so the second run of this reactor fails.
  Idle first;
  (*threads)->reactor(0).request_stop();
  std::thread([&] { CHECK((*threads)->reactor(0).run(first)); }).join();
  Idle idle[2];
  Application* const applications[] = {&idle[0], &idle[1]};
  REQUIRE((*threads)->start(applications));
  const Status status = (*threads)->join();
  REQUIRE(!status);
  CHECK(status.failure().text.starts_with("io_uring can not be enabled: "));
}

}  // namespace
}  // namespace rondo
