#include "server/freeing_pace.h"

#include <cstddef>
#include <string>
#include <vector>

#include "tests/server/local_server.h"
#include "tests/testing.h"

namespace rondo {
namespace {

// Slices until the next round ends.
size_t slices(FreeingPace& pace, size_t others) {
  size_t count = 1;
  while (!pace.ends_round(others)) {
    REQUIRE(count < 1000);
    ++count;
  }
  return count;
}

TEST_CASE("freeing pace: nothing is freed before all others have taken theirs") {
  FreeingPace pace;
  CHECK_EQ(slices(pace, 3), FreeingPace::kSlicesMin);
  for (int i = 0; i < 3; ++i) {
    CHECK_FALSE(pace.may_free());
    pace.taken(false);
  }
  CHECK(pace.may_free());
}

TEST_CASE("freeing pace: rounds grow while nobody finds anything, and no further than that") {
  FreeingPace pace;
  size_t last = 0;
  for (int i = 0; i < 10; ++i) {
    const size_t round = slices(pace, 2);
    CHECK_GE(round, last);
    last = round;
    pace.taken(false);
    pace.taken(false);
  }
  CHECK_EQ(last, FreeingPace::kSlicesMax);
  slices(pace, 2);
  pace.taken(true);
  pace.taken(false);
  CHECK_EQ(slices(pace, 2), FreeingPace::kSlicesMin);
}

TEST_CASE("freeing pace: a single core asks nobody") {
  FreeingPace pace;
  for (size_t i = 0; i < 10 * FreeingPace::kSlicesMax; ++i)
    REQUIRE_FALSE(pace.ends_round(0));
}

TEST_CASE("freeing pace: a large value waits for the other cores in between") {
  LocalServer server(3);
  LocalClient& client = server.connect(0);
  std::vector<std::string> command = {"SADD", server.key_on(0, "set")};
  for (int i = 0; i < 4000; ++i)
    command.push_back("member:" + std::to_string(i));
  CHECK_EQ(client.run_args(command), ":4000\r\n");
  CHECK_EQ(client.run("UNLINK " + command[1]), ":1");
  Core& core = server.core(0);
  size_t rounds = 0;
  while (core.background() || core.freeing_paused()) {
    if (!core.freeing_paused()) continue;
    const size_t held = core.shard().graveyard().pending();
    CHECK_EQ(held, 1);
    CHECK_FALSE(core.background());
    for (int turn = 0; turn < 2 * server.cores(); ++turn)
      server.turn(turn % server.cores());
    REQUIRE_FALSE(core.freeing_paused());
    ++rounds;
  }
  CHECK_GE(rounds, 2);
  CHECK(core.shard().graveyard().empty());
}

}  // namespace
}  // namespace rondo
