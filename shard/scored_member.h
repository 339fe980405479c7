// ScoredMember: one member of a large sorted set with its score, in one block that the set's index
// and its tree both point to.
//
//   block   [ score 8 ][ length 1, 3 or 5 ][ bytes of the member ]
//
// A length below 254 takes one byte, else a mark and two or four bytes. So a member of up to 15
// bytes has a block of 24. Blocks are aligned to 8 bytes and owned by a MemberPool; touched only by
// the thread that executes for the shard. A score is never NaN.
//
// The order of a sorted set is that of the scores, and of the bytes (a prefix first) where scores
// are equal.
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <string_view>

#include "reactor/base/check.h"

namespace rondo {

class ScoredMember {
 public:
  // Bytes of the block for a member of `length` bytes.
  static size_t block_bytes(size_t length) {
    return sizeof(double) + (length < kMark16 ? 1 : length <= UINT16_MAX ? 3 : 5) + length;
  }
  // Makes a member of the block, which has block_bytes(text.size()).
  static ScoredMember* write(void* block, double score, std::string_view text) {
    auto* member = static_cast<ScoredMember*>(block);
    member->score_ = score;
    char* at = static_cast<char*>(block) + sizeof(double);
    at = write_length(at, text.size());
    if (!text.empty()) std::memcpy(at, text.data(), text.size());
    return member;
  }

  double score() const { return score_; }
  void set_score(double score) { score_ = score; }
  std::string_view text() const {
    const char* at = reinterpret_cast<const char*>(this) + sizeof(double);
    const auto first = static_cast<uint8_t>(*at++);
    if (first < kMark16) [[likely]]
      return {at, first};
    uint32_t length = 0;
    const size_t bytes = first == kMark16 ? 2 : 4;
    std::memcpy(&length, at, bytes);
    return {at + bytes, length};
  }
  size_t block_bytes() const { return block_bytes(text().size()); }

  // Whether this one stands before a member with that score and text.
  bool is_before(double score, std::string_view other) const {
    return score_ < score || (score_ == score && text() < other);
  }

 private:
  static constexpr uint8_t kMark16 = 254;
  static constexpr uint8_t kMark32 = 255;

  static char* write_length(char* at, size_t length) {
    CHECK(length <= UINT32_MAX);
    if (length < kMark16) {
      *at = static_cast<char>(length);
      return at + 1;
    }
    const bool wide = length > UINT16_MAX;
    *at = static_cast<char>(wide ? kMark32 : kMark16);
    std::memcpy(at + 1, &length, wide ? 4 : 2);  // The low bytes stand first.
    return at + (wide ? 5 : 3);
  }

  double score_;
};
static_assert(sizeof(ScoredMember) == 8);

}  // namespace rondo
