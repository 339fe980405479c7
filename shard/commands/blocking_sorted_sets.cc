#include "shard/commands/blocking_sorted_sets.h"

#include <algorithm>

#include "shard/commands/counted_keys.h"
#include "shard/commands/key_waits.h"
#include "shard/commands/sorted_set_pop.h"

namespace rondo {

namespace {

// Opens the sorted set that was found at argument `i`, which is there.
void open(SortedSetEdit& zset) {
  const Error error = zset.open();
  CHECK(!error);
  CHECK(zset.exists());
}

// BZPOPMIN key [key ...] timeout
Error pop_one(Call& call, ZsetEnd end) {
  const size_t keys = call.size() - 2;
  int64_t timeout_ms = 0;
  if (Error error = read_wait_timeout(call, call.size() - 1, timeout_ms)) return error;
  size_t found = kNoKey;
  if (Error error = find_awaited(call, Type::kZset, 1, keys, found)) return error;
  if (found == kNoKey) {
    wait_or_null(call, 1, keys, timeout_ms);
  } else if (claim(call)) {
    Keyspace& keyspace = call.keyspace_of(call[found], call.db());
    SortedSetEdit zset(keyspace, call.key(found), call.shard().limits().zset);
    open(zset);
    call.reply().array(3);
    call.reply().bulk(call[found]);
    pop_members(zset, call[found], end, 1, ScoreReply::kFlat, call.reply());
  }
  return {};
}

Error bzpopmin(Call& call) {
  return pop_one(call, ZsetEnd::kMin);
}

Error bzpopmax(Call& call) {
  return pop_one(call, ZsetEnd::kMax);
}

// BZMPOP timeout numkeys key [key ...] MIN|MAX [COUNT count]
Error bzmpop(Call& call) {
  ManyPop options;
  if (Error error = parse_many_pop(call.args(), 2, options)) return error;
  int64_t timeout_ms = 0;
  if (Error error = read_wait_timeout(call, 1, timeout_ms)) return error;
  size_t found = kNoKey;
  if (Error error = find_awaited(call, Type::kZset, options.first_key, options.keys, found)) {
    return error;
  }
  if (found == kNoKey) {
    wait_or_null(call, options.first_key, options.keys, timeout_ms);
  } else if (claim(call)) {
    Keyspace& keyspace = call.keyspace_of(call[found], call.db());
    SortedSetEdit zset(keyspace, call.key(found), call.shard().limits().zset);
    open(zset);
    const size_t count =
        std::min<uint64_t>(static_cast<uint64_t>(options.count), zset.view().size());
    reply_many_popped(call.reply(), call[found], count);
    pop_members(zset, call[found], options.end, count, ScoreReply::kArrays, call.reply());
  }
  return {};
}

constexpr Command kRows[] = {
    {.name = "bzpopmin",
     .arity = -3,
     .flags = kWrite | kFast | kBlocking,
     .acl = kAclSortedSet,
     .keys = {1, -2, 1},
     .key_use = {"RW access delete"},
     .route = Route::kCoordinated,
     .run = bzpopmin,
     .group = "sorted-set",
     .since = "5.0.0",
     .summary = "Takes the member with the lowest score of the first sorted set that is there, and "
                "waits for one.",
     .complexity = "O(log(N)), N members of the sorted set",
     .syntax = "key... timeout:double"},
    {.name = "bzpopmax",
     .arity = -3,
     .flags = kWrite | kFast | kBlocking,
     .acl = kAclSortedSet,
     .keys = {1, -2, 1},
     .key_use = {"RW access delete"},
     .route = Route::kCoordinated,
     .run = bzpopmax,
     .group = "sorted-set",
     .since = "5.0.0",
     .summary = "Takes the member with the highest score of the first sorted set that is there, "
                "and waits for one.",
     .complexity = "O(log(N)), N members of the sorted set",
     .syntax = "key... timeout:double"},
    {.name = "bzmpop",
     .arity = -5,
     .flags = kWrite | kBlocking | kMovableKeys,
     .acl = kAclSortedSet,
     .key_use = {"RW access delete"},
     .find_keys = counted_keys_behind_timeout,
     .route = Route::kCoordinated,
     .run = bzmpop,
     .group = "sorted-set",
     .since = "7.0.0",
     .summary = "Takes members at an end of the first sorted set that is there, and waits for one.",
     .complexity = "O(K) + O(log(N)) for each member, K keys, N members of the sorted set",
     .syntax = "timeout:double numkeys:integer key... where(MIN | MAX) [COUNT count:integer]"},
};

}  // namespace

std::span<const Command> blocking_sorted_set_commands() {
  return kRows;
}

}  // namespace rondo
