#include "shard/list_limits.h"

#include <cstdint>

#include "shard/packed.h"
#include "tests/testing.h"

namespace rondo {
namespace {

TEST_CASE("limits of lists: negative numbers are sizes, positive ones elements") {
  CHECK(ListLimits::of(-1).bytes_max == 4096);
  CHECK(ListLimits::of(-2).bytes_max == 8192);
  CHECK(ListLimits::of(-5).bytes_max == 65536);
  CHECK(ListLimits::of(-6).bytes_max == 65536);
  CHECK(ListLimits::of(INT32_MIN).bytes_max == 65536);
  CHECK(ListLimits::of(-2).elements_max == PackedView::kCountMax);
  CHECK(ListLimits::of(0).elements_max == 1);
  CHECK(ListLimits::of(128).elements_max == 128);
  CHECK(ListLimits::of(128).bytes_max == 8192);
  CHECK(ListLimits::of(INT32_MAX).elements_max == PackedView::kCountMax);
}

TEST_CASE("limits of lists: bytes mean those of a listpack, which has four more") {
  const ListLimits bytes = ListLimits::of(-1);
  CHECK(bytes.admit(4092, 1000));
  CHECK_FALSE(bytes.admit(4093, 1));
  CHECK(bytes.admit_half(2044, 1000));
  CHECK_FALSE(bytes.admit_half(2045, 1));
  const ListLimits elements = ListLimits::of(5);
  CHECK(elements.admit(100, 5));
  CHECK_FALSE(elements.admit(100, 6));
  CHECK(elements.admit_half(100, 2));
  CHECK_FALSE(elements.admit_half(100, 3));
}

TEST_CASE("limits of lists: which nodes stay plain") {
  CHECK(ListLimits::of(-2).compress_depth == 0);
  CHECK(ListLimits::of(-2, -1).compress_depth == 0);
  for (const size_t nodes : {1, 10, 1'000})
    CHECK(ListLimits::of(128, 3).plain_nodes(nodes) == 3);
  const ListLimits automatic = ListLimits::of(-2, 0);
  CHECK(automatic.plain_nodes(0) == 1);
  CHECK(automatic.plain_nodes(15) == 1);
  CHECK(automatic.plain_nodes(16) == 2);
  CHECK(automatic.plain_nodes(31) == 3);
  CHECK(automatic.plain_nodes(32) == 4);
  CHECK(automatic.plain_nodes(1'000'000) == 4);
}

}  // namespace
}  // namespace rondo
