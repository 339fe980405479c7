// Histograms against sorted values, rates over time, and sums of counters.
#include <algorithm>
#include <vector>

#include "reactor/base/prng.h"
#include "server/stats.h"
#include "tests/testing.h"

namespace rondo {
namespace {

TEST_CASE("every value lies in its bucket, and buckets follow each other") {
  uint64_t before = 0;
  for (size_t i = 1; i < Histogram::kBuckets; ++i) {
    CHECK_GT(Histogram::upper_bound(i), before);
    before = Histogram::upper_bound(i);
    CHECK_EQ(Histogram::bucket(before), i);
    if (i + 1 < Histogram::kBuckets) CHECK_EQ(Histogram::bucket(before + 1), i + 1);
  }
  CHECK_EQ(Histogram::bucket(0), 0);
  CHECK_EQ(Histogram::bucket(UINT64_MAX), Histogram::kBuckets - 1);
}

TEST_CASE("percentiles are right to an eighth") {
  Prng prng(7);
  for (int round = 0; round < 20; ++round) {
    Histogram histogram;
    std::vector<uint64_t> values;
    const size_t count = 1 + prng.next() % 2000;
    for (size_t i = 0; i < count; ++i) {
      values.push_back(prng.next() >> (24 + prng.next() % 40));
      histogram.record(values.back());
    }
    std::sort(values.begin(), values.end());
    CHECK_EQ(histogram.count(), count);
    for (const double percentile : {0.0, 1.0, 50.0, 90.0, 99.0, 99.9, 100.0}) {
      const auto rank = static_cast<size_t>(percentile / 100 * static_cast<double>(count));
      const uint64_t exact = values[std::min(rank == 0 ? 0 : rank - 1, count - 1)];
      const uint64_t next = values[std::min(rank, count - 1)];
      const uint64_t found = histogram.percentile(percentile);
      CHECK_GE(found, exact);
      CHECK_LE(found, next + next / 8 + 1);
    }
    for (size_t i = 0; i < Histogram::kBuckets; i += 7) {
      const uint64_t border = Histogram::upper_bound(i);
      const auto below = std::upper_bound(values.begin(), values.end(), border) - values.begin();
      CHECK_EQ(histogram.count_below(border), static_cast<uint64_t>(below));
    }
  }
}

TEST_CASE("an empty histogram, a sum and a reset") {
  Histogram one;
  CHECK_EQ(one.percentile(50), 0);
  CHECK_EQ(one.count_below(UINT64_MAX), 0);
  Histogram other;
  one.record(5);
  other.record(5);
  other.record(1000);
  one.add(other);
  CHECK_EQ(one.count(), 3);
  CHECK_EQ(one.percentile(60), 5);
  one.reset();
  CHECK_EQ(one.count(), 0);
}

TEST_CASE("rates are the mean of the last samples, and fall while nothing happens") {
  RateSampler sampler;
  CoreCounters counters;
  int64_t now_ns = 1'000'000'000;
  sampler.sample(now_ns, counters);
  CHECK_EQ(sampler.rates().commands, 0);
  for (size_t i = 0; i < RateSampler::kSamples; ++i) {
    counters.commands_total += 50;
    counters.input_bytes += 1000;
    now_ns += RateSampler::kPeriodNs;
    sampler.sample(now_ns, counters);
  }
  CHECK_EQ(sampler.rates().commands, doctest::Approx(500));
  CHECK_EQ(sampler.rates().input_bytes, doctest::Approx(10'000));
  CHECK_EQ(sampler.rates().output_bytes, 0);
  // Too early: no sample.
  counters.commands_total += 1'000'000;
  sampler.sample(now_ns + 1, counters);
  CHECK_EQ(sampler.rates().commands, doctest::Approx(500));
  counters.commands_total -= 1'000'000;
  // A long sleep counts for all of its time.
  now_ns += RateSampler::kPeriodNs * 100;
  sampler.sample(now_ns, counters);
  CHECK_EQ(sampler.rates().commands, 0);
}

TEST_CASE("a reset forgets all but the number of commands") {
  CoreStats stats;
  stats.commands.resize(3);
  stats.commands[1].calls = 7;
  stats.commands[1].latency = std::make_unique<Histogram>();
  stats.errors["ERR"] = 2;
  stats.commands_total = 9;
  CoreCounters sum;
  sum.add(stats);
  sum.add(stats);
  CHECK_EQ(sum.commands_total, 18);
  stats.reset();
  REQUIRE_EQ(stats.commands.size(), 3);
  CHECK_EQ(stats.commands[1].calls, 0);
  CHECK_EQ(stats.commands[1].latency, nullptr);
  CHECK(stats.errors.empty());
  CHECK_EQ(stats.commands_total, 0);
}

}  // namespace
}  // namespace rondo
