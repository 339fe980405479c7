#include "shard/commands/hash_expiry.h"

#include "shard/commands/arguments.h"
#include "shard/commands/collection.h"
#include "shard/commands/expire_options.h"
#include "shard/commands/hash_expiry_change.h"
#include "shard/commands/hash_expiry_options.h"
#include "shard/commands/hash_value.h"

namespace rondo {

namespace {

// Replies for one field.
constexpr int64_t kNoField = -2;
constexpr int64_t kNoTime = -1;  // It never expires.
constexpr int64_t kRefused = 0;  // The condition is not met.
constexpr int64_t kDone = 1;
constexpr int64_t kRemoved = 2;  // The time has passed.

void reply_no_fields(Call& call, size_t fields) {
  call.reply().array(fields);
  for (size_t i = 0; i < fields; ++i)
    call.reply().integer(kNoField);
}

// At most one of NX, XX, GT and LT.
bool parse_condition(std::string_view word, ExpireConditions& conditions) {
  if (is_word(word, "nx")) {
    conditions.if_none = true;
  } else if (is_word(word, "xx")) {
    conditions.if_some = true;
  } else if (is_word(word, "gt")) {
    conditions.if_later = true;
  } else if (is_word(word, "lt")) {
    conditions.if_earlier = true;
  } else {
    return false;
  }
  return true;
}

// KEY time [NX | XX | GT | LT] FIELDS numfields field [field ...]
Error expire_fields(Call& call, std::string_view command, const FieldTime& time) {
  HashEdit hash(call);
  if (Error error = hash.open()) return error;
  int64_t at_ms = 0;
  if (Error error = resolve_field_expiry(call[2], time, call.now_ms(), command, at_ms)) {
    return error;
  }
  ExpireConditions conditions;
  const size_t fields_at = parse_condition(call[3], conditions) ? 4 : 3;
  Args fields;
  if (Error error = read_fields(call.args(), fields_at, kFieldsParameter, fields)) return error;
  HashExpiryChange change(call, hash, at_ms);
  call.reply().array(fields.size());
  for (const std::string_view field : fields) {
    Item value;
    int64_t current_ms = kNoExpiry;
    if (!hash.view().get(field, value, current_ms)) {
      call.reply().integer(kNoField);
    } else if (!conditions.allow(current_ms, at_ms)) {
      call.reply().integer(kRefused);
    } else {
      change.apply(field);
      call.reply().integer(change.removes() ? kRemoved : kDone);
    }
  }
  change.finish();
  return {};
}

Error hexpire(Call& call) {
  return expire_fields(call, "hexpire", {.seconds = true, .absolute = false});
}

Error hpexpire(Call& call) {
  return expire_fields(call, "hpexpire", {.seconds = false, .absolute = false});
}

Error hexpireat(Call& call) {
  return expire_fields(call, "hexpireat", {.seconds = true, .absolute = true});
}

Error hpexpireat(Call& call) {
  return expire_fields(call, "hpexpireat", {.seconds = false, .absolute = true});
}

// KEY FIELDS numfields field [field ...]. Seconds are rounded up.
Error reply_times(Call& call, const FieldTime& time) {
  Entry entry;
  if (Error error = find_collection(call, 1, Type::kHash, entry)) return error;
  Args fields;
  if (Error error = read_fields(call.args(), 2, kFieldsNumber, fields)) return error;
  if (!entry) {
    reply_no_fields(call, fields.size());
    return {};
  }
  const HashView hash(entry, call.now_ms());
  call.reply().array(fields.size());
  for (const std::string_view field : fields) {
    Item value;
    int64_t at_ms = kNoExpiry;
    if (!hash.get(field, value, at_ms)) {
      call.reply().integer(kNoField);
    } else if (at_ms == kNoExpiry) {
      call.reply().integer(kNoTime);
    } else {
      const int64_t ms = time.absolute ? at_ms : at_ms - call.now_ms();
      call.reply().integer(time.seconds ? (ms + 999) / 1000 : ms);
    }
  }
  return {};
}

Error httl(Call& call) {
  return reply_times(call, {.seconds = true, .absolute = false});
}

Error hpttl(Call& call) {
  return reply_times(call, {.seconds = false, .absolute = false});
}

Error hexpiretime(Call& call) {
  return reply_times(call, {.seconds = true, .absolute = true});
}

Error hpexpiretime(Call& call) {
  return reply_times(call, {.seconds = false, .absolute = true});
}

Error hpersist(Call& call) {
  HashEdit hash(call);
  if (Error error = hash.open()) return error;
  Args fields;
  if (Error error = read_fields(call.args(), 2, kFieldsNumber, fields)) return error;
  HashExpiryChange change(call, hash, kNoExpiry);
  call.reply().array(fields.size());
  for (const std::string_view field : fields) {
    Item value;
    int64_t at_ms = kNoExpiry;
    if (!hash.view().get(field, value, at_ms)) {
      call.reply().integer(kNoField);
    } else if (at_ms == kNoExpiry) {
      call.reply().integer(kNoTime);
    } else {
      change.apply(field);
      call.reply().integer(kDone);
    }
  }
  change.finish();
  return {};
}

constexpr const char* kLinear = "O(N), N fields that are named";

const Command kRows[] = {
    {.name = "hexpire",
     .arity = -6,
     .flags = kWrite | kFast,
     .acl = kAclHash,
     .keys = {1, 1, 1},
     .key_use = {"RW update"},
     .route = Route::kKey,
     .run = hexpire,
     .group = "hash",
     .since = "7.4.0",
     .summary = "Lets fields expire after so many seconds.",
     .complexity = kLinear,
     .syntax = "key seconds:integer [condition(NX | XX | GT | LT)] "
               "FIELDS fields(numfields:integer field...)"},
    {.name = "hpexpire",
     .arity = -6,
     .flags = kWrite | kFast,
     .acl = kAclHash,
     .keys = {1, 1, 1},
     .key_use = {"RW update"},
     .route = Route::kKey,
     .run = hpexpire,
     .group = "hash",
     .since = "7.4.0",
     .summary = "Lets fields expire after so many milliseconds.",
     .complexity = kLinear,
     .syntax = "key milliseconds:integer [condition(NX | XX | GT | LT)] "
               "FIELDS fields(numfields:integer field...)"},
    {.name = "hexpireat",
     .arity = -6,
     .flags = kWrite | kFast,
     .acl = kAclHash,
     .keys = {1, 1, 1},
     .key_use = {"RW update"},
     .route = Route::kKey,
     .run = hexpireat,
     .group = "hash",
     .since = "7.4.0",
     .summary = "Lets fields expire at a Unix time in seconds.",
     .complexity = kLinear,
     .syntax = "key unix-time-seconds:unix-time [condition(NX | XX | GT | LT)] "
               "FIELDS fields(numfields:integer field...)"},
    {.name = "hpexpireat",
     .arity = -6,
     .flags = kWrite | kFast,
     .acl = kAclHash,
     .keys = {1, 1, 1},
     .key_use = {"RW update"},
     .route = Route::kKey,
     .run = hpexpireat,
     .group = "hash",
     .since = "7.4.0",
     .summary = "Lets fields expire at a Unix time in milliseconds.",
     .complexity = kLinear,
     .syntax = "key unix-time-milliseconds:unix-time [condition(NX | XX | GT | LT)] "
               "FIELDS fields(numfields:integer field...)"},
    {.name = "httl",
     .arity = -5,
     .flags = kReadonly | kFast,
     .acl = kAclHash,
     .keys = {1, 1, 1},
     .key_use = {"RO access"},
     .route = Route::kKey,
     .run = httl,
     .tips = "nondeterministic_output",
     .group = "hash",
     .since = "7.4.0",
     .summary = "Tells in how many seconds fields expire.",
     .complexity = kLinear,
     .syntax = "key FIELDS fields(numfields:integer field...)"},
    {.name = "hpttl",
     .arity = -5,
     .flags = kReadonly | kFast,
     .acl = kAclHash,
     .keys = {1, 1, 1},
     .key_use = {"RO access"},
     .route = Route::kKey,
     .run = hpttl,
     .tips = "nondeterministic_output",
     .group = "hash",
     .since = "7.4.0",
     .summary = "Tells in how many milliseconds fields expire.",
     .complexity = kLinear,
     .syntax = "key FIELDS fields(numfields:integer field...)"},
    {.name = "hexpiretime",
     .arity = -5,
     .flags = kReadonly | kFast,
     .acl = kAclHash,
     .keys = {1, 1, 1},
     .key_use = {"RO access"},
     .route = Route::kKey,
     .run = hexpiretime,
     .group = "hash",
     .since = "7.4.0",
     .summary = "Tells at which Unix time in seconds fields expire.",
     .complexity = kLinear,
     .syntax = "key FIELDS fields(numfields:integer field...)"},
    {.name = "hpexpiretime",
     .arity = -5,
     .flags = kReadonly | kFast,
     .acl = kAclHash,
     .keys = {1, 1, 1},
     .key_use = {"RO access"},
     .route = Route::kKey,
     .run = hpexpiretime,
     .group = "hash",
     .since = "7.4.0",
     .summary = "Tells at which Unix time in milliseconds fields expire.",
     .complexity = kLinear,
     .syntax = "key FIELDS fields(numfields:integer field...)"},
    {.name = "hpersist",
     .arity = -5,
     .flags = kWrite | kFast,
     .acl = kAclHash,
     .keys = {1, 1, 1},
     .key_use = {"RW update"},
     .route = Route::kKey,
     .run = hpersist,
     .group = "hash",
     .since = "7.4.0",
     .summary = "Takes away the expiry of fields.",
     .complexity = kLinear,
     .syntax = "key FIELDS fields(numfields:integer field...)"},
};

}  // namespace

std::span<const Command> hash_expiry_commands() {
  return kRows;
}

}  // namespace rondo
