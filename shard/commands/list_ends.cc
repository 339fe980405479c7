#include "shard/commands/list_ends.h"

#include <optional>

#include "protocol/errors.h"
#include "protocol/number.h"
#include "shard/commands/arguments.h"
#include "shard/commands/counted_keys.h"
#include "shard/commands/list_moves.h"
#include "shard/commands/list_value.h"

namespace rondo {

namespace {

constexpr Event kLpush{"lpush", 'l'};
constexpr Event kRpush{"rpush", 'l'};

const ListLimits& limits_of(Call& call) {
  return call.shard().limits().list;
}

Error push_generic(Call& call, ListEnd end, bool only_if_present) {
  const Args elements = call.args().subspan(2);
  if (Error error = ListEdit::check_sizes(elements)) return error;
  ListEdit list(call.keyspace(), call.key(1), limits_of(call));
  if (Error error = list.open()) return error;
  if (only_if_present && !list.exists()) {
    call.reply().integer(0);
    return {};
  }
  const size_t size = list.push(end, elements);
  list.finish_filled(call.args(), end == ListEnd::kLeft ? kLpush : kRpush);
  call.reply().integer(static_cast<int64_t>(size));
  return {};
}

Error lpush(Call& call) {
  return push_generic(call, ListEnd::kLeft, false);
}

Error rpush(Call& call) {
  return push_generic(call, ListEnd::kRight, false);
}

Error lpushx(Call& call) {
  return push_generic(call, ListEnd::kLeft, true);
}

Error rpushx(Call& call) {
  return push_generic(call, ListEnd::kRight, true);
}

// One element, or with a count an array of as many as there are.
Error pop_generic(Call& call, ListEnd end) {
  const bool has_count = call.size() == 3;
  int64_t count = 1;
  if (has_count) {
    const std::optional<int64_t> wanted = parse_integer(call[2]);
    if (!wanted || *wanted < 0) return "ERR value is out of range, must be positive";
    count = *wanted;
  }
  const Key key = call.key(1);
  ListEdit list(call.keyspace(), key, limits_of(call));
  if (Error error = list.open()) return error;
  if (!list.exists()) {
    has_count ? call.reply().null_array() : call.reply().null();
  } else if (count == 0) {
    call.reply().array(0);
  } else if (has_count) {
    pop_elements(list, key, end, static_cast<size_t>(count), call.reply());
  } else {
    pop_element(list, key, end, call.reply());
  }
  return {};
}

Error lpop(Call& call) {
  if (call.size() > 3) return "ERR wrong number of arguments for 'lpop' command";
  return pop_generic(call, ListEnd::kLeft);
}

Error rpop(Call& call) {
  if (call.size() > 3) return "ERR wrong number of arguments for 'rpop' command";
  return pop_generic(call, ListEnd::kRight);
}

// From the list at argument 1 to that at argument 2.
Error move_generic(Call& call, ListEnd from, ListEnd to) {
  const Key source = call.key(1);
  const Key target = call.key(2);
  bool moved = false;
  const ListEndRef source_end{call.keyspace_of(source.bytes, call.db()), source, from};
  const ListEndRef target_end{call.keyspace_of(target.bytes, call.db()), target, to};
  if (Error error = move_element(source_end, target_end, limits_of(call), call.reply(), moved)) {
    return error;
  }
  if (!moved) call.reply().null();
  if (moved && source.bytes != target.bytes) call.shard().count_as_one();
  return {};
}

Error lmove(Call& call) {
  ListEnd from = ListEnd::kLeft;
  ListEnd to = ListEnd::kLeft;
  if (Error error = read_list_end(call[3], from)) return error;
  if (Error error = read_list_end(call[4], to)) return error;
  return move_generic(call, from, to);
}

Error rpoplpush(Call& call) {
  return move_generic(call, ListEnd::kRight, ListEnd::kLeft);
}

Error lmpop(Call& call) {
  ListPopOptions options;
  if (Error error = read_list_pop_options(call.args(), 1, options)) return error;
  for (size_t i = 0; i < options.keys; ++i) {
    const Key key = call.key(options.first_key + i);
    Keyspace& keyspace = call.keyspace_of(key.bytes, call.db());
    bool found = false;
    if (Error error = has_list(keyspace, key, found)) return error;
    if (!found) continue;
    call.reply().array(2);
    call.reply().bulk(key.bytes);
    pop_elements(keyspace, key, limits_of(call), options.end, options.count, call.reply());
    return {};
  }
  call.reply().null_array();
  return {};
}

const Command kRows[] = {
    {.name = "lpush",
     .arity = -3,
     .flags = kWrite | kDenyOom | kFast,
     .acl = kAclList,
     .keys = {1, 1, 1},
     .key_use = {"RW insert"},
     .route = Route::kKey,
     .run = lpush,
     .group = "list",
     .since = "1.0.0",
     .summary = "Adds elements at the front of a list, one by one, and tells its length.",
     .complexity = "O(N), N elements that are added",
     .syntax = "key element..."},
    {.name = "rpush",
     .arity = -3,
     .flags = kWrite | kDenyOom | kFast,
     .acl = kAclList,
     .keys = {1, 1, 1},
     .key_use = {"RW insert"},
     .route = Route::kKey,
     .run = rpush,
     .group = "list",
     .since = "1.0.0",
     .summary = "Adds elements at the end of a list and tells its length.",
     .complexity = "O(N), N elements that are added",
     .syntax = "key element..."},
    {.name = "lpushx",
     .arity = -3,
     .flags = kWrite | kDenyOom | kFast,
     .acl = kAclList,
     .keys = {1, 1, 1},
     .key_use = {"RW insert"},
     .route = Route::kKey,
     .run = lpushx,
     .group = "list",
     .since = "2.2.0",
     .summary = "Adds elements at the front of a list if there is one.",
     .complexity = "O(N), N elements that are added",
     .syntax = "key element..."},
    {.name = "rpushx",
     .arity = -3,
     .flags = kWrite | kDenyOom | kFast,
     .acl = kAclList,
     .keys = {1, 1, 1},
     .key_use = {"RW insert"},
     .route = Route::kKey,
     .run = rpushx,
     .group = "list",
     .since = "2.2.0",
     .summary = "Adds elements at the end of a list if there is one.",
     .complexity = "O(N), N elements that are added",
     .syntax = "key element..."},
    {.name = "lpop",
     .arity = -2,
     .flags = kWrite | kFast,
     .acl = kAclList,
     .keys = {1, 1, 1},
     .key_use = {"RW access delete"},
     .route = Route::kKey,
     .run = lpop,
     .group = "list",
     .since = "1.0.0",
     .summary = "Removes the first elements of a list and returns them.",
     .complexity = "O(N), N elements that are removed",
     .syntax = "key [count:integer@6.2.0]"},
    {.name = "rpop",
     .arity = -2,
     .flags = kWrite | kFast,
     .acl = kAclList,
     .keys = {1, 1, 1},
     .key_use = {"RW access delete"},
     .route = Route::kKey,
     .run = rpop,
     .group = "list",
     .since = "1.0.0",
     .summary = "Removes the last elements of a list and returns them.",
     .complexity = "O(N), N elements that are removed",
     .syntax = "key [count:integer@6.2.0]"},
    {.name = "lmove",
     .arity = 5,
     .flags = kWrite | kDenyOom,
     .acl = kAclList,
     .keys = {1, 2, 1},
     .key_use = {"RW access delete|RW insert"},
     .route = Route::kCoordinated,
     .run = lmove,
     .group = "list",
     .since = "6.2.0",
     .summary = "Moves an element from one end of a list to an end of another, and returns it.",
     .complexity = "O(1)",
     .syntax = "source:key destination:key#1 wherefrom(LEFT | RIGHT) whereto(LEFT | RIGHT)"},
    {.name = "rpoplpush",
     .arity = 3,
     .flags = kWrite | kDenyOom,
     .acl = kAclList,
     .keys = {1, 2, 1},
     .key_use = {"RW access delete|RW insert"},
     .route = Route::kCoordinated,
     .run = rpoplpush,
     .group = "list",
     .since = "1.2.0",
     .summary = "Moves the last element of a list to the front of another, and returns it.",
     .complexity = "O(1)",
     .syntax = "source:key destination:key#1",
     .deprecated_since = "6.2.0",
     .replaced_by = "`LMOVE` with `RIGHT` and `LEFT`"},
    {.name = "lmpop",
     .arity = -4,
     .flags = kWrite | kMovableKeys,
     .acl = kAclList,
     .key_use = {"RW access delete"},
     .find_keys = counted_keys,
     .route = Route::kCoordinated,
     .run = lmpop,
     .group = "list",
     .since = "7.0.0",
     .summary = "Removes elements from an end of the first list that exists, and returns them.",
     .complexity = "O(N+M), N keys, M elements that are removed",
     .syntax = "numkeys:integer key... where(LEFT | RIGHT) [COUNT count:integer]"},
};

}  // namespace

std::span<const Command> list_end_commands() {
  return kRows;
}

}  // namespace rondo
