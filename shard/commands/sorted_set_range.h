// What ranges of sorted sets are asked for with: "(1.5" and "+inf" for scores, "[a", "(b", "-" and
// "+" for members, ranks that may count from the end. Pure functions, with Redis's error texts.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>

#include "protocol/error.h"
#include "protocol/reply.h"
#include "shard/commands/sorted_set_value.h"

namespace rondo {

enum class RangeKind : uint8_t { kRank, kScore, kText };

struct RangeBounds {
  RangeKind kind = RangeKind::kRank;
  int64_t start = 0;  // Ranks; negative ones count from the end.
  int64_t stop = 0;
  Cut from = Cut::start();  // Of the other kinds.
  Cut to = Cut::end();
  bool reverse = false;
  int64_t offset = 0;  // LIMIT; not of ranks. A negative offset leaves nothing,
  int64_t limit = -1;  // a negative limit everything.

  // The members that are asked for. Ranks count from the end if `reverse`.
  RankRange range(const SortedSetView& zset) const;
};

// `min` and `max` as the kind wants them. They have to outlive the bounds.
Error parse_bounds(RangeKind kind, std::string_view min, std::string_view max, RangeBounds& bounds);

// How members with their scores are written.
enum class ScoreReply : uint8_t {
  kNone,    // Members only.
  kFlat,    // In turns.
  kPairs,   // In RESP3 an array for each pair, in RESP2 in turns.
  kArrays,  // An array for each pair.
};
void reply_scored_header(Reply& reply, size_t members, ScoreReply scores);
void reply_scored(Reply& reply, const Item& member, double score, ScoreReply scores);

}  // namespace rondo
