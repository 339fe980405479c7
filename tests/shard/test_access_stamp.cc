#include "shard/access_stamp.h"

#include <algorithm>

#include "tests/testing.h"

namespace rondo {
namespace {

TEST_CASE("a stamp tells the seconds of the last minute exactly") {
  for (int64_t used_s = 1'000; used_s < 1'200; ++used_s) {
    const AccessStamp stamp = access_stamp(used_s);
    for (uint32_t idle_s = 0; idle_s < 62; ++idle_s) {
      REQUIRE(idle_seconds(stamp, used_s + idle_s) == idle_s);
    }
  }
}

TEST_CASE("an age becomes the nearest class") {
  for (uint32_t idle_s = 62; idle_s < 3'000'000; idle_s += 1 + idle_s / 70) {
    const uint32_t stored = idle_seconds(stamp_of_idle(idle_s, 5'000), 9'000);
    REQUIRE(stored <= idle_s + 1 + idle_s / 20);
    REQUIRE(stored + 1 + idle_s / 20 >= idle_s);
  }
  for (const uint32_t exact_s : {125u, 250u, 500u, 1'000u, 2'000u, 64'000u}) {
    REQUIRE(idle_seconds(stamp_of_idle(exact_s, 5'000), 9'000) == exact_s);
  }
  CHECK(idle_seconds(stamp_of_idle(20, 5'000), 5'000) == 20);
  // Longer than the longest class.
  CHECK(idle_seconds(stamp_of_idle(UINT32_MAX, 0), 0) > 40u * 24 * 3'600);
}

TEST_CASE("ageing keeps recent stamps and turns old ones into classes before they wrap") {
  Prng prng(1);
  const AccessStamp stamp = access_stamp(1'000);
  CHECK(age_stamp(stamp, 1'061, 32, prng) == stamp);
  const AccessStamp aged = age_stamp(stamp, 1'100, 32, prng);
  CHECK(aged >= 128);
  CHECK(idle_seconds(aged, 1'100) > 80);
  CHECK(idle_seconds(aged, 1'100) <= 100);
}

TEST_CASE("repeated ageing follows real time on average") {
  Prng prng(2);
  for (const int64_t hours : {1, 12, 24 * 7}) {
    double sum = 0;
    double low = 1e18;
    double high = 0;
    constexpr int kSamples = 200;
    for (int sample = 0; sample < kSamples; ++sample) {
      AccessStamp stamp = access_stamp(0);
      for (int64_t now_s = 32; now_s <= hours * 3'600; now_s += 32) {
        stamp = age_stamp(stamp, now_s, 32, prng);
      }
      const double idle_s = idle_seconds(stamp, hours * 3'600);
      sum += idle_s;
      low = std::min(low, idle_s);
      high = std::max(high, idle_s);
    }
    const double real_s = static_cast<double>(hours) * 3'600;
    CHECK(sum / kSamples > 0.8 * real_s);
    CHECK(sum / kSamples < 1.2 * real_s);
    CHECK(low > 0.3 * real_s);
    CHECK(high < 2.5 * real_s);
  }
}

TEST_CASE("the last class stays the last") {
  Prng prng(3);
  CHECK(age_stamp(255, 0, 1u << 31, prng) == 255);
  CHECK(age_stamp(128, 0, UINT32_MAX, prng) == 255);
}

}  // namespace
}  // namespace rondo
