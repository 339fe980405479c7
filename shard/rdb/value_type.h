// The types of values in Redis's dumps and RDB files, as their first byte says; from Redis's
// src/rdb.h.
#pragma once

#include <cstdint>

namespace rondo {

enum class RdbType : uint8_t {
  kString = 0,
  kList = 1,           // Count, then elements.
  kSet = 2,            // Count, then members.
  kSortedSetText = 3,  // Count, then members and their scores as text.
  kHash = 4,           // Count, then fields and values.
  kSortedSet = 5,      // Count, then members and their scores as doubles.
  kHashZipmap = 9,
  kListZiplist = 10,
  kSetIntegers = 11,  // An intset.
  kSortedSetZiplist = 12,
  kHashZiplist = 13,
  kListQuicklist = 14,  // Count, then ziplists.
  kHashListpack = 16,
  kSortedSetListpack = 17,
  kListQuicklist2 = 18,  // Count, then for each node its container and a listpack or one element.
  kSetListpack = 20,
  kHashExpiring = 24,  // Earliest expiry, count, then expiries, fields and values; see below.
  kHashListpackExpiring = 25,  // Earliest expiry, then a listpack in threes.
};

// An expiry of a field is 0 for none, or 1 more than the milliseconds from the earliest one on. In
// a listpack it is the time itself, or 0.

// The version that is written, that of Redis 7.0, and for hashes with fields that expire that of
// 7.4, which is the newest that is read.
inline constexpr uint16_t kRdbVersionWritten = 10;
inline constexpr uint16_t kRdbVersionExpiring = 12;
inline constexpr uint16_t kRdbVersionMax = 12;

}  // namespace rondo
