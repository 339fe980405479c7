#include "shard/packed_score.h"

#include <cmath>
#include <limits>
#include <string>

#include "reactor/base/prng.h"
#include "tests/testing.h"

namespace rondo {
namespace {

// What is read back from a packed sorted set with this one score.
double round_trip(double score) {
  const PackedScore text(score);
  const PackedElement pair[] = {std::string_view("m"), text.text()};
  const std::string bytes = pack(Type::kZset, pair);
  CHECK(PackedView::is_sound(bytes));
  const PackedView view(bytes);
  const Item item = view.at(view.next(view.begin()));
  CHECK(PackedScore::is_sound(item));
  return PackedScore::read(item);
}

TEST_CASE("every score reads back from its packed form") {
  constexpr double kInf = std::numeric_limits<double>::infinity();
  for (const double score :
       {0.0, 1.0, -1.0, 127.0, 128.0, 0.1, -0.5, 1e15, 9007199254740993.0, 9223372036854774784.0,
        -9223372036854775808.0, 9223372036854775808.0, 1e300, 5e-324, kInf, -kInf}) {
    CAPTURE(score);
    CHECK(round_trip(score) == score);
  }
  CHECK_FALSE(std::signbit(round_trip(-0.0)));
  Prng prng(4);
  for (int i = 0; i < 100'000; ++i) {
    double score;
    const uint64_t bits = prng.next();
    std::memcpy(&score, &bits, sizeof(score));
    if (!std::isnan(score)) REQUIRE(round_trip(score) == score);
  }
  // Bytes that look like an integer's digits.
  double digits;
  std::memcpy(&digits, "12345678", sizeof(digits));
  CHECK(round_trip(digits) == digits);
}

std::string pack_pairs(std::string_view first, double low, std::string_view second, double high) {
  const PackedScore low_text(low);
  const PackedScore high_text(high);
  const PackedElement elements[] = {first, low_text.text(), second, high_text.text()};
  return pack(Type::kZset, elements);
}

TEST_CASE("a packed sorted set is sound only in its order") {
  CHECK(PackedView::is_sound(pack_pairs("b", 1, "a", 2)));
  CHECK(PackedView::is_sound(pack_pairs("a", 1, "b", 1)));
  CHECK(PackedView::is_sound(pack_pairs("10", -0.5, "9", -0.5)));
  CHECK_FALSE(PackedView::is_sound(pack_pairs("a", 2, "b", 1)));
  CHECK_FALSE(PackedView::is_sound(pack_pairs("b", 1, "a", 1)));
  CHECK_FALSE(PackedView::is_sound(pack_pairs("9", 1, "10", 1)));
  CHECK_FALSE(PackedView::is_sound(pack_pairs("a", 1, "a", 1)));
  const PackedElement no_score[] = {std::string_view("a"), std::string_view("b")};
  CHECK_FALSE(PackedView::is_sound(pack(Type::kZset, no_score)));
}

TEST_CASE("whole numbers are small, and other elements are no scores") {
  CHECK(PackedElement(PackedScore(100).text()).size(Type::kZset) == 1);
  CHECK(PackedElement(PackedScore(0.1).text()).size(Type::kZset) == 10);
  CHECK_FALSE(PackedScore::is_sound(Item::of("")));
  CHECK_FALSE(PackedScore::is_sound(Item::of("dabc")));
  CHECK_FALSE(PackedScore::is_sound(Item::of("x12345678")));
  // NaN, and a whole number in the long form.
  CHECK_FALSE(PackedScore::is_sound(Item::of("d\xff\xff\xff\xff\xff\xff\xff\xff")));
  double one = 1;
  std::string text = "d12345678";
  std::memcpy(text.data() + 1, &one, sizeof(one));
  CHECK_FALSE(PackedScore::is_sound(Item::of(text)));
}

}  // namespace
}  // namespace rondo
