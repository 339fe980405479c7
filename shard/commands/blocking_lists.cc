#include "shard/commands/blocking_lists.h"

#include "shard/commands/counted_keys.h"
#include "shard/commands/key_waits.h"
#include "shard/commands/list_moves.h"

namespace rondo {

namespace {

const ListLimits& limits_of(Call& call) {
  return call.shard().limits().list;
}

Keyspace& keyspace_at(Call& call, size_t i) {
  return call.keyspace_of(call[i], call.db());
}

// BLPOP key [key ...] timeout
Error pop_generic(Call& call, ListEnd end) {
  const size_t keys = call.size() - 2;
  int64_t timeout_ms = 0;
  if (Error error = read_wait_timeout(call, call.size() - 1, timeout_ms)) return error;
  size_t found = kNoKey;
  if (Error error = find_awaited(call, Type::kList, 1, keys, found)) return error;
  if (found == kNoKey) {
    wait_or_null(call, 1, keys, timeout_ms);
  } else if (claim(call)) {
    call.reply().array(2);
    call.reply().bulk(call[found]);
    pop_element(keyspace_at(call, found), call.key(found), limits_of(call), end, call.reply());
  }
  return {};
}

Error blpop(Call& call) {
  return pop_generic(call, ListEnd::kLeft);
}

Error brpop(Call& call) {
  return pop_generic(call, ListEnd::kRight);
}

// BLMPOP timeout numkeys key [key ...] LEFT|RIGHT [COUNT count]
Error blmpop(Call& call) {
  ListPopOptions options;
  if (Error error = read_list_pop_options(call.args(), 2, options)) return error;
  int64_t timeout_ms = 0;
  if (Error error = read_wait_timeout(call, 1, timeout_ms)) return error;
  size_t found = kNoKey;
  if (Error error = find_awaited(call, Type::kList, options.first_key, options.keys, found)) {
    return error;
  }
  if (found == kNoKey) {
    wait_or_null(call, options.first_key, options.keys, timeout_ms);
  } else if (claim(call)) {
    call.reply().array(2);
    call.reply().bulk(call[found]);
    pop_elements(keyspace_at(call, found), call.key(found), limits_of(call), options.end,
                 options.count, call.reply());
  }
  return {};
}

// From the list at argument 1 to that at argument 2; only the first one is waited for.
Error move_generic(Call& call, ListEnd from, ListEnd to, size_t timeout_at) {
  int64_t timeout_ms = 0;
  if (Error error = read_wait_timeout(call, timeout_at, timeout_ms)) return error;
  size_t found = kNoKey;
  if (Error error = find_awaited(call, Type::kList, 1, 1, found)) return error;
  if (found == kNoKey) {
    if (KeyWait* wait = call.key_wait()) {
      wait->wait_for(1, 1, timeout_ms);
    } else {
      call.reply().null();
    }
    return {};
  }
  if (!call.view().find_of_key(call[2])) {
    call.key_wait()->need_all_shards();
    return {};
  }
  if (!claim(call)) return {};
  const ListEndRef source{keyspace_at(call, 1), call.key(1), from};
  const ListEndRef target{keyspace_at(call, 2), call.key(2), to};
  bool moved = false;
  if (Error error = move_element(source, target, limits_of(call), call.reply(), moved)) {
    return error;
  }
  if (source.key.bytes != target.key.bytes) call.shard().count_as_one();
  return {};
}

Error blmove(Call& call) {
  ListEnd from = ListEnd::kLeft;
  ListEnd to = ListEnd::kLeft;
  if (Error error = read_list_end(call[3], from)) return error;
  if (Error error = read_list_end(call[4], to)) return error;
  return move_generic(call, from, to, 5);
}

Error brpoplpush(Call& call) {
  return move_generic(call, ListEnd::kRight, ListEnd::kLeft, 3);
}

constexpr Command kRows[] = {
    {.name = "blpop",
     .arity = -3,
     .flags = kWrite | kBlocking,
     .acl = kAclList,
     .keys = {1, -2, 1},
     .key_use = {"RW access delete"},
     .route = Route::kCoordinated,
     .run = blpop,
     .group = "list",
     .since = "2.0.0",
     .summary = "Takes the first element of the first list that has one, and waits for one.",
     .complexity = "O(N), N keys",
     .syntax = "key... timeout:double"},
    {.name = "brpop",
     .arity = -3,
     .flags = kWrite | kBlocking,
     .acl = kAclList,
     .keys = {1, -2, 1},
     .key_use = {"RW access delete"},
     .route = Route::kCoordinated,
     .run = brpop,
     .group = "list",
     .since = "2.0.0",
     .summary = "Takes the last element of the first list that has one, and waits for one.",
     .complexity = "O(N), N keys",
     .syntax = "key... timeout:double"},
    {.name = "blmpop",
     .arity = -5,
     .flags = kWrite | kBlocking | kMovableKeys,
     .acl = kAclList,
     .key_use = {"RW access delete"},
     .find_keys = counted_keys_behind_timeout,
     .route = Route::kCoordinated,
     .run = blmpop,
     .group = "list",
     .since = "7.0.0",
     .summary = "Takes elements from an end of the first list that has any, and waits for one.",
     .complexity = "O(N+M), N keys, M elements that are taken",
     .syntax = "timeout:double numkeys:integer key... where(LEFT | RIGHT) [COUNT count:integer]"},
    {.name = "blmove",
     .arity = 6,
     .flags = kWrite | kDenyOom | kBlocking,
     .acl = kAclList,
     .keys = {1, 2, 1},
     .key_use = {"RW access delete|RW insert"},
     .route = Route::kCoordinated,
     .run = blmove,
     .group = "list",
     .since = "6.2.0",
     .summary = "Moves an element from one list to another, and waits for one.",
     .complexity = "O(1)",
     .syntax = "source:key destination:key#1 "
               "wherefrom(LEFT | RIGHT) whereto(LEFT | RIGHT) timeout:double"},
    {.name = "brpoplpush",
     .arity = 4,
     .flags = kWrite | kDenyOom | kBlocking,
     .acl = kAclList,
     .keys = {1, 2, 1},
     .key_use = {"RW access delete|RW insert"},
     .route = Route::kCoordinated,
     .run = brpoplpush,
     .group = "list",
     .since = "2.2.0",
     .summary = "Moves the last element of a list to the front of another, and waits for one.",
     .complexity = "O(1)",
     .syntax = "source:key destination:key#1 timeout:double",
     .deprecated_since = "6.2.0",
     .replaced_by = "`BLMOVE` with `RIGHT` and `LEFT`"},
};

}  // namespace

std::span<const Command> blocking_list_commands() {
  return kRows;
}

}  // namespace rondo
