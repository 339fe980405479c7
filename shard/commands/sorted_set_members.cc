#include "shard/commands/sorted_set_members.h"

#include <cmath>
#include <optional>
#include <vector>

#include "protocol/errors.h"
#include "protocol/number.h"
#include "shard/commands/arguments.h"
#include "shard/commands/sorted_set_value.h"

namespace rondo {

namespace {

constexpr Event kZadd{"zadd", 'z'};
constexpr Event kZincr{"zincr", 'z'};
constexpr Event kZrem{"zrem", 'z'};

// For the commands that read: the sorted set of the first key.
Error find_zset(Call& call, Entry& entry) {
  return find_collection(call, 1, Type::kZset, entry);
}

// The options of ZADD, and where its scores begin.
struct AddOptions {
  bool only_absent = false;    // NX
  bool only_present = false;   // XX
  bool only_greater = false;   // GT
  bool only_less = false;      // LT
  bool count_changed = false;  // CH
  bool increment = false;      // INCR
  size_t first = 2;

  // Whether a member of score `before` may get this one.
  bool allows(double score, double before) const {
    return !(only_less && score >= before) && !(only_greater && score <= before);
  }
};

Error parse_add_options(Args args, AddOptions& options) {
  size_t& i = options.first;
  for (; i < args.size(); ++i) {
    if (is_word(args[i], "nx")) {
      options.only_absent = true;
    } else if (is_word(args[i], "xx")) {
      options.only_present = true;
    } else if (is_word(args[i], "gt")) {
      options.only_greater = true;
    } else if (is_word(args[i], "lt")) {
      options.only_less = true;
    } else if (is_word(args[i], "ch")) {
      options.count_changed = true;
    } else if (is_word(args[i], "incr")) {
      options.increment = true;
    } else {
      break;
    }
  }
  const size_t left = args.size() - i;
  if (left == 0 || left % 2 != 0) return errors::kSyntax;
  if (options.only_absent && options.only_present) {
    return "ERR XX and NX options at the same time are not compatible";
  }
  const int orders = options.only_greater + options.only_less + options.only_absent;
  if (orders > 1) {
    return "ERR GT, LT, and/or NX options at the same time are not compatible";
  }
  if (options.increment && left > 2) {
    return "ERR INCR option supports a single increment-element pair";
  }
  return {};
}

// The scores of ZADD's pairs: all of them are read before anything is changed.
class Scores {
 public:
  Error read(Args pairs) {
    const size_t count = pairs.size() / 2;
    if (count > std::size(few_)) many_.resize(count);
    values_ = count > std::size(few_) ? many_.data() : few_;
    for (size_t i = 0; i < count; ++i) {
      const std::optional<double> score = parse_double(pairs[2 * i]);
      if (!score) return errors::kNotFloat;
      values_[i] = *score;
    }
    return {};
  }
  double operator[](size_t i) const { return values_[i]; }

