#include "server/scripting/busy_scripts.h"

#include "tests/testing.h"

namespace rondo {
namespace {

using Verdict = BusyScripts::Verdict;

TEST_CASE("busy scripts: one that has not written can be killed") {
  BusyScripts busy(2);
  CHECK_FALSE(busy.any());
  CHECK(busy.kill() == Verdict::kNone);
  busy.begin(1, false);
  CHECK(busy.any());
  CHECK_FALSE(busy.is_killed(1));
  CHECK(busy.kill() == Verdict::kKilled);
  CHECK(busy.is_killed(1));
  CHECK(busy.kill() == Verdict::kKilled);
  CHECK_FALSE(busy.note_write(1));
  busy.end(1);
  CHECK_FALSE(busy.any());
  CHECK(busy.kill() == Verdict::kNone);
}

TEST_CASE("busy scripts: one that has written can not, but another one can") {
  BusyScripts busy(2);
  busy.begin(0, false);
  CHECK(busy.note_write(0));
  CHECK(busy.note_write(0));
  CHECK(busy.kill() == Verdict::kUnkillable);
  CHECK_FALSE(busy.is_killed(0));
  busy.begin(1, false);
  CHECK(busy.kill() == Verdict::kKilled);
  CHECK(busy.is_killed(1));
  CHECK_FALSE(busy.is_killed(0));
  busy.end(1);
  busy.begin(1, true);
  CHECK(busy.kill() == Verdict::kUnkillable);
  busy.end(0);
  busy.end(1);
  CHECK_FALSE(busy.any());
}

}  // namespace
}  // namespace rondo
