#include "shard/commands/sorted_set_ranges.h"

#include <vector>

#include "protocol/errors.h"
#include "shard/commands/arguments.h"
#include "shard/commands/sorted_set_builder.h"
#include "shard/commands/sorted_set_range.h"
#include "shard/commands/sorted_set_value.h"

namespace rondo {

namespace {

constexpr Event kZrangestore{"zrangestore", 'z'};

// What a command of the family says by its name, and what its options may add.
struct RangeOptions {
  bool any = false;  // ZRANGE and ZRANGESTORE: kind and direction are options.
  bool may_score = true;
  RangeKind kind = RangeKind::kRank;
  bool reverse = false;
  bool with_scores = false;
  int64_t offset = 0;
  int64_t limit = -1;
};

Error parse_range_options(Args args, size_t first, RangeOptions& options) {
  bool chosen = !options.any;
  for (size_t i = first; i < args.size(); ++i) {
    if (options.may_score && is_word(args[i], "withscores")) {
      options.with_scores = true;
    } else if (is_word(args[i], "limit") && i + 2 < args.size()) {
      if (Error error = read_integer(args[i + 1], options.offset)) return error;
      if (Error error = read_integer(args[i + 2], options.limit)) return error;
      i += 2;
    } else if (options.any && !options.reverse && is_word(args[i], "rev")) {
      options.reverse = true;
    } else if (!chosen && is_word(args[i], "byscore")) {
      options.kind = RangeKind::kScore;
      chosen = true;
    } else if (!chosen && is_word(args[i], "bylex")) {
      options.kind = RangeKind::kText;
      chosen = true;
    } else {
      return errors::kSyntax;
    }
  }
  if (options.limit != -1 && options.kind == RangeKind::kRank) {
    return "ERR syntax error, LIMIT is only supported in combination with either BYSCORE or BYLEX";
  }
  if (options.with_scores && options.kind == RangeKind::kText) {
    return "ERR syntax error, WITHSCORES not supported in combination with BYLEX";
  }
  return {};
}

// Arguments `first` and the next one are the bounds, behind them stand options.
Error parse_range(Args args, size_t first, RangeOptions& options, RangeBounds& bounds) {
  if (Error error = parse_range_options(args, first + 2, options)) return error;
  bounds.reverse = options.reverse;
  bounds.offset = options.offset;
  bounds.limit = options.limit;
  // From the highest to the lowest, the larger bound is named first.
  const bool swapped = options.reverse && options.kind != RangeKind::kRank;
  return parse_bounds(options.kind, args[swapped ? first + 1 : first],
                      args[swapped ? first : first + 1], bounds);
}

// Calls visit(member, score) for the range in the direction that is asked for.
template <class Visit>
void visit_range(const SortedSetView& zset, const RankRange& range, bool reverse, Visit&& visit) {
  if (reverse) {
    zset.visit_back(range, visit);
  } else {
    zset.visit(range, visit);
  }
}

Error reply_range(Call& call, RangeOptions options) {
  RangeBounds bounds;
  if (Error error = parse_range(call.args(), 2, options, bounds)) return error;
  Entry entry;
  if (Error error = find_collection(call, 1, Type::kZset, entry)) return error;
  const SortedSetView zset(entry);
  const RankRange range = bounds.range(zset);
  const ScoreReply scores = options.with_scores ? ScoreReply::kPairs : ScoreReply::kNone;
  reply_scored_header(call.reply(), range.count, scores);
  visit_range(zset, range, options.reverse, [&](const Item& member, double score) {
    reply_scored(call.reply(), member, score, scores);
  });
  return {};
}

Error zrange(Call& call) {
  return reply_range(call, {.any = true});
}

Error zrevrange(Call& call) {
  return reply_range(call, {.reverse = true});
}

Error zrangebyscore(Call& call) {
  return reply_range(call, {.kind = RangeKind::kScore});
}

Error zrevrangebyscore(Call& call) {
  return reply_range(call, {.kind = RangeKind::kScore, .reverse = true});
}

Error zrangebylex(Call& call) {
  return reply_range(call, {.kind = RangeKind::kText});
}

Error zrevrangebylex(Call& call) {
  return reply_range(call, {.kind = RangeKind::kText, .reverse = true});
}

Error zrangestore(Call& call) {
  RangeOptions options{.any = true, .may_score = false};
  RangeBounds bounds;
  if (Error error = parse_range(call.args(), 3, options, bounds)) return error;
  const Entry entry = call.keyspace_of(call[2], call.db()).find(call.key(2));
  if (entry && entry.type() != Type::kZset) return errors::kWrongType;
  const SortedSetView zset(entry);
  std::vector<ScoredText> members;
  zset.visit(bounds.range(zset), [&](const Item& member, double score) {
    members.push_back({member.to_string(), score});
  });
  store_sorted_set(call, call.key(1), members, kZrangestore);
  call.reply().integer(static_cast<int64_t>(members.size()));
  return {};
}

const Command kRows[] = {
    {.name = "zrange",
     .arity = -4,
     .flags = kReadonly,
     .acl = kAclSortedSet,
     .keys = {1, 1, 1},
     .key_use = {"RO access"},
     .route = Route::kKey,
     .run = zrange,
     .group = "sorted-set",
     .since = "1.2.0",
     .summary = "Returns members in a range of ranks, scores or members.",
     .complexity = "O(log(N) + M), N members of the sorted set, M that are returned",
     .syntax = "key start stop [sortby(BYSCORE | BYLEX)@6.2.0] [REV@6.2.0] "
               "[LIMIT limit(offset:integer count:integer)@6.2.0] [WITHSCORES]"},
    {.name = "zrevrange",
     .arity = -4,
     .flags = kReadonly,
     .acl = kAclSortedSet,
     .keys = {1, 1, 1},
     .key_use = {"RO access"},
     .route = Route::kKey,
     .run = zrevrange,
     .group = "sorted-set",
     .since = "1.2.0",
     .summary = "Returns members in a range of ranks, the highest first.",
     .complexity = "O(log(N) + M), N members of the sorted set, M that are returned",
     .syntax = "key start:integer stop:integer [WITHSCORES]",
     .deprecated_since = "6.2.0",
     .replaced_by = "`ZRANGE` with `REV`"},
    {.name = "zrangebyscore",
     .arity = -4,
     .flags = kReadonly,
     .acl = kAclSortedSet,
     .keys = {1, 1, 1},
     .key_use = {"RO access"},
     .route = Route::kKey,
     .run = zrangebyscore,
     .group = "sorted-set",
     .since = "1.0.5",
     .summary = "Returns members in a range of scores.",
     .complexity = "O(log(N) + M), N members of the sorted set, M that are returned",
     .syntax = "key min:double max:double "
               "[WITHSCORES@2.0.0] [LIMIT limit(offset:integer count:integer)]",
     .deprecated_since = "6.2.0",
     .replaced_by = "`ZRANGE` with `BYSCORE`"},
    {.name = "zrevrangebyscore",
     .arity = -4,
     .flags = kReadonly,
     .acl = kAclSortedSet,
     .keys = {1, 1, 1},
     .key_use = {"RO access"},
     .route = Route::kKey,
     .run = zrevrangebyscore,
     .group = "sorted-set",
     .since = "2.2.0",
     .summary = "Returns members in a range of scores, the highest first.",
     .complexity = "O(log(N) + M), N members of the sorted set, M that are returned",
     .syntax = "key max:double min:double "
               "[WITHSCORES] [LIMIT limit(offset:integer count:integer)]",
     .deprecated_since = "6.2.0",
     .replaced_by = "`ZRANGE` with `REV` and `BYSCORE`"},
    {.name = "zrangebylex",
     .arity = -4,
     .flags = kReadonly,
     .acl = kAclSortedSet,
     .keys = {1, 1, 1},
     .key_use = {"RO access"},
     .route = Route::kKey,
     .run = zrangebylex,
     .group = "sorted-set",
     .since = "2.8.9",
     .summary = "Returns members in a range of members.",
     .complexity = "O(log(N) + M), N members of the sorted set, M that are returned",
     .syntax = "key min max [LIMIT limit(offset:integer count:integer)]",
     .deprecated_since = "6.2.0",
     .replaced_by = "`ZRANGE` with `BYLEX`"},
    {.name = "zrevrangebylex",
     .arity = -4,
     .flags = kReadonly,
     .acl = kAclSortedSet,
     .keys = {1, 1, 1},
     .key_use = {"RO access"},
     .route = Route::kKey,
     .run = zrevrangebylex,
     .group = "sorted-set",
     .since = "2.8.9",
     .summary = "Returns members in a range of members, the last one first.",
     .complexity = "O(log(N) + M), N members of the sorted set, M that are returned",
     .syntax = "key max min [LIMIT limit(offset:integer count:integer)]",
     .deprecated_since = "6.2.0",
     .replaced_by = "`ZRANGE` with `REV` and `BYLEX`"},
    {.name = "zrangestore",
     .arity = -5,
     .flags = kWrite | kDenyOom,
     .acl = kAclSortedSet,
     .keys = {1, 2, 1},
     .key_use = {"OW update|RO access"},
     .route = Route::kCoordinated,
     .run = zrangestore,
     .group = "sorted-set",
     .since = "6.2.0",
     .summary = "Stores members in a range of ranks, scores or members.",
     .complexity = "O(log(N) + M), N members of the sorted set, M that are stored",
     .syntax = "dst:key src:key#1 min max "
               "[sortby(BYSCORE | BYLEX)] [REV] [LIMIT limit(offset:integer count:integer)]"},
};

}  // namespace

std::span<const Command> sorted_set_range_commands() {
  return kRows;
}

}  // namespace rondo
