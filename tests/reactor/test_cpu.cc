#include "reactor/cpu.h"

#include <sched.h>

#include <thread>

#include "tests/testing.h"

namespace rondo {
namespace {

TEST_CASE("the affinity mask is listed, and pinning narrows it") {
  const std::vector<int> before = allowed_cpus();
  REQUIRE(!before.empty());
  std::vector<int> after;
  bool pinned = false;
  std::thread([&] {
    pinned = static_cast<bool>(pin_thread(before.back()));
    after = allowed_cpus();
  }).join();
  CHECK(pinned);
  CHECK(after == std::vector<int>{before.back()});
  CHECK(allowed_cpus() == before);
}

TEST_CASE("a CPU that is not there is a failure") {
  Status status = Done{};
  std::thread([&] { status = pin_thread(100'000); }).join();
  REQUIRE(!status);
  CHECK(status.failure().text.starts_with("a thread can not be pinned to CPU 100000: "));
}

TEST_CASE("reactors are pinned where the CPUs are ours") {
  const std::vector<int> none{-1, -1};
  // One for each CPU of the machine, or of a mask that somebody chose.
  CHECK(choose_cpus(2, {0, 1}, 2) == std::vector<int>{0, 1});
  CHECK(choose_cpus(2, {4, 7, 9}, 16) == std::vector<int>{4, 7});
  // A few threads on a whole machine, or too many.
  CHECK(choose_cpus(2, {0, 1, 2, 3}, 4) == none);
  CHECK(choose_cpus(2, {3}, 4) == none);
  CHECK(oversubscribed(2, {3}));
  CHECK(!oversubscribed(2, {3, 4}));
}

}  // namespace
}  // namespace rondo
