#include "shard/commands/strings.h"

#include "protocol/errors.h"
#include "shard/call.h"
#include "shard/commands/arguments.h"
#include "shard/commands/expire_options.h"
#include "shard/commands/string_value.h"

namespace rondo {

namespace {

// Replies with the value of the first key, or null. `entry` tells the caller which it was.
Error reply_first(Call& call, Entry& entry) {
  entry = call.keyspace().find(call.key(1));
  if (!entry) {
    call.reply().null();
    return {};
  }
  if (!entry.is_string()) return errors::kWrongType;
  reply_value(call.reply(), entry);
  return {};
}

Error get(Call& call) {
  Entry entry;
  return reply_first(call, entry);
}

Error set(Call& call) {
  Keyspace& keyspace = call.keyspace();
  const Key key = call.key(1);
  if (call.size() == 3) {
    put_argument(call, keyspace, key, 2, kNoExpiry, events::kSet);
    call.reply().ok();
    return {};
  }

  ValueOptions options;
  if (Error error = parse_value_options(call.args(), 3, ValueCommand::kSet, options)) return error;
  int64_t expire_at_ms = options.keep_expiry ? kKeepExpiry : kNoExpiry;
  if (options.expires) {
    if (Error error = resolve_value_expiry(options.expiry, call.now_ms(), "set", expire_at_ms)) {
      return error;
    }
  }
  Entry entry;
  if (options.get) {
    if (Error error = reply_first(call, entry)) return error;
  } else if (options.if_absent || options.if_present) {
    entry = keyspace.peek(key);
  }
  if ((options.if_absent && entry) || (options.if_present && !entry)) {
    if (!options.get) call.reply().null();
    return {};
  }
  // An expiry in the past is written all the same: the next access finds the key expired.
  put_argument(call, keyspace, key, 2, expire_at_ms,
               options.expires ? events::kSetWithExpiry : events::kSet);
  if (!options.get) call.reply().ok();
  return {};
}

Error setnx(Call& call) {
  Keyspace& keyspace = call.keyspace();
  const Key key = call.key(1);
  const bool present = static_cast<bool>(keyspace.peek(key));
  if (!present) put_argument(call, keyspace, key, 2, kNoExpiry, events::kSet);
  call.reply().integer(present ? 0 : 1);
  return {};
}

Error set_expiring(Call& call, std::string_view command, bool seconds) {
  const ExpireArgument argument{.text = call[2], .seconds = seconds};
  int64_t expire_at_ms = 0;
  if (Error error = resolve_value_expiry(argument, call.now_ms(), command, expire_at_ms)) {
    return error;
  }
  put_argument(call, call.keyspace(), call.key(1), 3, expire_at_ms, events::kSetWithExpiry);
  call.reply().ok();
  return {};
}

Error setex(Call& call) {
  return set_expiring(call, "setex", true);
}
Error psetex(Call& call) {
  return set_expiring(call, "psetex", false);
}

Error getset(Call& call) {
  Entry entry;
  if (Error error = reply_first(call, entry)) return error;
  put_argument(call, call.keyspace(), call.key(1), 2, kNoExpiry, events::kSet);
  return {};
}

Error getdel(Call& call) {
  Entry entry;
  if (Error error = reply_first(call, entry)) return error;
  if (entry) call.keyspace().erase(call.key(1), events::kDel);
  return {};
}

Error getex(Call& call) {
  ValueOptions options;
  if (Error error = parse_value_options(call.args(), 2, ValueCommand::kGetex, options)) {
    return error;
  }
  Keyspace& keyspace = call.keyspace();
  const Key key = call.key(1);
  const Entry entry = keyspace.find(key);
  // Only now: the time of a missing key is not looked at.
  if (!entry) {
    call.reply().null();
    return {};
  }
  if (!entry.is_string()) return errors::kWrongType;
  int64_t expire_at_ms = kNoExpiry;
  if (options.expires) {
    if (Error error = resolve_value_expiry(options.expiry, call.now_ms(), "getex", expire_at_ms)) {
      return error;
    }
  }
  const bool expires = entry.has_expiry();
  reply_value(call.reply(), entry);
  if (options.expires && expire_at_ms <= call.now_ms()) {
    keyspace.erase(key, events::kDel);
  } else if (options.expires) {
    keyspace.set_expiry(key, expire_at_ms, events::kExpire);
  } else if (options.persist && expires) {
    keyspace.set_expiry(key, kNoExpiry, events::kPersist);
  }
  return {};
}

const Command kRows[] = {
    {.name = "get",
     .arity = 2,
     .flags = kReadonly | kFast,
     .acl = kAclString,
     .keys = {1, 1, 1},
     .key_use = {"RO access"},
     .route = Route::kKey,
     .run = get,
     .group = "string",
     .since = "1.0.0",
     .summary = "Returns the string of a key.",
     .complexity = "O(1)",
     .syntax = "key"},
    {.name = "set",
     .arity = -3,
     .flags = kWrite | kDenyOom,
     .acl = kAclString,
     .keys = {1, 1, 1},
     .key_use = {"RW access update variable_flags"},
     .route = Route::kKey,
     .run = set,
     .group = "string",
     .since = "1.0.0",
     .summary = "Writes a string under a key, on conditions and with an expiry if asked for.",
     .complexity = "O(1)",
     .syntax = "key value [condition(NX | XX)@2.6.12] [GET@6.2.0] "
               "[expiration(EX seconds:integer@2.6.12 | PX milliseconds:integer@2.6.12 "
               "| EXAT unix-time-seconds:unix-time@6.2.0 "
               "| PXAT unix-time-milliseconds:unix-time@6.2.0 | KEEPTTL@6.0.0)]"},
    {.name = "setnx",
     .arity = 3,
     .flags = kWrite | kDenyOom | kFast,
     .acl = kAclString,
     .keys = {1, 1, 1},
     .key_use = {"OW insert"},
     .route = Route::kKey,
     .run = setnx,
     .group = "string",
     .since = "1.0.0",
     .summary = "Writes a string under a key that does not exist yet.",
     .complexity = "O(1)",
     .syntax = "key value",
     .deprecated_since = "2.6.12",
     .replaced_by = "`SET` with `NX`"},
    {.name = "setex",
     .arity = 4,
     .flags = kWrite | kDenyOom,
     .acl = kAclString,
     .keys = {1, 1, 1},
     .key_use = {"OW update"},
     .route = Route::kKey,
     .run = setex,
     .group = "string",
     .since = "2.0.0",
     .summary = "Writes a string that expires after a number of seconds.",
     .complexity = "O(1)",
     .syntax = "key seconds:integer value",
     .deprecated_since = "2.6.12",
     .replaced_by = "`SET` with `EX`"},
    {.name = "psetex",
     .arity = 4,
     .flags = kWrite | kDenyOom,
     .acl = kAclString,
     .keys = {1, 1, 1},
     .key_use = {"OW update"},
     .route = Route::kKey,
     .run = psetex,
     .group = "string",
     .since = "2.6.0",
     .summary = "Writes a string that expires after a number of milliseconds.",
     .complexity = "O(1)",
     .syntax = "key milliseconds:integer value",
     .deprecated_since = "2.6.12",
     .replaced_by = "`SET` with `PX`"},
    {.name = "getset",
     .arity = 3,
     .flags = kWrite | kDenyOom | kFast,
     .acl = kAclString,
     .keys = {1, 1, 1},
     .key_use = {"RW access update"},
     .route = Route::kKey,
     .run = getset,
     .group = "string",
     .since = "1.0.0",
     .summary = "Writes a string under a key and returns the one before.",
     .complexity = "O(1)",
     .syntax = "key value",
     .deprecated_since = "6.2.0",
     .replaced_by = "`SET` with `GET`"},
    {.name = "getdel",
     .arity = 2,
     .flags = kWrite | kFast,
     .acl = kAclString,
     .keys = {1, 1, 1},
     .key_use = {"RW access delete"},
     .route = Route::kKey,
     .run = getdel,
     .group = "string",
     .since = "6.2.0",
     .summary = "Returns the string of a key and removes the key.",
     .complexity = "O(1)",
     .syntax = "key"},
    {.name = "getex",
     .arity = -2,
     .flags = kWrite | kFast,
     .acl = kAclString,
     .keys = {1, 1, 1},
     .key_use = {"RW access update"},
     .route = Route::kKey,
     .run = getex,
     .group = "string",
     .since = "6.2.0",
     .summary = "Returns the string of a key and changes when the key expires.",
     .complexity = "O(1)",
     .syntax = "key "
               "[expiration(EX seconds:integer | PX milliseconds:integer "
               "| EXAT unix-time-seconds:unix-time | PXAT unix-time-milliseconds:unix-time "
               "| PERSIST)]"},
};

}  // namespace

std::span<const Command> string_commands() {
  return kRows;
}

}  // namespace rondo
