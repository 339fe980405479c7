// Policies for tests of Table: the payload is a number, shifted to where an address stands, so no
// entry has to be allocated. They differ in how their hash spreads.
#pragma once

#include <cstdint>

namespace rondo {

inline uint64_t mix(uint64_t z) {
  z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9;
  z = (z ^ (z >> 27)) * 0x94d049bb133111eb;
  return z ^ (z >> 31);
}

inline uint64_t number_of(uint64_t word) {
  return (word & 0x0000'ffff'ffff'ffff) >> 4;
}
inline uint64_t payload_of_number(uint64_t number) {
  return number << 4;
}

template <uint64_t (*kHash)(uint64_t number)>
struct NumberPolicy {
  using Probe = uint64_t;
  static uint64_t hash(uint64_t word) { return kHash(number_of(word)); }
  static uint64_t hash_of_number(uint64_t number) { return kHash(number); }
  static bool equal(uint64_t word, const Probe& probe) { return number_of(word) == probe; }
  static void prefetch(uint64_t) {}
  static void prefetch_all(uint64_t) {}
};

inline uint64_t good_hash(uint64_t number) {
  return mix(number * 0x9e3779b97f4a7c15);
}
inline uint64_t constant_hash(uint64_t) {
  return 0x1234'5678'9abc'def0;
}
// The top bits, which choose the segment, are all the same.
inline uint64_t one_segment_hash(uint64_t number) {
  return good_hash(number) >> 12;
}
// Segments differ by 6 bits, but in each all have the same home.
inline uint64_t one_home_hash(uint64_t number) {
  return good_hash(number) & ~(~uint64_t{0} >> 6);
}
// Few different hashes.
inline uint64_t few_hash(uint64_t number) {
  return good_hash(number % 50);
}

// In order, spread for a table of so many numbers.
template <uint64_t kNumbers>
uint64_t ordered_hash(uint64_t number) {
  return number * (~uint64_t{0} / kNumbers);
}

template <uint64_t kNumbers>
using OrderedPolicy = NumberPolicy<ordered_hash<kNumbers>>;
using GoodPolicy = NumberPolicy<good_hash>;
using ConstantPolicy = NumberPolicy<constant_hash>;
using OneSegmentPolicy = NumberPolicy<one_segment_hash>;
using OneHomePolicy = NumberPolicy<one_home_hash>;
using FewPolicy = NumberPolicy<few_hash>;

}  // namespace rondo
