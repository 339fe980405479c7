#include "shard/commands/set_random.h"

#include <limits>
#include <unordered_set>
#include <utility>
#include <vector>

#include "protocol/errors.h"
#include "shard/commands/arguments.h"
#include "shard/commands/collection.h"
#include "shard/commands/member_scan.h"
#include "shard/commands/set_pop.h"
#include "shard/commands/set_value.h"

namespace rondo {

namespace {

// A reply of more random members than this is refused, because it is made in memory.
constexpr int64_t kRepeatsMax = 1 << 26;

void reply_name(Reply& reply, uint64_t name) {
  char scratch[8];
  reply_item(reply, SetObject::item(name, scratch));
}

// The members of a packed set: their bytes stay where they are.
std::vector<Item> packed_members(const SetView& set) {
  std::vector<Item> members;
  members.reserve(set.size());
  set.for_each([&](const Item& member) { members.push_back(member); });
  return members;
}

std::vector<uint64_t> member_names(const SetObject& object) {
  constexpr size_t kStep = 1024;
  std::vector<uint64_t> names;
  names.reserve(object.size());
  uint64_t cursor = 0;
  do {
    cursor = object.scan_names(cursor, kStep, [&](uint64_t name) { names.push_back(name); });
  } while (cursor != 0);
  return names;
}

// The first steps of a shuffle: calls take(element) for `count` different ones.
template <class Element, class Take>
void draw(std::vector<Element> all, size_t count, Prng& prng, Take&& take) {
  for (size_t i = 0; i < count; ++i) {
    std::swap(all[i], all[i + prng.below(all.size() - i)]);
    take(all[i]);
  }
}

// So many, or until nobody will see them.
void reply_repeating(const SetView& set, size_t count, Prng& prng, Reply& reply) {
  reply.array(count);
  if (set.is_packed()) {
    const std::vector<Item> members = packed_members(set);
    for (size_t i = 0; i < count && !reply.out().is_cut(); ++i)
      reply_item(reply, members[prng.below(members.size())]);
    return;
  }
  for (size_t i = 0; i < count && !reply.out().is_cut(); ++i)
    reply_name(reply, set.object().random(prng));
}

// REQUIRES: count < set.size().
void reply_distinct(const SetView& set, size_t count, Prng& prng, Reply& reply) {
  reply.array(count);
  if (set.is_packed()) {
    draw(packed_members(set), count, prng, [&](const Item& item) { reply_item(reply, item); });
    return;
  }
  if (count > set.size() / 3) {
    draw(member_names(set.object()), count, prng, [&](uint64_t name) { reply_name(reply, name); });
    return;
  }
  // Few of many: a member that comes up again is drawn anew.
  std::unordered_set<uint64_t> drawn;
  while (drawn.size() < count) {
    const uint64_t name = set.object().random(prng);
    if (drawn.insert(name).second) reply_name(reply, name);
  }
}

Error srandmember_count(Call& call) {
  int64_t count = 0;
  if (Error error = read_integer(call[2], count)) return error;
  if (count == std::numeric_limits<int64_t>::min()) {
    return "ERR value is out of range, value must between -9223372036854775807 and "
           "9223372036854775807";
  }
  Entry entry;
  if (Error error = find_collection(call, 1, Type::kSet, entry)) return error;
  const SetView set(entry);
  if (set.size() > 0 && count < -kRepeatsMax) return "ERR value is out of range";
  Prng& prng = call.shard().prng();
  if (count == 0 || set.size() == 0) {
    call.reply().array(0);
  } else if (count < 0) {
    reply_repeating(set, static_cast<size_t>(-count), prng, call.reply());
  } else if (static_cast<uint64_t>(count) < set.size()) {
    reply_distinct(set, static_cast<size_t>(count), prng, call.reply());
  } else {
    call.reply().array(set.size());
    set.for_each([&](const Item& member) { reply_item(call.reply(), member); });
  }
  return {};
}

Error srandmember(Call& call) {
  if (call.size() > 3) return errors::kSyntax;
  if (call.size() == 3) return srandmember_count(call);
  Entry entry;
  if (Error error = find_collection(call, 1, Type::kSet, entry)) return error;
  if (entry) {
    char scratch[8];
    reply_item(call.reply(), SetView(entry).random(call.shard().prng(), scratch));
  } else {
    call.reply().null();
  }
  return {};
}

// A packed set is reported whole, whatever the cursor.
Error sscan(Call& call) {
  uint64_t cursor = 0;
  if (Error error = read_member_cursor(call, cursor)) return error;
  Entry entry;
  if (Error error = find_collection(call, 1, Type::kSet, entry)) return error;
  MemberScan scan;
  if (entry) {
    if (Error error = parse_member_scan(call.args(), false, scan)) return error;
  }

  const SetView set(entry);
  OutBuffer bulks;
  bulks.set_limit(call.reply().out().room());
  Reply part(bulks, call.reply().version());
  size_t looked_at = 0;
  size_t written = 0;
  const auto visit = [&](const Item& member) {
    ++looked_at;
    char digits[24];
    const std::string_view text = member.text(digits);
    if (!scan.accepts(text)) return;
    part.bulk(text);
    ++written;
  };
  if (set.is_packed()) {
    set.for_each(visit);
    cursor = 0;
  } else {
    cursor = scan_steps(cursor, scan.count, looked_at, [&](uint64_t from, size_t count) {
      return set.object().scan(from, count, visit);
    });
  }
  reply_scanned(call.reply(), cursor, written, std::move(bulks));
  return {};
}

const Command kRows[] = {
    {.name = "spop",
     .arity = -2,
     .flags = kWrite | kFast,
     .acl = kAclSet,
     .keys = {1, 1, 1},
     .key_use = {"RW access delete"},
     .route = Route::kKey,
     .run = spop,
     .tips = "nondeterministic_output",
     .group = "set",
     .since = "1.0.0",
     .summary = "Removes members that are chosen at random and returns them.",
     .complexity = "O(N), N members that are removed",
     .syntax = "key [count:integer@3.2.0]"},
    {.name = "srandmember",
     .arity = -2,
     .flags = kReadonly,
     .acl = kAclSet,
     .keys = {1, 1, 1},
     .key_use = {"RO access"},
     .route = Route::kKey,
     .run = srandmember,
     .tips = "nondeterministic_output",
     .group = "set",
     .since = "1.0.0",
     .summary = "Returns members that are chosen at random.",
     .complexity = "O(N), N members that are returned",
     .syntax = "key [count:integer@2.6.0]"},
    {.name = "sscan",
     .arity = -3,
     .flags = kReadonly,
     .acl = kAclSet,
     .keys = {1, 1, 1},
     .key_use = {"RO access"},
     .route = Route::kKey,
     .run = sscan,
     .tips = "nondeterministic_output",
     .group = "set",
     .since = "2.8.0",
     .summary = "Walks over the members of a set in steps.",
     .complexity = "O(1) for a step, O(N) for the walk over N members",
     .syntax = "key cursor:integer [MATCH pattern:pattern] [COUNT count:integer]"},
};

}  // namespace

std::span<const Command> set_random_commands() {
  return kRows;
}

}  // namespace rondo
