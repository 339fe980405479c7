#include "shard/commands/set_algebra.h"

#include <algorithm>
#include <limits>
#include <utility>
#include <vector>

#include "protocol/errors.h"
#include "shard/commands/arguments.h"
#include "shard/commands/collection.h"
#include "shard/commands/counted_keys.h"
#include "shard/commands/set_builder.h"
#include "shard/commands/set_value.h"

namespace rondo {

namespace {

constexpr Event kSinterstore{"sinterstore", 's'};
constexpr Event kSunionstore{"sunionstore", 's'};
constexpr Event kSdiffstore{"sdiffstore", 's'};

using Sets = std::vector<SetView>;

// The sets of `count` keys from argument `first` on; a missing key is an empty set. They stay
// valid while other keys are looked up.
Error open_sets(Call& call, size_t first, size_t count, Sets& sets) {
  sets.reserve(count);
  for (size_t i = first; i < first + count; ++i) {
    const Entry entry = call.keyspace_of(call[i], call.db()).find(call.key(i));
    if (entry && entry.type() != Type::kSet) return errors::kWrongType;
    sets.emplace_back(entry);
  }
  return {};
}

bool is_smaller(const SetView& a, const SetView& b) {
  return a.size() < b.size();
}

// Calls take(member) for the members that all sets have, while it returns true.
template <class Take>
void intersect(Sets& sets, Take&& take) {
  // The members of the smallest set are looked for in the others, the next smallest one first.
  std::sort(sets.begin(), sets.end(), is_smaller);
  sets[0].walk([&](const Item& member) {
    for (size_t i = 1; i < sets.size(); ++i) {
      if (!sets[i].contains(member)) return true;
    }
    return take(member);
  });
}

// Whether to look for each member of the first set in the others, instead of removing theirs from a
// copy of it. The first way stops at the first set that has the member, so it gets an advantage.
bool subtracts_by_lookup(const Sets& sets) {
  size_t lookups = 0;
  size_t removals = 0;
  for (const SetView& set : sets) {
    if (set.size() == 0) continue;
    lookups += sets[0].size();
    removals += set.size();
  }
  return lookups / 2 <= removals;
}

// Calls take(member) for the members of the first set that no other one has.
template <class Take>
void subtract_by_lookup(Sets& sets, Take&& take) {
  // A member is the likelier to be found the larger the set.
  std::sort(sets.begin() + 1, sets.end(),
            [](const SetView& a, const SetView& b) { return is_smaller(b, a); });
  sets[0].for_each([&](const Item& member) {
    for (size_t i = 1; i < sets.size(); ++i) {
      if (sets[i].contains(member)) return;
    }
    take(member);
  });
}

void subtract_by_removal(const Sets& sets, SetBuilder& result) {
  sets[0].for_each([&](const Item& member) { result.add(member); });
  for (size_t i = 1; i < sets.size() && result.size() > 0; ++i)
    sets[i].for_each([&](const Item& member) { result.remove(member); });
}

enum class Operation { kInter, kUnion, kDiff };

void compute(Operation operation, Sets& sets, SetBuilder& result) {
  const auto add = [&](const Item& member) {
    result.add(member);
    return true;
  };
  if (operation == Operation::kInter) {
    intersect(sets, add);
  } else if (operation == Operation::kUnion) {
    for (const SetView& set : sets)
      set.for_each(add);
  } else if (subtracts_by_lookup(sets)) {
    subtract_by_lookup(sets, add);
  } else {
    subtract_by_removal(sets, result);
  }
}

void reply_built(Call& call, SetBuilder& result) {
  call.reply().set(result.size());
  if (result.size() == 0) return;
  const DetachedValue value = result.finish(call.shard().limits());
  SetView(value).for_each([&](const Item& member) { reply_item(call.reply(), member); });
}

// Members that are known to be different can be written as they are found, before it is known how
// many they are.
class FoundMembers {
 public:
  explicit FoundMembers(Reply& reply) : reply_(reply), part_(bulks_, reply.version()) {
    bulks_.set_limit(reply.out().room());
  }

  bool operator()(const Item& member) {
    reply_item(part_, member);
    ++count_;
    return true;
  }
  void finish() {
    reply_.set(count_);
    reply_.out().splice(std::move(bulks_));
  }

