// Taking members from the ends of sorted sets: ZPOPMIN, ZPOPMAX, ZMPOP, and what the commands that
// wait for a member do when there is one.
#pragma once

#include <cstddef>
#include <span>

#include "shard/command.h"
#include "shard/commands/sorted_set_range.h"
#include "shard/commands/sorted_set_value.h"

namespace rondo {

enum class ZsetEnd : uint8_t { kMin, kMax };

// Writes `count` members from the end on with their scores, without a header, removes them, and
// passes the door. REQUIRES: the sorted set of `key` was opened; 0 < count <= its size.
void pop_members(SortedSetEdit& zset, std::string_view key, ZsetEnd end, size_t count,
                 ScoreReply scores, Reply& reply);

// What stands before the members in the reply of ZMPOP, whose pairs are ScoreReply::kArrays.
void reply_many_popped(Reply& reply, std::string_view key, size_t count);

// The word MIN or MAX.
Error read_zset_end(std::string_view word, ZsetEnd& end);

// numkeys key [key ...] MIN|MAX [COUNT count], from argument `at` on.
struct ManyPop {
  size_t first_key = 0;  // The argument, and how many keys follow.
  size_t keys = 0;
  ZsetEnd end = ZsetEnd::kMin;
  int64_t count = 1;
};
Error parse_many_pop(Args args, size_t at, ManyPop& options);

std::span<const Command> sorted_set_pop_commands();

}  // namespace rondo
