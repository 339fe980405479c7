#include "shard/access_stamp.h"

namespace rondo {

namespace {

constexpr uint32_t kRecentMax = 62;  // Ages below it are kept as seconds.
constexpr int kClasses = 128;

// Seconds of an age class: 62.5 * 2^(c / 8), from 1000 * 2^(i / 8) for i of 0 to 7.
constexpr uint32_t class_age(int c) {
  constexpr uint32_t kEighths[] = {1000, 1091, 1189, 1297, 1414, 1542, 1682, 1834};
  return kEighths[c & 7] << (c >> 3) >> 4;
}
static_assert(class_age(0) == kRecentMax);

uint32_t recent_age(AccessStamp stamp, int64_t now_s) {
  return static_cast<uint32_t>((now_s - stamp) & 127);
}

}  // namespace

uint32_t idle_seconds(AccessStamp stamp, int64_t now_s) {
  return stamp < 128 ? recent_age(stamp, now_s) : class_age(stamp - 128);
}

AccessStamp stamp_of_idle(uint32_t idle_s, int64_t now_s) {
  if (idle_s < kRecentMax) return access_stamp(now_s - idle_s);
  int c = 0;
  while (c + 1 < kClasses && (uint64_t{class_age(c)} + class_age(c + 1)) / 2 < idle_s)
    ++c;
  return static_cast<AccessStamp>(128 + c);
}

AccessStamp age_stamp(AccessStamp stamp, int64_t now_s, uint32_t elapsed_s, Prng& prng) {
  if (stamp < 128) {
    const uint32_t age = recent_age(stamp, now_s);
    return age < kRecentMax ? stamp : stamp_of_idle(age, now_s);
  }
  int c = stamp - 128;
  while (c + 1 < kClasses) {
    const uint32_t width = class_age(c + 1) - class_age(c);
    if (elapsed_s < width) {
      if (prng.below(width) < elapsed_s) ++c;
      break;
    }
    elapsed_s -= width;
    ++c;
  }
  return static_cast<AccessStamp>(128 + c);
}

}  // namespace rondo
