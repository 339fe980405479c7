#include "server/scripting/fiber.h"

#include <numeric>
#include <vector>

#include "tests/testing.h"

namespace rondo {
namespace {

constexpr size_t kStackBytes = 256 * 1024;

struct Counting {
  Fiber fiber{&Counting::run, this, kStackBytes};
  int steps = 0;
  int wanted = 0;
  int runs = 0;
  int sum = 0;

  static void run(void* self) {
    auto& counting = *static_cast<Counting*>(self);
    // On the fiber's own stack, across all suspensions.
    std::vector<int> values;
    int local[64] = {};
    for (int i = 0; i < counting.wanted; ++i) {
      values.push_back(i);
      local[i % 64] += i;
      ++counting.steps;
      counting.fiber.suspend();
    }
    counting.sum = std::accumulate(std::begin(local), std::end(local), 0);
    CHECK_EQ(counting.sum, std::accumulate(values.begin(), values.end(), 0));
    ++counting.runs;
  }
};

TEST_CASE("fiber: goes on where it stopped, and begins anew when it has returned") {
  Counting counting;
  CHECK_FALSE(counting.fiber.running());
  for (const int wanted : {3, 0, 200}) {
    counting.wanted = wanted;
    counting.steps = 0;
    const int runs = counting.runs;
    for (int i = 0; i < wanted; ++i) {
      counting.fiber.resume();
      CHECK_EQ(counting.steps, i + 1);
      CHECK(counting.fiber.running());
      CHECK_FALSE(counting.fiber.inside());
    }
    counting.fiber.resume();
    CHECK_FALSE(counting.fiber.running());
    CHECK_EQ(counting.runs, runs + 1);
    CHECK_EQ(counting.sum, wanted * (wanted - 1) / 2);
  }
}

TEST_CASE("fiber: two of them take turns") {
  Counting one;
  Counting two;
  one.wanted = two.wanted = 50;
  while (one.runs == 0 || two.runs == 0) {
    one.fiber.resume();
    CHECK_EQ(one.steps, two.steps + (one.runs == 0 ? 1 : 0));
    two.fiber.resume();
    CHECK_EQ(one.steps, two.steps);
  }
  CHECK_EQ(one.sum, two.sum);
}

}  // namespace
}  // namespace rondo
