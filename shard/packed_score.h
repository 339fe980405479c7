// Scores in packed sorted sets (shard/packed.h). A sorted set has a member and its score in turns,
// in their order. A whole number is an integer element, so -0 becomes 0, as in Redis. Any other
// score is a string of nine bytes:
//
//   [ 'd' ][ the bits of the double 8, little-endian ]
//
// The letter keeps it from looking like an integer, which would be stored as one. Pure functions;
// any thread.
#pragma once

#include <cmath>
#include <cstdint>
#include <cstring>
#include <string>
#include <string_view>
#include <utility>

#include "protocol/number.h"
#include "shard/packed.h"

namespace rondo {

// The text to make a PackedElement of.
class PackedScore {
 public:
  explicit PackedScore(double score) {
    constexpr double kTwoTo63 = 9223372036854775808.0;
    if (score >= -kTwoTo63 && score < kTwoTo63 && score == std::trunc(score)) {
      size_ = format_integer(static_cast<int64_t>(score), bytes_);
      return;
    }
    bytes_[0] = kMark;
    std::memcpy(bytes_ + 1, &score, sizeof(score));
    size_ = kRealBytes;
  }

  std::string_view text() const { return {bytes_, size_}; }

  static double read(const Item& item) {
    if (item.is_integer()) return static_cast<double>(item.number);
    double score;
    std::memcpy(&score, item.bytes + 1, sizeof(score));
    return score;
  }
  // Whether the item is the score in the form that is written here.
  static bool is_sound(const Item& item) {
    if (!item.is_integer() && (item.size != kRealBytes || item.bytes[0] != kMark)) return false;
    const double score = read(item);
    if (std::isnan(score)) return false;
    char scratch[24];
    return PackedScore(score).text() == item.text(scratch);
  }
  // Whether every other element is a score, and the pairs are in the order of a sorted set.
  // REQUIRES: the elements are sound, and an even number.
  static bool are_in_order(const PackedView& elements) {
    double last_score = 0;
    std::string last;
    for (size_t at = elements.begin(); at < elements.end();) {
      const size_t score_at = elements.next(at);
      if (!is_sound(elements.at(score_at))) return false;
      const double score = read(elements.at(score_at));
      std::string member = elements.at(at).to_string();
      const bool is_first = at == elements.begin();
      if (!is_first && (score < last_score || (score == last_score && member <= last)))
        return false;
      last_score = score;
      last = std::move(member);
      at = elements.next(score_at);
    }
    return true;
  }

 private:
  static constexpr char kMark = 'd';
  static constexpr size_t kRealBytes = 1 + sizeof(double);

  char bytes_[kIntegerBytesMax];
  size_t size_;
};

}  // namespace rondo
