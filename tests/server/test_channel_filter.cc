#include "server/channel_filter.h"

#include "tests/testing.h"

namespace rondo {
namespace {

std::vector<int> cores_of(const ChannelFilter& filter, size_t row, bool with_patterns) {
  std::vector<int> cores;
  filter.for_each(row, with_patterns, [&](int core) { cores.push_back(core); });
  return cores;
}

TEST_CASE("channel filter: each row has its own cores, patterns go with any row") {
  ChannelFilter filter(130);
  filter.set(3, 0);
  filter.set(3, 129);
  filter.set(4, 64);
  filter.set(ChannelFilter::kPatterns, 63);
  filter.set(ChannelFilter::kPatterns, 129);
  CHECK_EQ(cores_of(filter, 3, false), std::vector<int>{0, 129});
  CHECK_EQ(cores_of(filter, 3, true), std::vector<int>{0, 63, 129});
  CHECK_EQ(cores_of(filter, 4, true), std::vector<int>{63, 64, 129});
  CHECK_EQ(cores_of(filter, ChannelFilter::kBuckets - 1, true), std::vector<int>{63, 129});
  filter.clear(3, 129);
  filter.clear(ChannelFilter::kPatterns, 63);
  CHECK_EQ(cores_of(filter, 3, false), std::vector<int>{0});
  CHECK_EQ(cores_of(filter, 3, true), std::vector<int>{0, 129});
}

TEST_CASE("channel filter: every hash has a row") {
  for (const uint64_t hash : {uint64_t{0}, uint64_t{1023}, uint64_t{1024}, UINT64_MAX})
    CHECK_LT(ChannelFilter::bucket(hash), ChannelFilter::kBuckets);
}

}  // namespace
}  // namespace rondo
