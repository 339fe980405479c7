#include "shard/commands/sorted_set_counts.h"

#include "shard/commands/sorted_set_range.h"
#include "shard/commands/sorted_set_value.h"

namespace rondo {

namespace {

constexpr Event kZremrangebyrank{"zremrangebyrank", 'z'};
constexpr Event kZremrangebyscore{"zremrangebyscore", 'z'};
constexpr Event kZremrangebylex{"zremrangebylex", 'z'};

Error count(Call& call, RangeKind kind) {
  RangeBounds bounds;
  if (Error error = parse_bounds(kind, call[2], call[3], bounds)) return error;
  Entry entry;
  if (Error error = find_collection(call, 1, Type::kZset, entry)) return error;
  call.reply().integer(static_cast<int64_t>(bounds.range(SortedSetView(entry)).count));
  return {};
}

Error zcount(Call& call) {
  return count(call, RangeKind::kScore);
}

Error zlexcount(Call& call) {
  return count(call, RangeKind::kText);
}

Error remove_range(Call& call, RangeKind kind, Event event) {
  RangeBounds bounds;
  if (Error error = parse_bounds(kind, call[2], call[3], bounds)) return error;
  SortedSetEdit zset(call);
  if (Error error = zset.open()) return error;
  const RankRange range = bounds.range(zset.view());
  if (range.count > 0) {
    zset.erase_range(range);
    zset.finish(call.args(), event);
  }
  call.reply().integer(static_cast<int64_t>(range.count));
  return {};
}

Error zremrangebyrank(Call& call) {
  return remove_range(call, RangeKind::kRank, kZremrangebyrank);
}

Error zremrangebyscore(Call& call) {
  return remove_range(call, RangeKind::kScore, kZremrangebyscore);
}

Error zremrangebylex(Call& call) {
  return remove_range(call, RangeKind::kText, kZremrangebylex);
}

const Command kRows[] = {
    {.name = "zcount",
     .arity = 4,
     .flags = kReadonly | kFast,
     .acl = kAclSortedSet,
     .keys = {1, 1, 1},
     .key_use = {"RO access"},
     .route = Route::kKey,
     .run = zcount,
     .group = "sorted-set",
     .since = "2.0.0",
     .summary = "Tells how many members have a score in a range.",
     .complexity = "O(log(N)), N members of the sorted set",
     .syntax = "key min:double max:double"},
    {.name = "zlexcount",
     .arity = 4,
     .flags = kReadonly | kFast,
     .acl = kAclSortedSet,
     .keys = {1, 1, 1},
     .key_use = {"RO access"},
     .route = Route::kKey,
     .run = zlexcount,
     .group = "sorted-set",
     .since = "2.8.9",
     .summary = "Tells how many members are in a range of members.",
     .complexity = "O(log(N)), N members of the sorted set",
     .syntax = "key min max"},
    {.name = "zremrangebyrank",
     .arity = 4,
     .flags = kWrite,
     .acl = kAclSortedSet,
     .keys = {1, 1, 1},
     .key_use = {"RW delete"},
     .route = Route::kKey,
     .run = zremrangebyrank,
     .group = "sorted-set",
     .since = "2.0.0",
     .summary = "Removes the members in a range of ranks.",
     .complexity = "O(M*log(N)), N members of the sorted set, M that are removed",
     .syntax = "key start:integer stop:integer"},
    {.name = "zremrangebyscore",
     .arity = 4,
     .flags = kWrite,
     .acl = kAclSortedSet,
     .keys = {1, 1, 1},
     .key_use = {"RW delete"},
     .route = Route::kKey,
     .run = zremrangebyscore,
     .group = "sorted-set",
     .since = "1.2.0",
     .summary = "Removes the members with a score in a range.",
     .complexity = "O(M*log(N)), N members of the sorted set, M that are removed",
     .syntax = "key min:double max:double"},
    {.name = "zremrangebylex",
     .arity = 4,
     .flags = kWrite,
     .acl = kAclSortedSet,
     .keys = {1, 1, 1},
     .key_use = {"RW delete"},
     .route = Route::kKey,
     .run = zremrangebylex,
     .group = "sorted-set",
     .since = "2.8.9",
     .summary = "Removes the members in a range of members.",
     .complexity = "O(M*log(N)), N members of the sorted set, M that are removed",
     .syntax = "key min max"},
};

}  // namespace

std::span<const Command> sorted_set_count_commands() {
  return kRows;
}

}  // namespace rondo
