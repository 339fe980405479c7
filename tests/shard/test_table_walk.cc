// The orders in which a table can be read, while it changes.
#include <algorithm>
#include <cmath>
#include <unordered_map>
#include <unordered_set>
#include <vector>

#include "shard/table.h"
#include "tests/shard/table_policies.h"
#include "tests/testing.h"

namespace rondo {
namespace {

template <class Policy>
struct Numbers {
  MemoryAccount account;
  Table<Policy> table{account};

  void insert(uint64_t number) {
    table.insert(Policy::hash_of_number(number), payload_of_number(number), 0);
  }
  void erase(uint64_t number) {
    const uint64_t hash = Policy::hash_of_number(number);
    const Place place = table.find(hash, number);
    if (!place) FAIL("lost number " << number);
    table.erase(hash, place);
  }
};

// Scans while `change(step)` changes other numbers than 1..stable; all of these must be seen.
template <class Policy, class Change>
size_t scan_during(Numbers<Policy>& numbers, uint64_t stable, size_t count, Change&& change) {
  std::unordered_set<uint64_t> seen;
  uint64_t cursor = 0;
  size_t calls = 0;
  do {
    const uint64_t next = numbers.table.scan(
        cursor, count, [&](Place place) { seen.insert(number_of(place.word())); });
    // A scan only goes forwards, so it ends whatever the table does.
    if (next != 0 && next <= cursor) FAIL("cursor " << next << " after " << cursor);
    cursor = next;
    if (!TableBase::is_cursor(cursor) || ++calls > 1'000'000) FAIL("cursor " << cursor);
    change(calls);
  } while (cursor != 0);
  size_t missed = 0;
  for (uint64_t i = 1; i <= stable; ++i)
    missed += 1 - seen.count(i);
  REQUIRE(missed == 0);
  return calls;
}

TEST_CASE("a scan of a quiet table visits each word exactly once") {
  for (const uint64_t n : {0u, 1u, 6u, 7u, 700u, 769u, 20'000u}) {
    for (const size_t count : {1u, 10u, 1'000u}) {
      Numbers<GoodPolicy> numbers;
      for (uint64_t i = 1; i <= n; ++i)
        numbers.insert(i);
      std::unordered_map<uint64_t, int> seen;
      uint64_t cursor = 0;
      size_t calls = 0;
      do {
        size_t visited = 0;
        cursor = numbers.table.scan(cursor, count, [&](Place place) {
          ++seen[number_of(place.word())];
          ++visited;
        });
        REQUIRE(visited < count + 40);
        ++calls;
      } while (cursor != 0);
      REQUIRE(seen.size() == n);
      size_t repeated = 0;
      for (const auto& [number, times] : seen)
        repeated += times != 1;
      CHECK(repeated == 0);
      // A call does about as much as it was asked to.
      CHECK(calls <= n / count * 2 + 40);
    }
  }
}

TEST_CASE("a scan misses nothing while the table grows by splitting") {
  for (uint64_t seed = 1; seed <= 5; ++seed) {
    Numbers<GoodPolicy> numbers;
    const uint64_t stable = 500 * seed * seed;
    for (uint64_t i = 1; i <= stable; ++i)
      numbers.insert(i);
    uint64_t last = stable;
    scan_during(numbers, stable, 10, [&](size_t) {
      for (uint64_t i = 0; i < seed * 60 && last < 400'000; ++i)
        numbers.insert(++last);
    });
    numbers.table.verify();
  }
}

TEST_CASE("a scan misses nothing while the table shrinks by merging") {
  for (uint64_t seed = 1; seed <= 5; ++seed) {
    Numbers<GoodPolicy> numbers;
    const uint64_t stable = 100 * seed;
    uint64_t last = 100'000;
    for (uint64_t i = 1; i <= last; ++i)
      numbers.insert(i);
    const size_t calls = scan_during(numbers, stable, 10, [&](size_t) {
      for (uint64_t i = 0; i < seed * 100 && last > stable; ++i)
        numbers.erase(last--);
    });
    CHECK(calls < 20'000);
    numbers.table.verify();
  }
}

TEST_CASE("a scan misses nothing while the table grows and shrinks by turns") {
  Prng prng(3);
  for (int round = 0; round < 12; ++round) {
    Numbers<GoodPolicy> numbers;
    const uint64_t stable = 1 + prng.below(3'000);
    for (uint64_t i = 1; i <= stable; ++i)
      numbers.insert(i);
    std::vector<uint64_t> others;
    uint64_t last = stable;
    bool growing = true;
    scan_during(numbers, stable, 1 + prng.below(30), [&](size_t) {
      const uint64_t changes = prng.below(3'000);
      for (uint64_t i = 0; i < changes; ++i) {
        if (growing) {
          numbers.insert(++last);
          others.push_back(last);
        } else if (!others.empty()) {
          std::swap(others[prng.below(others.size())], others.back());
          numbers.erase(others.back());
          others.pop_back();
        }
      }
      if (others.size() > 60'000 || others.empty()) growing = others.empty();
    });
  }
}

TEST_CASE("a scan misses nothing with hashes that do not spread") {
  Numbers<OneSegmentPolicy> one_segment;
  for (uint64_t i = 1; i <= 2'000; ++i)
    one_segment.insert(i);
  uint64_t last = 2'000;
  scan_during(one_segment, 2'000, 10, [&](size_t) {
    for (int i = 0; i < 30 && last < 9'000; ++i)
      one_segment.insert(++last);
  });
  Numbers<ConstantPolicy> constant;
  for (uint64_t i = 1; i <= 500; ++i)
    constant.insert(i);
  scan_during(constant, 500, 10, [](size_t) {});
}

TEST_CASE("any number is a safe cursor and costs a bounded step") {
  Numbers<GoodPolicy> numbers;
  for (uint64_t i = 1; i <= 20'000; ++i)
    numbers.insert(i);
  Prng prng(4);
  for (int i = 0; i < 200'000; ++i) {
    const uint64_t cursor = prng.next() >> prng.below(64);
    size_t visited = 0;
    const uint64_t next = numbers.table.scan(cursor, 10, [&](Place) { ++visited; });
    REQUIRE(visited <= 10 + 40);
    REQUIRE(TableBase::is_cursor(next));
    if (!TableBase::is_cursor(cursor)) REQUIRE(next == 0);
  }
  CHECK(numbers.table.scan(UINT64_MAX, 10, [](Place) {}) == 0);
}

TEST_CASE("a step over a sparse table looks at a bounded number of buckets") {
  Numbers<GoodPolicy> numbers;
  for (uint64_t i = 1; i <= 50'000; ++i)
    numbers.insert(i);
  for (uint64_t i = 50'000; i > 5; --i)
    numbers.erase(i);
  uint64_t cursor = 0;
  int calls = 0;
  do {
    cursor = numbers.table.scan(cursor, 10, [](Place) {});
    ++calls;
  } while (cursor != 0);
  CHECK(calls <= 20);
}

// Chi-square of how often each number came up, divided by its expectation.
template <class Policy>
double unevenness(const Table<Policy>& table, uint64_t n, int draws) {
  Prng prng(5);
  std::unordered_map<uint64_t, int> times;
  for (int i = 0; i < draws; ++i)
    ++times[number_of(table.random(prng).word())];
  const double expected = static_cast<double>(draws) / static_cast<double>(n);
  double sum = static_cast<double>(n - times.size()) * expected;
  for (const auto& [number, seen] : times)
    sum += std::pow(seen - expected, 2) / expected;
  return sum / static_cast<double>(n - 1);
}

TEST_CASE("random words are uniform") {
  for (const uint64_t n : {2u, 5u, 100u, 900u, 3'000u, 7'000u}) {
    Numbers<GoodPolicy> numbers;
    for (uint64_t i = 1; i <= n; ++i)
      numbers.insert(i);
    const double ratio = unevenness(numbers.table, n, static_cast<int>(n) * 40);
    CHECK(ratio < 1 + 5 * std::sqrt(2.0 / static_cast<double>(n - 1)));
  }
}

TEST_CASE("random words exist however sparse or empty the table is") {
  Numbers<GoodPolicy> numbers;
  Prng prng(6);
  CHECK_FALSE(numbers.table.random(prng));
  for (uint64_t i = 1; i <= 30'000; ++i)
    numbers.insert(i);
  for (uint64_t i = 30'000; i > 1; --i)
    numbers.erase(i);
  CHECK(number_of(numbers.table.random(prng).word()) == 1);
  Numbers<ConstantPolicy> constant;
  for (uint64_t i = 1; i <= 300; ++i)
    constant.insert(i);
  for (int i = 0; i < 100; ++i)
    CHECK(constant.table.random(prng));
}

TEST_CASE("a walk over a quiet table visits every word once in each turn") {
  Numbers<GoodPolicy> numbers;
  for (uint64_t i = 1; i <= 10'000; ++i)
    numbers.insert(i);
  TableBase::Walk walk;
  for (int turn = 0; turn < 2; ++turn) {
    size_t words = 0;
    size_t steps = 0;
    bool wrapped = false;
    while (!wrapped) {
      const Bucket* bucket = numbers.table.at(walk);
      if (bucket != nullptr) words += bucket->count();
      wrapped = numbers.table.advance(walk);
      ++steps;
    }
    CHECK(words == 10'000);
    CHECK(steps == numbers.table.buckets());
  }
}

TEST_CASE("a walk goes on whatever the table does meanwhile") {
  Numbers<GoodPolicy> numbers;
  TableBase::Walk walk;
  Prng prng(7);
  uint64_t last = 0;
  uint64_t first = 1;
  int turns = 0;
  for (int i = 0; i < 300'000; ++i) {
    const bool growing = (i / 50'000) % 2 == 0;
    if (growing) numbers.insert(++last);
    if (!growing && first <= last) numbers.erase(first++);
    const Bucket* bucket = numbers.table.at(walk);
    if (bucket != nullptr) CHECK(bucket->count() <= Bucket::kWords);
    turns += numbers.table.advance(walk) ? 1 : 0;
  }
  CHECK(turns > 5);
}

TEST_CASE("draining frees a table in steps, and it is usable again") {
  Numbers<GoodPolicy> numbers;
  for (int round = 0; round < 2; ++round) {
    for (uint64_t i = 1; i <= 20'000; ++i)
      numbers.insert(i);
    std::unordered_set<uint64_t> seen;
    size_t most = 0;
    bool done = false;
    while (!done) {
      const size_t before = seen.size();
      done = numbers.table.drain(16, [&](uint64_t word) { seen.insert(number_of(word)); });
      most = std::max(most, seen.size() - before);
    }
    CHECK(most <= 16 * Bucket::kWords);
    CHECK(seen.size() == 20'000);
    CHECK(numbers.account.used() == 0);
    numbers.table.verify();
  }
}

TEST_CASE("a table half drained can be destroyed") {
  MemoryAccount account;
  {
    Table<GoodPolicy> table(account);
    for (uint64_t i = 1; i <= 5'000; ++i)
      table.insert(good_hash(i), payload_of_number(i), 0);
    CHECK_FALSE(table.drain(100, [](uint64_t) {}));
  }
  CHECK(account.used() == 0);
}

}  // namespace
}  // namespace rondo