 private:
  double few_[8];
  std::vector<double> many_;
  double* values_ = few_;
};

// What ZADD did.
struct Added {
  int64_t added = 0;
  int64_t updated = 0;
  bool processed = false;  // The last member has the score that was asked for,
  double score = 0;        // which is this.
};

Error add_pair(SortedSetEdit& zset, const AddOptions& options, double score,
               std::string_view member, Added& result) {
  const ScoredPlace place = zset.find(member);
  if (!place.found) {
    if (options.only_present) return {};
    zset.insert(member, score);
    ++result.added;
  } else {
    if (options.only_absent) return {};
    if (options.increment) score += place.score;
    if (std::isnan(score)) return "ERR resulting score is not a number (NaN)";
    if (!options.allows(score, place.score)) return {};
    if (score != place.score) {
      zset.rescore(place, member, score);
      ++result.updated;
    }
  }
  result.processed = true;
  result.score = score;
  return {};
}

// ZINCRBY is ZADD with INCR, options included.
Error add(Call& call, bool increment) {
  AddOptions options;
  options.increment = increment;
  if (Error error = parse_add_options(call.args(), options)) return error;
  const Args pairs = call.args().subspan(options.first);
  Scores scores;
  if (Error error = scores.read(pairs)) return error;
  SortedSetEdit zset(call);
  if (Error error = zset.open()) return error;
  Added result;
  for (size_t i = 0; i < pairs.size() / 2; ++i) {
    if (Error error = add_pair(zset, options, scores[i], pairs[2 * i + 1], result)) return error;
  }
  if (result.added + result.updated > 0) {
    // Repeated as what came out, whatever the score was before.
    char text[kDoubleBytesMax];
    std::string_view digits;
    if (options.increment && zset.has_listeners()) {
      digits = {text, format_double(result.score, text)};
    }
    const std::string_view change[] = {"ZADD", call[1], digits, pairs[1]};
    zset.finish(options.increment ? Args(change) : call.args(), options.increment ? kZincr : kZadd);
  }
  if (!options.increment) {
    call.reply().integer(result.added + (options.count_changed ? result.updated : 0));
  } else if (result.processed) {
    call.reply().real(result.score);
  } else {
    call.reply().null();
  }
  return {};
}

Error zadd(Call& call) {
  return add(call, false);
}

Error zincrby(Call& call) {
  return add(call, true);
}

Error zrem(Call& call) {
  SortedSetEdit zset(call);
  if (Error error = zset.open()) return error;
  int64_t erased = 0;
  for (const std::string_view member : call.args().subspan(2)) {
    if (zset.exists() && zset.view().size() == 0) break;
    erased += zset.erase(member) ? 1 : 0;
  }
  if (erased > 0) zset.finish(call.args(), kZrem);
  call.reply().integer(erased);
  return {};
}

Error zcard(Call& call) {
  Entry entry;
  if (Error error = find_zset(call, entry)) return error;
  call.reply().integer(static_cast<int64_t>(SortedSetView(entry).size()));
  return {};
}

void reply_score(Reply& reply, const SortedSetView& zset, std::string_view member) {
  const ScoredPlace place = zset.find(member);
  if (place.found) {
    reply.real(place.score);
  } else {
    reply.null();
  }
}

Error zscore(Call& call) {
  Entry entry;
  if (Error error = find_zset(call, entry)) return error;
  reply_score(call.reply(), SortedSetView(entry), call[2]);
  return {};
}

Error zmscore(Call& call) {
  Entry entry;
  if (Error error = find_zset(call, entry)) return error;
  const SortedSetView zset(entry);
  call.reply().array(call.size() - 2);
  for (const std::string_view member : call.args().subspan(2))
    reply_score(call.reply(), zset, member);
  return {};
}

Error rank(Call& call, bool reverse) {
  const bool with_score = call.size() == 4 && is_word(call[3], "withscore");
  if (call.size() > 4 || (call.size() == 4 && !with_score)) return errors::kSyntax;
  Entry entry;
  if (Error error = find_zset(call, entry)) return error;
  const SortedSetView zset(entry);
  const ScoredPlace place = zset.find(call[2]);
  Reply& reply = call.reply();
  if (!place.found) {
    with_score ? reply.null_array() : reply.null();
    return {};
  }
  const size_t rank = zset.rank(place);
  if (with_score) reply.array(2);
  reply.integer(static_cast<int64_t>(reverse ? zset.size() - 1 - rank : rank));
  if (with_score) reply.real(place.score);
  return {};
}

Error zrank(Call& call) {
  return rank(call, false);
}

Error zrevrank(Call& call) {
  return rank(call, true);
}

const Command kRows[] = {
    {.name = "zadd",
     .arity = -4,
     .flags = kWrite | kDenyOom | kFast,
     .acl = kAclSortedSet,
     .keys = {1, 1, 1},
     .key_use = {"RW update"},
     .route = Route::kKey,
     .run = zadd,
     .group = "sorted-set",
     .since = "1.2.0",
     .summary = "Adds members to a sorted set, or changes their scores.",
     .complexity = "O(log(N)) for each member, N members of the sorted set",
     .syntax = "key [condition(NX | XX)@3.0.2] [comparison(GT | LT)@6.2.0] [change=CH@3.0.2] "
               "[increment=INCR@3.0.2] data(score:double member)..."},
    {.name = "zincrby",
     .arity = 4,
     .flags = kWrite | kDenyOom | kFast,
     .acl = kAclSortedSet,
     .keys = {1, 1, 1},
     .key_use = {"RW access update"},
     .route = Route::kKey,
     .run = zincrby,
     .group = "sorted-set",
     .since = "1.2.0",
     .summary = "Adds to the score of a member; a missing one counts as 0.",
     .complexity = "O(log(N)), N members of the sorted set",
     .syntax = "key increment:integer member"},
    {.name = "zrem",
     .arity = -3,
     .flags = kWrite | kFast,
     .acl = kAclSortedSet,
     .keys = {1, 1, 1},
     .key_use = {"RW delete"},
     .route = Route::kKey,
     .run = zrem,
     .group = "sorted-set",
     .since = "1.2.0",
     .summary = "Removes members and tells how many there were.",
     .complexity = "O(log(N)) for each member, N members of the sorted set",
     .syntax = "key member..."},
    {.name = "zcard",
     .arity = 2,
     .flags = kReadonly | kFast,
     .acl = kAclSortedSet,
     .keys = {1, 1, 1},
     .key_use = {"RO"},
     .route = Route::kKey,
     .run = zcard,
     .group = "sorted-set",
     .since = "1.2.0",
     .summary = "Tells how many members a sorted set has.",
     .complexity = "O(1)",
     .syntax = "key"},
    {.name = "zscore",
     .arity = 3,
     .flags = kReadonly | kFast,
     .acl = kAclSortedSet,
     .keys = {1, 1, 1},
     .key_use = {"RO access"},
     .route = Route::kKey,
     .run = zscore,
     .group = "sorted-set",
     .since = "1.2.0",
     .summary = "Returns the score of a member.",
     .complexity = "O(1)",
     .syntax = "key member"},
    {.name = "zmscore",
     .arity = -3,
     .flags = kReadonly | kFast,
     .acl = kAclSortedSet,
     .keys = {1, 1, 1},
     .key_use = {"RO access"},
     .route = Route::kKey,
     .run = zmscore,
     .group = "sorted-set",
     .since = "6.2.0",
     .summary = "Returns the scores of several members.",
     .complexity = "O(N), N members that are asked for",
     .syntax = "key member..."},
    {.name = "zrank",
     .arity = -3,
     .flags = kReadonly | kFast,
     .acl = kAclSortedSet,
     .keys = {1, 1, 1},
     .key_use = {"RO access"},
     .route = Route::kKey,
     .run = zrank,
     .group = "sorted-set",
     .since = "2.0.0",
     .summary = "Returns the place of a member, from the lowest score on.",
     .complexity = "O(log(N)), N members of the sorted set",
     .syntax = "key member [WITHSCORE]"},
    {.name = "zrevrank",
     .arity = -3,
     .flags = kReadonly | kFast,
     .acl = kAclSortedSet,
     .keys = {1, 1, 1},
     .key_use = {"RO access"},
     .route = Route::kKey,
     .run = zrevrank,
     .group = "sorted-set",
     .since = "2.0.0",
     .summary = "Returns the place of a member, from the highest score on.",
     .complexity = "O(log(N)), N members of the sorted set",
     .syntax = "key member [WITHSCORE]"},
};

}  // namespace

std::span<const Command> sorted_set_member_commands() {
  return kRows;
}

}  // namespace rondo