 private:
  Reply& reply_;
  OutBuffer bulks_;
  Reply part_;
  size_t count_ = 0;
};

Error sinter(Call& call) {
  Sets sets;
  if (Error error = open_sets(call, 1, call.size() - 1, sets)) return error;
  FoundMembers found(call.reply());
  intersect(sets, found);
  found.finish();
  return {};
}

Error sunion(Call& call) {
  Sets sets;
  if (Error error = open_sets(call, 1, call.size() - 1, sets)) return error;
  SetBuilder result;
  compute(Operation::kUnion, sets, result);
  reply_built(call, result);
  return {};
}

Error sdiff(Call& call) {
  Sets sets;
  if (Error error = open_sets(call, 1, call.size() - 1, sets)) return error;
  if (subtracts_by_lookup(sets)) {
    FoundMembers found(call.reply());
    subtract_by_lookup(sets, found);
    found.finish();
    return {};
  }
  SetBuilder result;
  subtract_by_removal(sets, result);
  reply_built(call, result);
  return {};
}

Error store(Call& call, Operation operation, Event event) {
  Sets sets;
  if (Error error = open_sets(call, 2, call.size() - 2, sets)) return error;
  SetBuilder result;
  compute(operation, sets, result);
  const size_t size = result.size();
  const Key target = call.key(1);
  Keyspace& keyspace = call.keyspace_of(target.bytes, call.db());
  if (size > 0) {
    keyspace.put(target, result.finish(call.shard().limits()), event);
  } else {
    keyspace.erase(target);
  }
  call.reply().integer(static_cast<int64_t>(size));
  return {};
}

Error sinterstore(Call& call) {
  return store(call, Operation::kInter, kSinterstore);
}

Error sunionstore(Call& call) {
  return store(call, Operation::kUnion, kSunionstore);
}

Error sdiffstore(Call& call) {
  return store(call, Operation::kDiff, kSdiffstore);
}

Error parse_limit(Call& call, size_t from, uint64_t& limit) {
  for (size_t i = from; i < call.size(); ++i) {
    if (!is_word(call[i], "limit") || i + 1 == call.size()) return errors::kSyntax;
    int64_t value = 0;
    if (read_integer(call[++i], value) || value < 0) return "ERR LIMIT can't be negative";
    limit = static_cast<uint64_t>(value);
  }
  return {};
}

Error sintercard(Call& call) {
  int64_t keys = 0;
  if (read_integer(call[1], keys) || keys < 1) return "ERR numkeys should be greater than 0";
  if (static_cast<uint64_t>(keys) > call.size() - 2) {
    return "ERR Number of keys can't be greater than number of args";
  }
  const auto count = static_cast<size_t>(keys);
  uint64_t limit = 0;
  if (Error error = parse_limit(call, 2 + count, limit)) return error;
  if (limit == 0) limit = std::numeric_limits<int64_t>::max();
  Sets sets;
  if (Error error = open_sets(call, 2, count, sets)) return error;
  uint64_t found = 0;
  intersect(sets, [&](const Item&) { return ++found < limit; });
  call.reply().integer(static_cast<int64_t>(found));
  return {};
}

const Command kRows[] = {
    {.name = "sinter",
     .arity = -2,
     .flags = kReadonly,
     .acl = kAclSet,
     .keys = {1, -1, 1},
     .key_use = {"RO access"},
     .route = Route::kCoordinated,
     .run = sinter,
     .tips = "nondeterministic_output_order",
     .group = "set",
     .since = "1.0.0",
     .summary = "Returns the members that all sets have.",
     .complexity = "O(N*M), N members of the smallest of M sets",
     .syntax = "key..."},
    {.name = "sintercard",
     .arity = -3,
     .flags = kReadonly | kMovableKeys,
     .acl = kAclSet,
     .key_use = {"RO access"},
     .find_keys = counted_keys,
     .route = Route::kCoordinated,
     .run = sintercard,
     .group = "set",
     .since = "7.0.0",
     .summary = "Tells how many members all sets have, up to a limit.",
     .complexity = "O(N*M), N members of the smallest of M sets",
     .syntax = "numkeys:integer key... [LIMIT limit:integer]"},
    {.name = "sinterstore",
     .arity = -3,
     .flags = kWrite | kDenyOom,
     .acl = kAclSet,
     .keys = {1, -1, 1},
     .key_use = {"OW update|RO access"},
     .route = Route::kCoordinated,
     .run = sinterstore,
     .group = "set",
     .since = "1.0.0",
     .summary = "Stores the members that all sets have.",
     .complexity = "O(N*M), N members of the smallest of M sets",
     .syntax = "destination:key key#1..."},
    {.name = "sunion",
     .arity = -2,
     .flags = kReadonly,
     .acl = kAclSet,
     .keys = {1, -1, 1},
     .key_use = {"RO access"},
     .route = Route::kCoordinated,
     .run = sunion,
     .tips = "nondeterministic_output_order",
     .group = "set",
     .since = "1.0.0",
     .summary = "Returns the members that any of the sets has.",
     .complexity = "O(N), N members of all sets",
     .syntax = "key..."},
    {.name = "sunionstore",
     .arity = -3,
     .flags = kWrite | kDenyOom,
     .acl = kAclSet,
     .keys = {1, -1, 1},
     .key_use = {"OW update|RO access"},
     .route = Route::kCoordinated,
     .run = sunionstore,
     .group = "set",
     .since = "1.0.0",
     .summary = "Stores the members that any of the sets has.",
     .complexity = "O(N), N members of all sets",
     .syntax = "destination:key key#1..."},
    {.name = "sdiff",
     .arity = -2,
     .flags = kReadonly,
     .acl = kAclSet,
     .keys = {1, -1, 1},
     .key_use = {"RO access"},
     .route = Route::kCoordinated,
     .run = sdiff,
     .tips = "nondeterministic_output_order",
     .group = "set",
     .since = "1.0.0",
     .summary = "Returns the members of the first set that no other set has.",
     .complexity = "O(N), N members of all sets",
     .syntax = "key..."},
    {.name = "sdiffstore",
     .arity = -3,
     .flags = kWrite | kDenyOom,
     .acl = kAclSet,
     .keys = {1, -1, 1},
     .key_use = {"OW update|RO access"},
     .route = Route::kCoordinated,
     .run = sdiffstore,
     .group = "set",
     .since = "1.0.0",
     .summary = "Stores the members of the first set that no other set has.",
     .complexity = "O(N), N members of all sets",
     .syntax = "destination:key key#1..."},
};

}  // namespace

std::span<const Command> set_algebra_commands() {
  return kRows;
}

}  // namespace rondo
