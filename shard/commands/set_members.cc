#include "shard/commands/set_members.h"

#include "protocol/errors.h"
#include "shard/commands/collection.h"
#include "shard/commands/set_value.h"

namespace rondo {

namespace {

constexpr Event kSadd{"sadd", 's'};
constexpr Event kSrem{"srem", 's'};

// For the commands that read: the set of the first key.
Error find_set(Call& call, Entry& entry) {
  return find_collection(call, 1, Type::kSet, entry);
}

Error sadd(Call& call) {
  SetEdit set(call);
  if (Error error = set.open()) return error;
  const Args members = call.args().subspan(2);
  int64_t added = 0;
  for (const std::string_view member : members)
    added += set.add(member, members.size()) ? 1 : 0;
  if (added > 0) set.finish(call.args(), kSadd);
  call.reply().integer(added);
  return {};
}

Error srem(Call& call) {
  SetEdit set(call);
  if (Error error = set.open()) return error;
  int64_t erased = 0;
  for (const std::string_view member : call.args().subspan(2))
    erased += set.erase(member) ? 1 : 0;
  if (erased > 0) set.finish(call.args(), kSrem);
  call.reply().integer(erased);
  return {};
}

Error sismember(Call& call) {
  Entry entry;
  if (Error error = find_set(call, entry)) return error;
  call.reply().integer(SetView(entry).contains(call[2]) ? 1 : 0);
  return {};
}

Error smismember(Call& call) {
  Entry entry;
  if (Error error = find_set(call, entry)) return error;
  const SetView set(entry);
  call.reply().array(call.size() - 2);
  for (const std::string_view member : call.args().subspan(2))
    call.reply().integer(set.contains(member) ? 1 : 0);
  return {};
}

Error smembers(Call& call) {
  Entry entry;
  if (Error error = find_set(call, entry)) return error;
  const SetView set(entry);
  Reply& reply = call.reply();
  reply.set(set.size());
  set.for_each([&](const Item& member) { reply_item(reply, member); });
  return {};
}

Error scard(Call& call) {
  Entry entry;
  if (Error error = find_set(call, entry)) return error;
  call.reply().integer(static_cast<int64_t>(SetView(entry).size()));
  return {};
}

// Adds or removes one member of a set of type kSet or absent.
bool change_member(Call& call, std::string_view name, bool adds) {
  const Key key = make_key(name);
  SetEdit set(call.shard(), call.keyspace_of(name, call.db()), key);
  const Error unused = set.open();
  CHECK(!unused);
  const std::string_view member = call[3];
  const std::string_view change[] = {adds ? "SADD" : "SREM", name, member};
  const bool changed = adds ? set.add(member) : set.erase(member);
  if (changed) set.finish(change, adds ? kSadd : kSrem);
  return changed;
}

Error smove(Call& call) {
  const Entry source = call.keyspace_of(call[1], call.db()).peek(call.key(1));
  const Entry target = call.keyspace_of(call[2], call.db()).peek(call.key(2));
  bool moved = false;
  if (source) {
    if (source.type() != Type::kSet) return errors::kWrongType;
    if (target && target.type() != Type::kSet) return errors::kWrongType;
    if (call[1] == call[2]) {
      moved = SetView(source).contains(call[3]);
    } else if (change_member(call, call[1], false)) {
      change_member(call, call[2], true);
      moved = true;
    }
  }
  call.reply().integer(moved ? 1 : 0);
  return {};
}

const Command kRows[] = {
    {.name = "sadd",
     .arity = -3,
     .flags = kWrite | kDenyOom | kFast,
     .acl = kAclSet,
     .keys = {1, 1, 1},
     .key_use = {"RW insert"},
     .route = Route::kKey,
     .run = sadd,
     .group = "set",
     .since = "1.0.0",
     .summary = "Adds members to a set and tells how many are new.",
     .complexity = "O(N), N members that are added",
     .syntax = "key member..."},
    {.name = "srem",
     .arity = -3,
     .flags = kWrite | kFast,
     .acl = kAclSet,
     .keys = {1, 1, 1},
     .key_use = {"RW delete"},
     .route = Route::kKey,
     .run = srem,
     .group = "set",
     .since = "1.0.0",
     .summary = "Removes members from a set and tells how many there were.",
     .complexity = "O(N), N members that are named",
     .syntax = "key member..."},
    {.name = "sismember",
     .arity = 3,
     .flags = kReadonly | kFast,
     .acl = kAclSet,
     .keys = {1, 1, 1},
     .key_use = {"RO"},
     .route = Route::kKey,
     .run = sismember,
     .group = "set",
     .since = "1.0.0",
     .summary = "Tells whether a set has a member.",
     .complexity = "O(1)",
     .syntax = "key member"},
    {.name = "smismember",
     .arity = -3,
     .flags = kReadonly | kFast,
     .acl = kAclSet,
     .keys = {1, 1, 1},
     .key_use = {"RO access"},
     .route = Route::kKey,
     .run = smismember,
     .group = "set",
     .since = "6.2.0",
     .summary = "Tells of each of several members whether a set has it.",
     .complexity = "O(N), N members that are asked for",
     .syntax = "key member..."},
    {.name = "smembers",
     .arity = 2,
     .flags = kReadonly,
     .acl = kAclSet,
     .keys = {1, 1, 1},
     .key_use = {"RO access"},
     .route = Route::kKey,
     .run = smembers,
     .tips = "nondeterministic_output_order",
     .group = "set",
     .since = "1.0.0",
     .summary = "Returns all members of a set.",
     .complexity = "O(N), N members of the set",
     .syntax = "key"},
    {.name = "scard",
     .arity = 2,
     .flags = kReadonly | kFast,
     .acl = kAclSet,
     .keys = {1, 1, 1},
     .key_use = {"RO"},
     .route = Route::kKey,
     .run = scard,
     .group = "set",
     .since = "1.0.0",
     .summary = "Tells how many members a set has.",
     .complexity = "O(1)",
     .syntax = "key"},
    {.name = "smove",
     .arity = 4,
     .flags = kWrite | kFast,
     .acl = kAclSet,
     .keys = {1, 2, 1},
     .key_use = {"RW access delete|RW insert"},
     .route = Route::kCoordinated,
     .run = smove,
     .group = "set",
     .since = "1.0.0",
     .summary = "Moves a member from one set to another.",
     .complexity = "O(1)",
     .syntax = "source:key destination:key#1 member"},
};

}  // namespace

std::span<const Command> set_member_commands() {
  return kRows;
}

}  // namespace rondo
