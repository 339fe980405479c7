#include "shard/commands/hash_expiry_values.h"

#include <vector>

#include "protocol/number.h"
#include "shard/commands/collection.h"
#include "shard/commands/hash_expired.h"
#include "shard/commands/hash_expiry_change.h"
#include "shard/commands/hash_expiry_options.h"
#include "shard/commands/hash_value.h"

namespace rondo {

namespace {

constexpr Event kHexpire{"hexpire", 'h'};
constexpr Event kHset{"hset", 'h'};
constexpr Event kHsetWithExpiry{"hset", 'h', &kHexpire};

// The value of one field, or null; true when there is the field.
bool reply_field(Call& call, const HashEdit& hash, std::string_view field, int64_t& expire_at_ms) {
  Item value;
  if (!hash.view().get(field, value, expire_at_ms)) {
    call.reply().null();
    return false;
  }
  reply_item(call.reply(), value);
  return true;
}

Error hgetdel(Call& call) {
  HashEdit hash(call);
  if (Error error = hash.open()) return error;
  Args fields;
  if (Error error = read_fields(call.args(), 2, kFieldsNumber, fields)) return error;
  if (Error error = open_without_expired(call, hash, fields)) return error;
  // They are removed as if their time had come.
  HashExpiryChange change(call, hash, call.now_ms());
  call.reply().array(fields.size());
  for (const std::string_view field : fields) {
    int64_t expire_at_ms = kNoExpiry;
    if (reply_field(call, hash, field, expire_at_ms)) change.apply(field);
  }
  change.finish();
  return {};
}

Error hgetex(Call& call) {
  HashEdit hash(call);
  if (Error error = hash.open()) return error;
  FieldOptions options;
  if (Error error = parse_hgetex_options(call.args(), call.now_ms(), options)) return error;
  if (Error error = open_without_expired(call, hash, options.fields)) return error;
  HashExpiryChange change(call, hash, options.expires ? options.expire_at_ms : kNoExpiry);
  call.reply().array(options.fields.size());
  for (const std::string_view field : options.fields) {
    int64_t expire_at_ms = kNoExpiry;
    if (!reply_field(call, hash, field, expire_at_ms)) continue;
    const bool persists = options.persists && expire_at_ms != kNoExpiry;
    if (options.expires || persists) change.apply(field);
  }
  change.finish();
  return {};
}

// Opens the hash and tells whether FNX or FXX allows the fields to be set. Without them nobody
// looks for the fields before they are written.
Error open_if_allowed(Call& call, HashEdit& hash, const FieldOptions& options, bool& allowed) {
  allowed = true;
  if (!options.if_absent && !options.if_present) return hash.open();
  if (Error error = open_without_expired(call, hash, options.fields, 2)) return error;
  for (size_t i = 0; i < options.fields.size() && allowed; i += 2) {
    Item value;
    allowed = hash.view().get(options.fields[i], value) == options.if_present;
  }
  return {};
}

void set_fields(Call& call, HashEdit& hash, const FieldOptions& options) {
  const int64_t expire_at_ms = options.keeps     ? kKeepExpiry
                               : options.expires ? options.expire_at_ms
                                                 : kNoExpiry;
  for (size_t i = 0; i < options.fields.size(); i += 2)
    hash.set(options.fields[i], options.fields[i + 1], expire_at_ms);

  char at_ms[kIntegerBytesMax];
  char count[kIntegerBytesMax];
  std::vector<std::string_view> change;
  if (hash.has_listeners()) {
    const auto pairs = static_cast<int64_t>(options.fields.size() / 2);
    change = {"HSETEX", call[1]};
    if (options.keeps) change.push_back("KEEPTTL");
    if (options.expires) {
      change.insert(change.end(), {"PXAT", {at_ms, format_integer(expire_at_ms, at_ms)}});
    }
    change.insert(change.end(), {"FIELDS", {count, format_integer(pairs, count)}});
    change.insert(change.end(), options.fields.begin(), options.fields.end());
  }
  hash.finish(change, options.expires ? kHsetWithExpiry : kHset);
}

// A time that has passed: the fields are written and gone at once, and listeners hear of both.
Error set_and_remove_fields(Call& call, HashEdit& hash, const FieldOptions& options) {
  FieldOptions written = options;
  written.expires = false;
  set_fields(call, hash, written);
  HashEdit again(call);
  if (Error error = again.open()) return error;
  HashExpiryChange change(call, again, options.expire_at_ms);
  for (size_t i = 0; i < options.fields.size(); i += 2) {
    Item value;
    if (again.view().get(options.fields[i], value)) change.apply(options.fields[i]);
  }
  change.finish();
  return {};
}

Error hsetex(Call& call) {
  FieldOptions options;
  if (Error error = parse_hsetex_options(call.args(), call.now_ms(), options)) return error;
  HashEdit hash(call);
  bool sets = false;
  if (Error error = open_if_allowed(call, hash, options, sets)) return error;
  if (sets && options.expires && options.expire_at_ms <= call.now_ms()) {
    if (Error error = set_and_remove_fields(call, hash, options)) return error;
  } else if (sets) {
    set_fields(call, hash, options);
  }
  call.reply().integer(sets ? 1 : 0);
  return {};
}

const Command kRows[] = {
    {.name = "hgetdel",
     .arity = -5,
     .flags = kWrite | kFast,
     .acl = kAclHash,
     .keys = {1, 1, 1},
     .key_use = {"RW access delete"},
     .route = Route::kKey,
     .run = hgetdel,
     .group = "hash",
     .since = "8.0.0",
     .summary = "Returns the values of fields and removes them.",
     .complexity = "O(N), N fields that are named",
     .syntax = "key FIELDS fields(numfields:integer field...)"},
    {.name = "hgetex",
     .arity = -5,
     .flags = kWrite | kFast,
     .acl = kAclHash,
     .keys = {1, 1, 1},
     .key_use = {"RW access update"},
     .route = Route::kKey,
     .run = hgetex,
     .group = "hash",
     .since = "8.0.0",
     .summary = "Returns the values of fields and changes their expiry.",
     .complexity = "O(N), N fields that are named",
     .syntax = "key "
               "[expiration(EX seconds:integer | PX milliseconds:integer "
               "| EXAT unix-time-seconds:unix-time | PXAT unix-time-milliseconds:unix-time "
               "| PERSIST)] "
               "FIELDS fields(numfields:integer field...)"},
    {.name = "hsetex",
     .arity = -6,
     .flags = kWrite | kDenyOom | kFast,
     .acl = kAclHash,
     .keys = {1, 1, 1},
     .key_use = {"RW update"},
     .route = Route::kKey,
     .run = hsetex,
     .group = "hash",
     .since = "8.0.0",
     .summary = "Writes fields together with their expiry.",
     .complexity = "O(N), N fields that are written",
     .syntax = "key [condition(FNX | FXX)] "
               "[expiration(EX seconds:integer | PX milliseconds:integer "
               "| EXAT unix-time-seconds:unix-time | PXAT unix-time-milliseconds:unix-time "
               "| KEEPTTL)] "
               "FIELDS fields(numfields:integer data(field value)...)"},
};

}  // namespace

std::span<const Command> hash_expiry_value_commands() {
  return kRows;
}

}  // namespace rondo
