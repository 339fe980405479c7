#include "shard/packed_integers.h"

#include <limits>
#include <set>
#include <string>
#include <vector>

#include "reactor/base/prng.h"
#include "tests/testing.h"

namespace rondo {
namespace {

std::string pack_set(const std::set<int64_t>& integers) {
  return pack_integers({integers.begin(), integers.end()});
}

void check_equal(const std::string& bytes, const std::set<int64_t>& model) {
  REQUIRE(PackedView::is_sound(bytes));
  const PackedIntegers integers(bytes);
  REQUIRE(integers.count() == model.size());
  size_t index = 0;
  for (const int64_t value : model) {
    CHECK(integers.at(index) == value);
    CHECK(integers.lower_bound(value) == index);
    CHECK(integers.contains(value));
    ++index;
  }
}

TEST_CASE("sets of integers are as wide as the widest one") {
  CHECK(pack_set({1, 2, 3}).size() == 3 + 3 * 2);
  CHECK(pack_set({-32768, 32767}).size() == 3 + 2 * 2);
  CHECK(pack_set({1, 32768}).size() == 3 + 2 * 4);
  CHECK(pack_set({-32769, 1}).size() == 3 + 2 * 4);
  CHECK(pack_set({-2147483648, 2147483647}).size() == 3 + 2 * 4);
  CHECK(pack_set({0, 2147483648}).size() == 3 + 2 * 8);
  CHECK(
      pack_set({std::numeric_limits<int64_t>::min(), std::numeric_limits<int64_t>::max()}).size() ==
      3 + 2 * 8);
  CHECK(std::string(PackedView(pack_set({1})).encoding()) == "intset");
}

TEST_CASE("a search finds what a set has, and where the rest would be") {
  Prng prng(3);
  for (const int shift : {50, 40, 20, 0}) {
    for (size_t size = 1; size < 70; ++size) {
      std::set<int64_t> model;
      while (model.size() < size)
        model.insert(static_cast<int64_t>(prng.next()) >> shift);
      const std::string bytes = pack_set(model);
      check_equal(bytes, model);
      const PackedIntegers integers(bytes);
      for (int i = 0; i < 100; ++i) {
        const int64_t value = static_cast<int64_t>(prng.next()) >> shift;
        const auto after = model.lower_bound(value);
        CHECK(integers.lower_bound(value) ==
              static_cast<size_t>(std::distance(model.begin(), after)));
        CHECK(integers.contains(value) == model.contains(value));
      }
    }
  }
}

TEST_CASE("integers are widened where they are, with or without room in front") {
  const std::set<int64_t> model = {-7, 0, 5, 300};
  for (const size_t wider : {size_t{4}, size_t{8}}) {
    for (const size_t skip : {size_t{0}, size_t{1}}) {
      std::string bytes = pack_set(model);
      bytes.resize(PackedView::kHeaderBytes + 5 * wider);
      PackedIntegers::widen(bytes.data(), 4, 2, wider, skip);
      const int64_t extreme = wider == 4 ? 70'000 : 7'000'000'000;
      const int64_t added = skip == 1 ? -extreme : extreme;
      const size_t at = PackedView::kHeaderBytes + (skip == 1 ? 0 : 4 * wider);
      PackedIntegers::write(bytes.data() + at, wider, added);
      PackedView::set_count(bytes.data(), 5);
      std::set<int64_t> expected = model;
      expected.insert(added);
      check_equal(bytes, expected);
    }
  }
}

TEST_CASE("bytes that are no set of integers are told") {
  const std::string sound = pack_set({1, 2, 3});
  CHECK(PackedIntegers::is_sound(sound));
  CHECK_FALSE(PackedIntegers::is_sound(""));
  CHECK_FALSE(PackedIntegers::is_sound(sound.substr(0, 2)));
  CHECK_FALSE(PackedView::is_sound(sound.substr(0, 3)));
  CHECK_FALSE(PackedView::is_sound(sound.substr(0, 8)));
  CHECK_FALSE(PackedView::is_sound(sound + "x"));
  std::string other = sound;
  std::swap(other[3], other[5]);  // 2, 1, 3.
  CHECK_FALSE(PackedView::is_sound(other));
  other = sound;
  other[5] = other[3];  // 1, 1, 3.
  CHECK_FALSE(PackedView::is_sound(other));
  other = sound;
  PackedView::write_header(other.data(), Type::kHash, PackedForm::kIntegers, 3);
  CHECK_FALSE(PackedView::is_sound(other));
  other = sound;
  PackedView::write_header(other.data(), Type::kSet, static_cast<PackedForm>(15), 3);
  CHECK_FALSE(PackedView::is_sound(other));
  other = sound;
  PackedView::set_count(other.data(), 0);
  CHECK_FALSE(PackedView::is_sound(other));
}

}  // namespace
}  // namespace rondo
