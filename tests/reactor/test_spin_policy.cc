#include "reactor/spin_policy.h"

#include "tests/testing.h"

namespace rondo {
namespace {

TEST_CASE("an idle core does not spin") {
  SpinPolicy policy(20'000);
  CHECK(policy.limit_ns() == 0);
  for (int i = 0; i < 10; ++i)
    policy.waited(1'000'000, true);
  CHECK(policy.limit_ns() == 0);
}

TEST_CASE("messages that come soon raise the limit up to the largest") {
  SpinPolicy policy(20'000);
  policy.waited(15'000, true);
  CHECK(policy.limit_ns() > 0);
  for (int i = 0; i < 10; ++i)
    policy.waited(3'000, true);
  CHECK(policy.limit_ns() == 20'000);
}

TEST_CASE("long waits lower it to nothing") {
  SpinPolicy policy(20'000);
  for (int i = 0; i < 10; ++i)
    policy.waited(3'000, true);
  int waits = 0;
  while (policy.limit_ns() > 0) {
    policy.waited(500'000, false);
    REQUIRE(++waits < 6);
  }
}

TEST_CASE("sockets alone neither raise nor lower it while they are quick") {
  SpinPolicy policy(20'000);
  policy.waited(5'000, false);
  CHECK(policy.limit_ns() == 0);
  for (int i = 0; i < 10; ++i)
    policy.waited(3'000, true);
  const int64_t limit_ns = policy.limit_ns();
  policy.waited(5'000, false);
  CHECK(policy.limit_ns() == limit_ns);
}

TEST_CASE("a largest limit of zero means never") {
  SpinPolicy policy(0);
  for (int i = 0; i < 10; ++i)
    policy.waited(0, true);
  CHECK(policy.limit_ns() == 0);
}

}  // namespace
}  // namespace rondo
