#include "shard/scored_member.h"

#include <memory>
#include <string>

#include "tests/testing.h"

namespace rondo {
namespace {

TEST_CASE("members of every length keep their text and score") {
  for (const size_t length : {0u, 1u, 15u, 253u, 254u, 255u, 65535u, 65536u, 100'000u}) {
    CAPTURE(length);
    const std::string text(length, 'm');
    const size_t bytes = ScoredMember::block_bytes(length);
    const auto block = std::make_unique<double[]>(bytes / sizeof(double) + 1);
    const ScoredMember* member = ScoredMember::write(block.get(), 1.5, text);
    CHECK(member->text() == text);
    CHECK(member->score() == 1.5);
    CHECK(member->block_bytes() == bytes);
  }
  CHECK(ScoredMember::block_bytes(15) == 24);
}

TEST_CASE("scores come first in the order, then bytes") {
  double block[4];
  const ScoredMember* member = ScoredMember::write(block, 2, "b");
  CHECK(member->is_before(3, "a"));
  CHECK(member->is_before(2, "ba"));
  CHECK(member->is_before(2, "\xff"));
  CHECK_FALSE(member->is_before(2, "b"));
  CHECK_FALSE(member->is_before(2, ""));
  CHECK_FALSE(member->is_before(1, "c"));
}

}  // namespace
}  // namespace rondo
