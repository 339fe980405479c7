#include "shard/commands/keys.h"

#include <utility>

#include "protocol/errors.h"
#include "shard/call.h"
#include "shard/commands/arguments.h"
#include "shard/commands/touch_scope.h"
#include "shard/detached_value.h"

namespace rondo {

namespace {

// DEL and UNLINK: here they are the same, since a large value is always freed in small slices.
Error del(Call& call) {
  Keyspace& keyspace = call.keyspace();
  int64_t erased = 0;
  for (size_t i = 1; i < call.size(); i++)
    erased += keyspace.erase(call.key(i)) ? 1 : 0;
  call.reply().integer(erased);
  return {};
}

// A key that is named twice counts twice.
Error exists(Call& call) {
  int64_t found = 0;
  for (size_t i = 1; i < call.size(); i++)
    found += look(call, i) ? 1 : 0;
  call.reply().integer(found);
  return {};
}

Error touch(Call& call) {
  const TouchScope scope(call.shard(), true);
  Keyspace& keyspace = call.keyspace();
  int64_t found = 0;
  for (size_t i = 1; i < call.size(); i++)
    found += keyspace.find(call.key(i)) ? 1 : 0;
  call.reply().integer(found);
  return {};
}

Error type(Call& call) {
  const Entry entry = look(call, 1);
  call.reply().simple(entry ? type_name(entry.type()) : "none");
  return {};
}

// Moves the value of the first key to the second, in place of what is there. `moved` is false when
// the second had to be absent and is not, or is the same key.
Error rename_generic(Call& call, bool only_if_absent, bool& moved) {
  const Key from = call.key(1);
  const Key to = call.key(2);
  Keyspace& source = call.keyspace_of(from.bytes, call.db());
  moved = false;
  if (!source.peek(from)) return errors::kNoSuchKey;
  if (from.bytes == to.bytes) return {};
  Keyspace& target = call.keyspace_of(to.bytes, call.db());
  if (only_if_absent && target.peek(to)) return {};
  target.put(to, source.take(from, events::kRenameFrom), events::kRenameTo);
  call.shard().count_as_one();
  moved = true;
  return {};
}

Error rename(Call& call) {
  bool moved = false;
  if (Error error = rename_generic(call, false, moved)) return error;
  call.reply().ok();
  return {};
}

Error renamenx(Call& call) {
  bool moved = false;
  if (Error error = rename_generic(call, true, moved)) return error;
  call.reply().integer(moved ? 1 : 0);
  return {};
}

struct CopyOptions {
  bool replace = false;
  int db = 0;  // The target's.
};

Error parse_copy_options(Call& call, CopyOptions& options) {
  options.db = call.db();
  for (size_t i = 3; i < call.size(); i++) {
    if (is_word(call[i], "replace")) {
      options.replace = true;
    } else if (is_word(call[i], "db") && i + 1 < call.size()) {
      int64_t db = 0;
      if (Error error = read_database(call[++i], db)) return error;
      if (db < 0 || db >= call.shard().databases()) return errors::kDbIndex;
      options.db = static_cast<int>(db);
    } else {
      return errors::kSyntax;
    }
  }
  return {};
}

Error copy(Call& call) {
  CopyOptions options;
  if (Error error = parse_copy_options(call, options)) return error;
  const Key from = call.key(1);
  const Key to = call.key(2);
  if (options.db == call.db() && from.bytes == to.bytes) return errors::kSameObject;
  Keyspace& source = call.keyspace_of(from.bytes, call.db());
  Keyspace& target = call.keyspace_of(to.bytes, options.db);
  if (!source.find(from) || (target.peek(to) && !options.replace)) {
    call.reply().integer(0);
    return {};
  }
  target.put(to, source.copy(from), events::kCopyTo);
  call.reply().integer(1);
  return {};
}

Error move(Call& call) {
  int64_t db = 0;
  if (Error error = read_database(call[2], db)) return error;
  if (db < 0 || db >= call.shard().databases()) return errors::kDbIndex;
  if (db == call.db()) return errors::kSameObject;
  Keyspace& source = call.keyspace();
  Keyspace& target = call.shard().db(static_cast<int>(db));
  const Key key = call.key(1);
  const bool moves = source.peek(key) && !target.peek(key);
  if (moves) {
    target.put(key, source.take(key, events::kMoveFrom), events::kMoveTo);
    call.shard().count_as_one();
  }
  call.reply().integer(moves ? 1 : 0);
  return {};
}

const Command kRows[] = {
    {.name = "del",
     .arity = -2,
     .flags = kWrite,
     .acl = kAclKeyspace,
     .keys = {1, -1, 1},
     .key_use = {"RM delete"},
     .route = Route::kSplit,
     .merge = Merge::kSum,
     .run = del,
     .tips = "request_policy:multi_shard response_policy:agg_sum",
     .group = "generic",
     .since = "1.0.0",
     .summary = "Removes keys and tells how many there were.",
     .complexity = "O(N), N keys",
     .syntax = "key..."},
    {.name = "unlink",
     .arity = -2,
     .flags = kWrite | kFast,
     .acl = kAclKeyspace,
     .keys = {1, -1, 1},
     .key_use = {"RM delete"},
     .route = Route::kSplit,
     .merge = Merge::kSum,
     .run = del,
     .tips = "request_policy:multi_shard response_policy:agg_sum",
     .group = "generic",
     .since = "4.0.0",
     .summary = "Removes keys and tells how many there were; as cheap as DEL is here.",
     .complexity = "O(N), N keys",
     .syntax = "key..."},
    {.name = "exists",
     .arity = -2,
     .flags = kReadonly | kFast,
     .acl = kAclKeyspace,
     .keys = {1, -1, 1},
     .key_use = {"RO"},
     .route = Route::kSplit,
     .merge = Merge::kSum,
     .run = exists,
     .tips = "request_policy:multi_shard response_policy:agg_sum",
     .group = "generic",
     .since = "1.0.0",
     .summary = "Tells how many of the keys exist.",
     .complexity = "O(N), N keys",
     .syntax = "key..."},
    {.name = "touch",
     .arity = -2,
     .flags = kReadonly | kFast,
     .acl = kAclKeyspace,
     .keys = {1, -1, 1},
     .key_use = {"RO"},
     .route = Route::kSplit,
     .merge = Merge::kSum,
     .run = touch,
     .tips = "request_policy:multi_shard response_policy:agg_sum",
     .group = "generic",
     .since = "3.2.1",
     .summary = "Marks keys as used just now and tells how many there are.",
     .complexity = "O(N), N keys",
     .syntax = "key..."},
    {.name = "type",
     .arity = 2,
     .flags = kReadonly | kFast,
     .acl = kAclKeyspace,
     .keys = {1, 1, 1},
     .key_use = {"RO"},
     .route = Route::kKey,
     .run = type,
     .group = "generic",
     .since = "1.0.0",
     .summary = "Tells what kind of value a key has.",
     .complexity = "O(1)",
     .syntax = "key"},
    {.name = "rename",
     .arity = 3,
     .flags = kWrite,
     .acl = kAclKeyspace,
     .keys = {1, 2, 1},
     .key_use = {"RW access delete|OW update"},
     .route = Route::kCoordinated,
     .run = rename,
     .group = "generic",
     .since = "1.0.0",
     .summary = "Gives a key another name, in place of the key that has it.",
     .complexity = "O(1)",
     .syntax = "key newkey:key#1"},
    {.name = "renamenx",
     .arity = 3,
     .flags = kWrite | kFast,
     .acl = kAclKeyspace,
     .keys = {1, 2, 1},
     .key_use = {"RW access delete|OW insert"},
     .route = Route::kCoordinated,
     .run = renamenx,
     .group = "generic",
     .since = "1.0.0",
     .summary = "Gives a key another name if no key has it.",
     .complexity = "O(1)",
     .syntax = "key newkey:key#1"},
    {.name = "copy",
     .arity = -3,
     .flags = kWrite | kDenyOom,
     .acl = kAclKeyspace,
     .keys = {1, 2, 1},
     .key_use = {"RO access|OW update"},
     .route = Route::kCoordinated,
     .run = copy,
     .group = "generic",
     .since = "6.2.0",
     .summary = "Copies the value and the expiry of a key to another key or database.",
     .complexity = "O(N), N elements of a collection; O(1) for a large string",
     .syntax = "source:key destination:key#1 [DB destination-db:integer] [REPLACE]"},
    {.name = "move",
     .arity = 3,
     .flags = kWrite | kFast,
     .acl = kAclKeyspace,
     .keys = {1, 1, 1},
     .key_use = {"RW access update"},
     .route = Route::kKey,
     .run = move,
     .group = "generic",
     .since = "1.0.0",
     .summary = "Moves a key to another database.",
     .complexity = "O(1)",
     .syntax = "key db:integer"},
};

}  // namespace

std::span<const Command> key_commands() {
  return kRows;
}

}  // namespace rondo
