#include "shard/segment.h"

#include <algorithm>
#include <set>
#include <vector>

#include "reactor/base/prng.h"
#include "tests/testing.h"

namespace rondo {
namespace {

TEST_CASE("a bucket finds fingerprints among its words") {
  Bucket bucket{};
  bucket.words[0] = make_word(7, 0x100);
  bucket.words[1] = make_word(9, 0x110);
  bucket.words[2] = make_word(7, 0x120);
  CHECK(bucket.match(7) == 0b101);
  CHECK(bucket.match(9) == 0b010);
  CHECK(bucket.match(8) == 0);
  CHECK(bucket.count() == 3);
  CHECK_FALSE(bucket.full());
  // The stamps, which follow the words, are never taken for a word.
  std::fill(std::begin(bucket.stamps), std::end(bucket.stamps), uint8_t{0});
  CHECK((bucket.match(0) & ~0x7fu) == 0);
  for (uint32_t i = 0; i < Bucket::kWords; ++i)
    bucket.words[i] = make_word(0xffff, 0x10 * (i + 1));
  std::fill(std::begin(bucket.stamps), std::end(bucket.stamps), uint8_t{0xff});
  CHECK(bucket.match(0xffff) == 0x7f);
  CHECK(bucket.full());
}

TEST_CASE("homes keep the order of fingerprints and cover all buckets") {
  for (const uint32_t n : {1u, 2u, 64u, 80u, 112u, 128u, 8192u}) {
    const Segment segment(nullptr, n);
    for (uint32_t b = 0; b < n; ++b) {
      const uint32_t first = segment.first_fingerprint(b);
      REQUIRE(segment.home(static_cast<uint16_t>(first)) == b);
      if (first > 0) REQUIRE(segment.home(static_cast<uint16_t>(first - 1)) == b - 1);
    }
    CHECK(segment.first_fingerprint(n) == 65536);
  }
}

// Inserts and removes at random up to the load that tables allow, with fingerprints below `bound`.
void churn(uint32_t n, uint32_t bound, uint64_t seed) {
  std::vector<Bucket> buckets(n);
  const Segment segment(buckets.data(), n);
  std::multiset<uint64_t> model;
  Prng prng(seed);
  uint64_t payload = 0;
  for (int round = 0; round < 4000; ++round) {
    const bool grow = model.size() < n && (round / 500) % 2 == 0;
    if (model.empty() || (model.size() < n * 6 && (grow || prng.one_in(2)))) {
      payload += 16;
      const uint64_t word = make_word(static_cast<uint16_t>(prng.below(bound)), payload);
      const auto stamp = static_cast<uint8_t>(payload >> 4);
      const Place place = segment.insert(word, stamp);
      REQUIRE(place.word() == word);
      model.insert(word);
    } else {
      auto victim = model.begin();
      std::advance(victim, static_cast<long>(prng.below(std::min<size_t>(model.size(), 20))));
      const uint64_t word = *victim;
      model.erase(victim);
      Place found;
      segment.visit_all([&](Place place) {
        if (place.word() == word) found = place;
      });
      REQUIRE(found);
      segment.remove(found);
    }
    if (round % 16 == 0) {
      REQUIRE(segment.verify() == model.size());
      std::multiset<uint64_t> seen;
      for (uint32_t b = 0; b < n; ++b) {
        segment.visit_home(b, 0, [&](Place place) { seen.insert(place.word()); });
      }
      REQUIRE(seen == model);
      segment.visit_all([&](Place place) {
        REQUIRE(place.stamp() == static_cast<uint8_t>(payload_of(place.word()) >> 4));
      });
    }
  }
}

TEST_CASE("random insertions and removals keep every word reachable") {
  churn(1, 65536, 1);
  churn(2, 65536, 2);
  churn(16, 65536, 3);
  churn(80, 65536, 4);
}

TEST_CASE("the same when fingerprints crowd in few homes or around the end") {
  churn(8, 1, 5);
  churn(16, 9000, 6);
  churn(3, 30000, 7);
}

TEST_CASE("words move to another size with their stamps") {
  std::vector<Bucket> small(4);
  std::vector<Bucket> large(16);
  const Segment from(small.data(), 4);
  const Segment to(large.data(), 16);
  Prng prng(8);
  for (uint32_t i = 1; i <= 24; ++i) {
    from.insert(make_word(static_cast<uint16_t>(prng.next()), i * 16), static_cast<uint8_t>(i));
  }
  to.insert_all(from);
  CHECK(to.verify() == 24);
  to.visit_all([](Place place) { CHECK(payload_of(place.word()) == place.stamp() * 16u); });
}

}  // namespace
}  // namespace rondo
