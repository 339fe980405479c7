#include "shard/commands/expiry.h"

#include "shard/call.h"
#include "shard/commands/expire_options.h"
#include "shard/commands/touch_scope.h"

namespace rondo {

namespace {

// The four that set an expiry differ in how they read the time.
Error expire_generic(Call& call, std::string_view command, bool seconds, bool absolute) {
  ExpireConditions conditions;
  if (Error error = parse_expire_conditions(call.args(), 3, conditions)) return error;
  const ExpireArgument argument{.text = call[2], .seconds = seconds, .absolute = absolute};
  int64_t at_ms = 0;
  if (Error error = resolve_key_expiry(argument, call.now_ms(), command, at_ms)) return error;

  Keyspace& keyspace = call.keyspace();
  const Key key = call.key(1);
  const Entry entry = keyspace.peek(key);
  if (!entry || !conditions.allow(entry.expire_at_ms(), at_ms)) {
    call.reply().integer(0);
    return {};
  }
  if (at_ms <= call.now_ms()) {
    // Redis calls this a deletion, not an expiration: the event is "del".
    keyspace.erase(key, events::kDel);
  } else {
    keyspace.set_expiry(key, at_ms, events::kExpire);
  }
  call.reply().integer(1);
  return {};
}

Error expire(Call& call) {
  return expire_generic(call, "expire", true, false);
}
Error pexpire(Call& call) {
  return expire_generic(call, "pexpire", false, false);
}
Error expireat(Call& call) {
  return expire_generic(call, "expireat", true, true);
}
Error pexpireat(Call& call) {
  return expire_generic(call, "pexpireat", false, true);
}

// -2: no such key. -1: it never expires. Else a time that `seconds` rounds to the nearest second.
Error ttl_generic(Call& call, bool seconds, bool absolute) {
  const Entry entry = look(call, 1);
  if (!entry) {
    call.reply().integer(-2);
    return {};
  }
  const int64_t at_ms = entry.expire_at_ms();
  if (at_ms == kNoExpiry) {
    call.reply().integer(-1);
    return {};
  }
  const int64_t ms = absolute ? at_ms : at_ms - call.now_ms();
  // Halves go up. Written so that the largest time can not overflow.
  call.reply().integer(seconds ? ms / 1000 + (ms % 1000 >= 500 ? 1 : 0) : ms);
  return {};
}

Error ttl(Call& call) {
  return ttl_generic(call, true, false);
}
Error pttl(Call& call) {
  return ttl_generic(call, false, false);
}
Error expiretime(Call& call) {
  return ttl_generic(call, true, true);
}
Error pexpiretime(Call& call) {
  return ttl_generic(call, false, true);
}

Error persist(Call& call) {
  Keyspace& keyspace = call.keyspace();
  const Key key = call.key(1);
  const Entry entry = keyspace.peek(key);
  const bool expires = entry && entry.expire_at_ms() != kNoExpiry;
  if (expires) keyspace.set_expiry(key, kNoExpiry, events::kPersist);
  call.reply().integer(expires ? 1 : 0);
  return {};
}

const Command kRows[] = {
    {.name = "expire",
     .arity = -3,
     .flags = kWrite | kFast,
     .acl = kAclKeyspace,
     .keys = {1, 1, 1},
     .key_use = {"RW update"},
     .route = Route::kKey,
     .run = expire,
     .group = "generic",
     .since = "1.0.0",
     .summary = "Lets a key expire after a number of seconds.",
     .complexity = "O(1)",
     .syntax = "key seconds:integer [condition(NX | XX | GT | LT)@7.0.0]"},
    {.name = "pexpire",
     .arity = -3,
     .flags = kWrite | kFast,
     .acl = kAclKeyspace,
     .keys = {1, 1, 1},
     .key_use = {"RW update"},
     .route = Route::kKey,
     .run = pexpire,
     .group = "generic",
     .since = "2.6.0",
     .summary = "Lets a key expire after a number of milliseconds.",
     .complexity = "O(1)",
     .syntax = "key milliseconds:integer [condition(NX | XX | GT | LT)@7.0.0]"},
    {.name = "expireat",
     .arity = -3,
     .flags = kWrite | kFast,
     .acl = kAclKeyspace,
     .keys = {1, 1, 1},
     .key_use = {"RW update"},
     .route = Route::kKey,
     .run = expireat,
     .group = "generic",
     .since = "1.2.0",
     .summary = "Lets a key expire at a Unix time in seconds.",
     .complexity = "O(1)",
     .syntax = "key unix-time-seconds:unix-time [condition(NX | XX | GT | LT)@7.0.0]"},
    {.name = "pexpireat",
     .arity = -3,
     .flags = kWrite | kFast,
     .acl = kAclKeyspace,
     .keys = {1, 1, 1},
     .key_use = {"RW update"},
     .route = Route::kKey,
     .run = pexpireat,
     .group = "generic",
     .since = "2.6.0",
     .summary = "Lets a key expire at a Unix time in milliseconds.",
     .complexity = "O(1)",
     .syntax = "key unix-time-milliseconds:unix-time [condition(NX | XX | GT | LT)@7.0.0]"},
    {.name = "ttl",
     .arity = 2,
     .flags = kReadonly | kFast,
     .acl = kAclKeyspace,
     .keys = {1, 1, 1},
     .key_use = {"RO access"},
     .route = Route::kKey,
     .run = ttl,
     .tips = "nondeterministic_output",
     .group = "generic",
     .since = "1.0.0",
     .summary = "Tells how many seconds are left until a key expires.",
     .complexity = "O(1)",
     .syntax = "key"},
    {.name = "pttl",
     .arity = 2,
     .flags = kReadonly | kFast,
     .acl = kAclKeyspace,
     .keys = {1, 1, 1},
     .key_use = {"RO access"},
     .route = Route::kKey,
     .run = pttl,
     .tips = "nondeterministic_output",
     .group = "generic",
     .since = "2.6.0",
     .summary = "Tells how many milliseconds are left until a key expires.",
     .complexity = "O(1)",
     .syntax = "key"},
    {.name = "expiretime",
     .arity = 2,
     .flags = kReadonly | kFast,
     .acl = kAclKeyspace,
     .keys = {1, 1, 1},
     .key_use = {"RO access"},
     .route = Route::kKey,
     .run = expiretime,
     .group = "generic",
     .since = "7.0.0",
     .summary = "Tells the Unix time in seconds at which a key expires.",
     .complexity = "O(1)",
     .syntax = "key"},
    {.name = "pexpiretime",
     .arity = 2,
     .flags = kReadonly | kFast,
     .acl = kAclKeyspace,
     .keys = {1, 1, 1},
     .key_use = {"RO access"},
     .route = Route::kKey,
     .run = pexpiretime,
     .group = "generic",
     .since = "7.0.0",
     .summary = "Tells the Unix time in milliseconds at which a key expires.",
     .complexity = "O(1)",
     .syntax = "key"},
    {.name = "persist",
     .arity = 2,
     .flags = kWrite | kFast,
     .acl = kAclKeyspace,
     .keys = {1, 1, 1},
     .key_use = {"RW update"},
     .route = Route::kKey,
     .run = persist,
     .group = "generic",
     .since = "2.2.0",
     .summary = "Removes the expiry of a key, so that it stays.",
     .complexity = "O(1)",
     .syntax = "key"},
};

}  // namespace

std::span<const Command> expiry_commands() {
  return kRows;
}

}  // namespace rondo
