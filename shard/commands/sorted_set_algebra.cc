#include "shard/commands/sorted_set_algebra.h"

#include <algorithm>
#include <limits>
#include <optional>
#include <string>
#include <unordered_map>
#include <utility>
#include <vector>

#include "protocol/errors.h"
#include "shard/commands/arguments.h"
#include "shard/commands/counted_keys.h"
#include "shard/commands/sorted_set_builder.h"
#include "shard/commands/sorted_set_operand.h"
#include "shard/commands/sorted_set_range.h"

namespace rondo {

namespace {

constexpr Event kZunionstore{"zunionstore", 'z'};
constexpr Event kZinterstore{"zinterstore", 'z'};
constexpr Event kZdiffstore{"zdiffstore", 'z'};

enum class Operation : uint8_t { kUnion, kInter, kDiff };

// One of the commands, and what its arguments say.
struct Algebra {
  Operation operation;
  bool stores = false;       // The destination stands before the number of keys.
  bool only_counts = false;  // ZINTERCARD
  const char* no_keys;       // The error for less than one key.
  bool with_scores = false;
  Aggregate how = Aggregate::kSum;
  uint64_t limit = 0;  // Of ZINTERCARD; 0 for none.
  std::vector<ScoredOperand> operands = {};
};

Error parse_weights(Args weights, std::vector<ScoredOperand>& operands) {
  for (size_t i = 0; i < operands.size(); ++i) {
    const std::optional<double> weight = parse_double(weights[i]);
    if (!weight) return "ERR weight value is not a float";
    operands[i].set_weight(*weight);
  }
  return {};
}

Error parse_aggregate(std::string_view word, Aggregate& how) {
  if (is_word(word, "sum")) {
    how = Aggregate::kSum;
  } else if (is_word(word, "min")) {
    how = Aggregate::kMin;
  } else if (is_word(word, "max")) {
    how = Aggregate::kMax;
  } else {
    return errors::kSyntax;
  }
  return {};
}

Error parse_options(Args args, Algebra& algebra) {
  const bool combines = algebra.operation != Operation::kDiff && !algebra.only_counts;
  const size_t keys = algebra.operands.size();
  for (size_t i = 0; i < args.size(); ++i) {
    const size_t left = args.size() - i - 1;
    if (combines && left >= keys && is_word(args[i], "weights")) {
      if (Error error = parse_weights(args.subspan(i + 1), algebra.operands)) return error;
      i += keys;
    } else if (combines && left >= 1 && is_word(args[i], "aggregate")) {
      if (Error error = parse_aggregate(args[++i], algebra.how)) return error;
    } else if (!algebra.stores && !algebra.only_counts && is_word(args[i], "withscores")) {
      algebra.with_scores = true;
    } else if (algebra.only_counts && left >= 1 && is_word(args[i], "limit")) {
      int64_t limit = 0;
      if (read_integer(args[++i], limit) || limit < 0) return "ERR LIMIT can't be negative";
      algebra.limit = static_cast<uint64_t>(limit);
    } else {
      return errors::kSyntax;
    }
  }
  return {};
}

// Redis looks at the keys before it looks at the options.
Error open(Call& call, Algebra& algebra) {
  const size_t number_at = algebra.stores ? 2 : 1;
  int64_t keys = 0;
  if (Error error = read_integer(call[number_at], keys)) return error;
  if (keys < 1) return algebra.no_keys;
  const size_t first = number_at + 1;
  if (static_cast<uint64_t>(keys) > call.size() - first) return errors::kSyntax;
  const auto count = static_cast<size_t>(keys);
  if (Error error = open_operands(call, first, count, algebra.operands)) return error;
  return parse_options(call.args().subspan(first + count), algebra);
}

// From the smallest to the largest, as Redis does: the order in which scores are added shows in
// their last digits.
void sort_by_size(std::vector<ScoredOperand>& operands) {
  std::stable_sort(operands.begin(), operands.end(),
                   [](const auto& a, const auto& b) { return a.size() < b.size(); });
}

std::vector<ScoredText> unite(Algebra& algebra) {
  sort_by_size(algebra.operands);
  std::unordered_map<std::string, double> scores;
  for (const ScoredOperand& operand : algebra.operands) {
    operand.walk([&](const Item& member, double score) {
      const auto [found, is_new] = scores.try_emplace(member.to_string(), score);
      if (!is_new) found->second = aggregate(algebra.how, found->second, score);
      return true;
    });
  }
  std::vector<ScoredText> result;
  result.reserve(scores.size());
  for (const auto& [member, score] : scores)
    result.push_back({member, score});
  return result;
}

// Calls take(member, score) for the members that all operands have, while it returns true.
template <class Take>
void intersect(Algebra& algebra, Take&& take) {
  std::vector<ScoredOperand>& operands = algebra.operands;
  sort_by_size(operands);
  operands[0].walk([&](const Item& member, double score) {
    char digits[24];
    const std::string_view text = member.text(digits);
    for (size_t i = 1; i < operands.size(); ++i) {
      double other = 0;
      if (!operands[i].find(text, other)) return true;
      score = aggregate(algebra.how, score, other);
    }
    return take(text, score);
  });
}

std::vector<ScoredText> subtract(const Algebra& algebra) {
  const std::vector<ScoredOperand>& operands = algebra.operands;
  std::vector<ScoredText> result;
  operands[0].walk([&](const Item& member, double score) {
    char digits[24];
    const std::string_view text = member.text(digits);
    double unused = 0;
    for (size_t i = 1; i < operands.size(); ++i) {
      if (operands[i].find(text, unused)) return true;
    }
    result.push_back({std::string(text), score});
    return true;
  });
  return result;
}

std::vector<ScoredText> compute(Algebra& algebra) {
  std::vector<ScoredText> result;
  if (algebra.operation == Operation::kUnion) {
    result = unite(algebra);
  } else if (algebra.operation == Operation::kDiff) {
    result = subtract(algebra);
  } else {
    intersect(algebra, [&](std::string_view member, double score) {
      result.push_back({std::string(member), score});
      return true;
    });
  }
  std::sort(result.begin(), result.end());
  return result;
}

Error reply_result(Call& call, Algebra algebra) {
  if (Error error = open(call, algebra)) return error;
  const std::vector<ScoredText> result = compute(algebra);
  const ScoreReply scores = algebra.with_scores ? ScoreReply::kPairs : ScoreReply::kNone;
  reply_scored_header(call.reply(), result.size(), scores);
  for (const ScoredText& each : result)
    reply_scored(call.reply(), Item::of(each.member), each.score, scores);
  return {};
}

Error store_result(Call& call, Algebra algebra, Event event) {
  algebra.stores = true;
  if (Error error = open(call, algebra)) return error;
  const std::vector<ScoredText> result = compute(algebra);
  store_sorted_set(call, call.key(1), result, event);
  call.reply().integer(static_cast<int64_t>(result.size()));
  return {};
}

Error zunion(Call& call) {
  return reply_result(call, {.operation = Operation::kUnion,
                             .no_keys = "ERR at least 1 input key is needed for 'zunion' command"});
}

Error zinter(Call& call) {
  return reply_result(call, {.operation = Operation::kInter,
                             .no_keys = "ERR at least 1 input key is needed for 'zinter' command"});
}

Error zdiff(Call& call) {
  return reply_result(call, {.operation = Operation::kDiff,
                             .no_keys = "ERR at least 1 input key is needed for 'zdiff' command"});
}

Error zunionstore(Call& call) {
  constexpr const char* kNoKeys = "ERR at least 1 input key is needed for 'zunionstore' command";
  return store_result(call, {.operation = Operation::kUnion, .no_keys = kNoKeys}, kZunionstore);
}

Error zinterstore(Call& call) {
  constexpr const char* kNoKeys = "ERR at least 1 input key is needed for 'zinterstore' command";
  return store_result(call, {.operation = Operation::kInter, .no_keys = kNoKeys}, kZinterstore);
}

Error zdiffstore(Call& call) {
  constexpr const char* kNoKeys = "ERR at least 1 input key is needed for 'zdiffstore' command";
  return store_result(call, {.operation = Operation::kDiff, .no_keys = kNoKeys}, kZdiffstore);
}

Error zintercard(Call& call) {
  Algebra algebra{.operation = Operation::kInter,
                  .only_counts = true,
                  .no_keys = "ERR at least 1 input key is needed for 'zintercard' command"};
  if (Error error = open(call, algebra)) return error;
  uint64_t found = 0;
  intersect(algebra, [&](std::string_view, double) { return ++found != algebra.limit; });
  call.reply().integer(static_cast<int64_t>(found));
  return {};
}

const Command kRows[] = {
    {.name = "zunion",
     .arity = -3,
     .flags = kReadonly | kMovableKeys,
     .acl = kAclSortedSet,
     .key_use = {"RO access"},
     .find_keys = counted_keys,
     .route = Route::kCoordinated,
     .run = zunion,
     .group = "sorted-set",
     .since = "6.2.0",
     .summary = "Returns the members that any of the sorted sets has.",
     .complexity = "O(N) + O(M*log(M)), N members of all sorted sets, M of the result",
     .syntax = "numkeys:integer key... [WEIGHTS weight:integer...] "
               "[AGGREGATE aggregate(SUM | MIN | MAX)] [WITHSCORES]"},
    {.name = "zinter",
     .arity = -3,
     .flags = kReadonly | kMovableKeys,
     .acl = kAclSortedSet,
     .key_use = {"RO access"},
     .find_keys = counted_keys,
     .route = Route::kCoordinated,
     .run = zinter,
     .group = "sorted-set",
     .since = "6.2.0",
     .summary = "Returns the members that all sorted sets have.",
     .complexity = "O(N*K) + O(M*log(M)), N members of the smallest of K, M of the result",
     .syntax = "numkeys:integer key... [WEIGHTS weight:integer...] "
               "[AGGREGATE aggregate(SUM | MIN | MAX)] [WITHSCORES]"},
    {.name = "zdiff",
     .arity = -3,
     .flags = kReadonly | kMovableKeys,
     .acl = kAclSortedSet,
     .key_use = {"RO access"},
     .find_keys = counted_keys,
     .route = Route::kCoordinated,
     .run = zdiff,
     .group = "sorted-set",
     .since = "6.2.0",
     .summary = "Returns the members of the first sorted set that no other one has.",
     .complexity = "O(N*K), N members of the first of K sorted sets",
     .syntax = "numkeys:integer key... [WITHSCORES]"},
    {.name = "zintercard",
     .arity = -3,
     .flags = kReadonly | kMovableKeys,
     .acl = kAclSortedSet,
     .key_use = {"RO access"},
     .find_keys = counted_keys,
     .route = Route::kCoordinated,
     .run = zintercard,
     .group = "sorted-set",
     .since = "7.0.0",
     .summary = "Tells how many members all sorted sets have, up to a limit.",
     .complexity = "O(N*K), N members of the smallest of K sorted sets",
     .syntax = "numkeys:integer key... [LIMIT limit:integer]"},
    {.name = "zunionstore",
     .arity = -4,
     .flags = kWrite | kDenyOom | kMovableKeys,
     .acl = kAclSortedSet,
     .keys = {1, 1, 1},
     .key_use = {"OW update|RO access"},
     .find_keys = destination_and_counted_keys,
     .route = Route::kCoordinated,
     .run = zunionstore,
     .group = "sorted-set",
     .since = "2.0.0",
     .summary = "Stores the members that any of the sorted sets has.",
     .complexity = "O(N) + O(M*log(M)), N members of all sorted sets, M of the result",
     .syntax = "destination:key numkeys:integer key#1... [WEIGHTS weight:integer...] "
               "[AGGREGATE aggregate(SUM | MIN | MAX)]"},
    {.name = "zinterstore",
     .arity = -4,
     .flags = kWrite | kDenyOom | kMovableKeys,
     .acl = kAclSortedSet,
     .keys = {1, 1, 1},
     .key_use = {"OW update|RO access"},
     .find_keys = destination_and_counted_keys,
     .route = Route::kCoordinated,
     .run = zinterstore,
     .group = "sorted-set",
     .since = "2.0.0",
     .summary = "Stores the members that all sorted sets have.",
     .complexity = "O(N*K) + O(M*log(M)), N members of the smallest of K, M of the result",
     .syntax = "destination:key numkeys:integer key#1... [WEIGHTS weight:integer...] "
               "[AGGREGATE aggregate(SUM | MIN | MAX)]"},
    {.name = "zdiffstore",
     .arity = -4,
     .flags = kWrite | kDenyOom | kMovableKeys,
     .acl = kAclSortedSet,
     .keys = {1, 1, 1},
     .key_use = {"OW update|RO access"},
     .find_keys = destination_and_counted_keys,
     .route = Route::kCoordinated,
     .run = zdiffstore,
     .group = "sorted-set",
     .since = "6.2.0",
     .summary = "Stores the members of the first sorted set that no other one has.",
     .complexity = "O(N*K), N members of the first of K sorted sets",
     .syntax = "destination:key numkeys:integer key#1..."},
};

}  // namespace

std::span<const Command> sorted_set_algebra_commands() {
  return kRows;
}

}  // namespace rondo
