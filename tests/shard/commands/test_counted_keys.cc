#include "shard/commands/counted_keys.h"
#include "tests/testing.h"

using namespace rondo;

namespace {

using FindKeys = Error (*)(Args args, std::vector<int>& positions);

// The positions, or {-1} for an error.
std::vector<int> positions(FindKeys find, std::vector<std::string_view> args) {
  std::vector<int> found;
  if (find(args, found)) return {-1};
  return found;
}

}  // namespace

TEST_CASE("counted keys: behind their number, whatever follows") {
  CHECK(positions(counted_keys, {"sintercard", "2", "a", "b"}) == std::vector<int>{2, 3});
  CHECK(positions(counted_keys, {"sintercard", "1", "a", "limit", "3"}) == std::vector<int>{2});
  CHECK(positions(counted_keys_behind_timeout, {"blmpop", "0", "2", "a", "b", "left"}) ==
        std::vector<int>{3, 4});
}

TEST_CASE("counted keys: the destination is a key too") {
  CHECK(positions(destination_and_counted_keys, {"zunionstore", "d", "2", "a", "b"}) ==
        std::vector<int>{1, 3, 4});
}

TEST_CASE("counted keys: a number that does not fit is an error") {
  for (std::string_view count : {"0", "-1", "3", "x", "", "99999999999999999999"}) {
    CAPTURE(count);
    CHECK(positions(counted_keys, {"sintercard", count, "a", "b"}) == std::vector<int>{-1});
    CHECK(positions(destination_and_counted_keys, {"sdiffstore", "d", count, "a", "b"}) ==
          std::vector<int>{-1});
  }
  CHECK(positions(counted_keys, {"sintercard"}) == std::vector<int>{-1});
  CHECK(positions(destination_and_counted_keys, {"zunionstore"}) == std::vector<int>{-1});
}
