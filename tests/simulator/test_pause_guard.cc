// The guard of pauses, shown to notice what it forbids.
#include "tests/simulator/pause_guard.h"

#include <string>

#include "tests/testing.h"

namespace rondo {
namespace {

// A guard that has just been answered, at 100 ms, after its question at 100 ms.
PauseGuard paused_guard(uint64_t seed, bool& all) {
  PauseGuard guard(seed);
  const std::string asked = guard.next({7, 3, 0, 100, 100});
  all = asked.find("ALL") != std::string::npos;
  RespValue ok;
  ok.type = RespValue::Type::kSimple;
  ok.text = "OK";
  guard.on_reply(ok, {7, 3, 0, 100, 100});
  return guard;
}

TEST_CASE("pause guard: changes, expiry, reads when all is paused, and not after its end") {
  bool seen[2] = {};
  for (uint64_t seed = 1; seed <= 20; ++seed) {
    bool all = false;
    PauseGuard still = paused_guard(seed, all);
    seen[all] = true;
    still.check({7, 3, 0, 104, 104});
    CHECK_EQ(still.problem(), "");
    CHECK_EQ(still.checked(), 1);
    still.check({9, 9, 0, 300, 300});
    still.check({9, 9, 0, 101, 101});
    CHECK_EQ(still.problem(), "");
    CHECK_EQ(still.checked(), 1);

    PauseGuard change = paused_guard(seed, all);
    change.check({8, 3, 0, 104, 104});
    CHECK_NE(change.problem().find("1 changes after the OK"), std::string::npos);
    PauseGuard expiry = paused_guard(seed, all);
    expiry.check({7, 3, 1, 104, 104});
    CHECK_NE(expiry.problem().find("1 keys expired after the OK"), std::string::npos);
    PauseGuard read = paused_guard(seed, all);
    read.check({7, 4, 0, 104, 104});
    CHECK_EQ(read.problem().empty(), !all);
  }
  CHECK(seen[0]);
  CHECK(seen[1]);
}

}  // namespace
}  // namespace rondo
