#include "shard/list_limits.h"

#include <algorithm>

#include "shard/packed.h"

namespace rondo {

namespace {

constexpr size_t kCountedBytesMax = 8192;  // Of lists whose limit is a number of elements.
constexpr size_t kSmallestBytes = 4096;    // -1; each step doubles it.
constexpr int64_t kSteps = 5;

}  // namespace

ListLimits ListLimits::of(int64_t max_listpack_size, int64_t compress_depth) {
  const auto depth = static_cast<size_t>(std::max<int64_t>(compress_depth, 0));
  if (max_listpack_size >= 0) {
    const auto elements = static_cast<size_t>(std::max<int64_t>(max_listpack_size, 1));
    return {kCountedBytesMax, std::min(elements, PackedView::kCountMax), depth};
  }
  const int64_t step = std::min(-max_listpack_size, kSteps) - 1;
  return {kSmallestBytes << step, PackedView::kCountMax, depth};
}

}  // namespace rondo
