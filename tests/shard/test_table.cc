#include "shard/table.h"

#include <algorithm>
#include <unordered_map>
#include <utility>
#include <vector>

#include "tests/shard/table_policies.h"
#include "tests/testing.h"

namespace rondo {
namespace {

// A table beside a model of it: numbers and their stamps.
template <class Policy>
class Tested {
 public:
  explicit Tested(uint64_t seed) : prng_(seed), table_(account_) {}

  void insert() {
    const uint64_t number = ++last_;
    const auto stamp = static_cast<uint8_t>(prng_.next());
    const uint64_t hash = Policy::hash_of_number(number);
    const Place place = table_.insert(hash, payload_of_number(number), stamp);
    failures_ += number_of(place.word()) != number;
    model_[number] = stamp;
    numbers_.push_back(number);
  }

  void erase_one() {
    const size_t i = prng_.below(numbers_.size());
    const uint64_t number = std::exchange(numbers_[i], numbers_.back());
    numbers_.pop_back();
    const uint64_t hash = Policy::hash_of_number(number);
    const Place place = table_.find(hash, number);
    if (!place) FAIL("lost number " << number);
    failures_ += place.stamp() != model_[number];
    table_.erase(hash, place);
    model_.erase(number);
    failures_ += static_cast<bool>(table_.find(hash, number));
  }

  void compare() const {
    table_.verify();
    REQUIRE(table_.size() == model_.size());
    REQUIRE(account_.used() == table_.footprint());
    size_t wrong = failures_;
    for (const auto& [number, stamp] : model_) {
      const Place place = table_.find(Policy::hash_of_number(number), number);
      wrong += !place || place.stamp() != stamp;
    }
    for (uint64_t number = last_ + 1; number < last_ + 100; ++number) {
      wrong += static_cast<bool>(table_.find(Policy::hash_of_number(number), number));
    }
    REQUIRE(wrong == 0);
  }

  // Grows to `high`, churns, shrinks to `low`.
  void wave(size_t high, size_t low) {
    while (table_.size() < high) {
      insert();
      if (prng_.one_in(4)) erase_one();
    }
    compare();
    for (size_t i = 0; i < high; ++i) {
      insert();
      erase_one();
    }
    compare();
    while (table_.size() > low) {
      erase_one();
      if (low > 0 && prng_.one_in(4)) insert();
    }
    compare();
  }

  const Table<Policy>& table() const { return table_; }
  size_t used() const { return account_.used(); }

 private:
  Prng prng_;
  MemoryAccount account_;
  Table<Policy> table_;
  std::unordered_map<uint64_t, uint8_t> model_;
  std::vector<uint64_t> numbers_;
  uint64_t last_ = 0;
  size_t failures_ = 0;
};

TEST_CASE("an empty table owns no memory and finds nothing") {
  MemoryAccount account;
  Table<GoodPolicy> table(account);
  CHECK(table.empty());
  CHECK(account.used() == 0);
  CHECK_FALSE(table.find(good_hash(1), 1));
  table.prefetch(good_hash(1));
  table.prefetch_entry(good_hash(1));
  table.verify();
}

TEST_CASE("every size from 0 to 3000 and back is consistent") {
  Tested<GoodPolicy> tested(1);
  for (size_t n = 0; n < 3000; ++n) {
    tested.insert();
    tested.table().verify();
  }
  tested.compare();
  for (size_t n = 3000; n > 0; --n) {
    tested.erase_one();
    tested.table().verify();
  }
  CHECK(tested.used() == 0);
}

TEST_CASE("growth, churn and shrinking agree with the model") {
  for (uint64_t seed = 1; seed <= 3; ++seed) {
    Tested<GoodPolicy> tested(seed);
    tested.wave(40'000, 1'000);
    tested.wave(5'000, 10);
    tested.wave(100'000, 0);
    CHECK(tested.used() == 0);
  }
}

TEST_CASE("hashes that do not spread cost time, never an entry") {
  Tested<ConstantPolicy> constant(1);
  constant.wave(1'500, 0);
  CHECK(constant.used() == 0);
  Tested<OneSegmentPolicy> one_segment(2);
  one_segment.wave(12'000, 100);
  one_segment.wave(3'000, 0);
  CHECK(one_segment.used() == 0);
  Tested<OneHomePolicy> one_home(3);
  one_home.wave(4'000, 0);
  Tested<FewPolicy> few(4);
  few.wave(3'000, 10);
  CHECK(few.table().segments() < 1'000);
}

TEST_CASE("words may come in the order of their hashes, as from a walk over a large table") {
  // The first part of ten million, of 2^34: the top bits of all of them are the same.
  Tested<OrderedPolicy<10'000'000>> ten_millions(6);
  ten_millions.wave(120'000, 0);
  CHECK(ten_millions.used() == 0);
  MemoryAccount account;
  Table<OrderedPolicy<(uint64_t{1} << 34)>> table(account);
  for (uint64_t i = 1; i <= 40'000; ++i) {
    table.insert(ordered_hash<(uint64_t{1} << 34)>(i), payload_of_number(i), 0);
  }
  table.verify();
  CHECK(table.slots() < 80'000);
}

TEST_CASE("the load stays between bounds while a table grows") {
  Tested<GoodPolicy> tested(5);
  double lowest = 1;
  double most_bytes = 0;  // For a key.
  for (int i = 0; i < 200'000; ++i) {
    tested.insert();
    const double load =
        static_cast<double>(tested.table().size()) / static_cast<double>(tested.table().slots());
    if (i > 5'000 && load < lowest) lowest = load;
    const double bytes =
        static_cast<double>(tested.used()) / static_cast<double>(tested.table().size());
    if (i > 5'000) most_bytes = std::max(most_bytes, bytes);
  }
  CHECK(lowest > 0.65);
  CHECK(most_bytes < 15);
}

TEST_CASE("a table moves with everything in it, whatever its size") {
  for (const uint64_t n : {0u, 3u, 500u, 20'000u}) {
    MemoryAccount account;
    Table<GoodPolicy> table(account);
    for (uint64_t i = 1; i <= n; ++i)
      table.insert(good_hash(i), payload_of_number(i), 0);
    const size_t used = account.used();
    Table<GoodPolicy> other(std::move(table));
    CHECK(account.used() == used);
    CHECK(table.empty());  // NOLINT: the state after a move is part of the contract.
    table.verify();
    other.verify();
    for (uint64_t i = 1; i <= n; ++i)
      REQUIRE(other.find(good_hash(i), i));
    for (uint64_t i = 1; i <= 50; ++i)
      table.insert(good_hash(i), payload_of_number(i), 0);
    table.verify();
  }
}

TEST_CASE("a destroyed table gives all its memory back") {
  MemoryAccount account;
  {
    Table<GoodPolicy> table(account);
    for (uint64_t i = 1; i <= 30'000; ++i)
      table.insert(good_hash(i), payload_of_number(i), 0);
    CHECK(account.used() > 30'000 * 8);
  }
  CHECK(account.used() == 0);
}

}  // namespace
}  // namespace rondo
