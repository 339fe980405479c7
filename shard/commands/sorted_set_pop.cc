#include "shard/commands/sorted_set_pop.h"

#include <algorithm>

#include "protocol/errors.h"
#include "protocol/number.h"
#include "shard/commands/arguments.h"
#include "shard/commands/counted_keys.h"

namespace rondo {

namespace {

constexpr Event kZpopmin{"zpopmin", 'z'};
constexpr Event kZpopmax{"zpopmax", 'z'};

Error pop(Call& call, ZsetEnd end) {
  if (call.size() > 3) return errors::kSyntax;
  int64_t wanted = 1;
  const bool counted = call.size() == 3;
  if (counted) {
    constexpr const char* kNotPositive = "ERR value is out of range, must be positive";
    if (read_integer(call[2], wanted) || wanted < 0) return kNotPositive;
  }
  SortedSetEdit zset(call);
  if (Error error = zset.open()) return error;
  const size_t count = std::min<uint64_t>(static_cast<uint64_t>(wanted), zset.view().size());
  // Without a count there is one pair at most, and no array around it.
  const ScoreReply scores = counted ? ScoreReply::kPairs : ScoreReply::kFlat;
  reply_scored_header(call.reply(), count, scores);
  if (count > 0) pop_members(zset, call[1], end, count, scores, call.reply());
  return {};
}

Error zpopmin(Call& call) {
  return pop(call, ZsetEnd::kMin);
}

Error zpopmax(Call& call) {
  return pop(call, ZsetEnd::kMax);
}

// A positive number, or `error`.
Error read_positive(std::string_view argument, const char* error, int64_t& value) {
  if (read_integer(argument, value) || value < 1) return error;
  return {};
}

Error zmpop(Call& call) {
  ManyPop options;
  if (Error error = parse_many_pop(call.args(), 1, options)) return error;
  Reply& reply = call.reply();
  for (size_t i = 2; i < 2 + options.keys; ++i) {
    Keyspace& keyspace = call.keyspace_of(call[i], call.db());
    SortedSetEdit zset(keyspace, call.key(i), call.shard().limits().zset);
    if (Error error = zset.open()) return error;
    if (!zset.exists()) continue;
    const size_t count =
        std::min<uint64_t>(static_cast<uint64_t>(options.count), zset.view().size());
    reply_many_popped(reply, call[i], count);
    pop_members(zset, call[i], options.end, count, ScoreReply::kArrays, reply);
    return {};
  }
  reply.null_array();
  return {};
}

const Command kRows[] = {
    {.name = "zpopmin",
     .arity = -2,
     .flags = kWrite | kFast,
     .acl = kAclSortedSet,
     .keys = {1, 1, 1},
     .key_use = {"RW access delete"},
     .route = Route::kKey,
     .run = zpopmin,
     .group = "sorted-set",
     .since = "5.0.0",
     .summary = "Removes and returns the members with the lowest scores.",
     .complexity = "O(log(N)) for each member, N members of the sorted set",
     .syntax = "key [count:integer]"},
    {.name = "zpopmax",
     .arity = -2,
     .flags = kWrite | kFast,
     .acl = kAclSortedSet,
     .keys = {1, 1, 1},
     .key_use = {"RW access delete"},
     .route = Route::kKey,
     .run = zpopmax,
     .group = "sorted-set",
     .since = "5.0.0",
     .summary = "Removes and returns the members with the highest scores.",
     .complexity = "O(log(N)) for each member, N members of the sorted set",
     .syntax = "key [count:integer]"},
    {.name = "zmpop",
     .arity = -4,
     .flags = kWrite | kMovableKeys,
     .acl = kAclSortedSet,
     .key_use = {"RW access delete"},
     .find_keys = counted_keys,
     .route = Route::kCoordinated,
     .run = zmpop,
     .group = "sorted-set",
     .since = "7.0.0",
     .summary = "Removes and returns members at an end of the first sorted set that has any.",
     .complexity = "O(K) + O(log(N)) for each member, K keys, N members of the sorted set",
     .syntax = "numkeys:integer key... where(MIN | MAX) [COUNT count:integer]"},
};

}  // namespace

void pop_members(SortedSetEdit& zset, std::string_view key, ZsetEnd end, size_t count,
                 ScoreReply scores, Reply& reply) {
  const SortedSetView view = zset.view();
  const bool from_low = end == ZsetEnd::kMin;
  const RankRange range{from_low ? 0 : view.size() - count, count};
  const auto write = [&](const Item& member, double score) {
    reply_scored(reply, member, score, scores);
  };
  if (from_low) {
    view.visit(range, write);
  } else {
    view.visit_back(range, write);
  }
  zset.erase_range(range);
  char digits[kIntegerBytesMax];
  const std::string_view change[] = {from_low ? "ZPOPMIN" : "ZPOPMAX",
                                     key,
                                     {digits, format_integer(static_cast<int64_t>(count), digits)}};
  zset.finish(change, from_low ? kZpopmin : kZpopmax);
}

void reply_many_popped(Reply& reply, std::string_view key, size_t count) {
  reply.array(2);
  reply.bulk(key);
  reply.array(count);
}

Error read_zset_end(std::string_view word, ZsetEnd& end) {
  if (is_word(word, "min")) {
    end = ZsetEnd::kMin;
  } else if (is_word(word, "max")) {
    end = ZsetEnd::kMax;
  } else {
    return errors::kSyntax;
  }
  return {};
}

Error parse_many_pop(Args args, size_t at, ManyPop& options) {
  int64_t keys = 0;
  if (Error error = read_positive(args[at], "ERR numkeys should be greater than 0", keys)) {
    return error;
  }
  if (static_cast<uint64_t>(keys) >= args.size() - at - 1) return errors::kSyntax;
  options.first_key = at + 1;
  options.keys = static_cast<size_t>(keys);
  size_t i = options.first_key + options.keys;
  if (Error error = read_zset_end(args[i++], options.end)) return error;
  bool counted = false;
  for (; i < args.size(); i += 2) {
    if (counted || !is_word(args[i], "count") || i + 1 == args.size()) return errors::kSyntax;
    constexpr const char* kNotPositive = "ERR count should be greater than 0";
    if (Error error = read_positive(args[i + 1], kNotPositive, options.count)) return error;
    counted = true;
  }
  return {};
}

std::span<const Command> sorted_set_pop_commands() {
  return kRows;
}

}  // namespace rondo
