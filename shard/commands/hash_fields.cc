#include "shard/commands/hash_fields.h"

#include "protocol/errors.h"
#include "shard/commands/collection.h"
#include "shard/commands/hash_expired.h"
#include "shard/commands/hash_value.h"

namespace rondo {

namespace {

constexpr Event kHset{"hset", 'h'};
constexpr Event kHdel{"hdel", 'h'};

// For the commands that read: the hash of the first key.
Error find_hash(Call& call, Entry& entry) {
  return find_collection(call, 1, Type::kHash, entry);
}

// Writes the pairs of HSET and HMSET.
Error write_pairs(Call& call, const char* arity_error, size_t& added) {
  if (call.size() % 2 != 0) return arity_error;
  HashEdit hash(call);
  if (Error error = hash.open()) return error;
  added = hash.set_all(call.args().subspan(2));
  hash.finish(call.args(), kHset);
  return {};
}

Error hset(Call& call) {
  size_t added = 0;
  constexpr const char* kArity = "ERR wrong number of arguments for 'hset' command";
  if (Error error = write_pairs(call, kArity, added)) return error;
  call.reply().integer(static_cast<int64_t>(added));
  return {};
}

Error hmset(Call& call) {
  size_t added = 0;
  constexpr const char* kArity = "ERR wrong number of arguments for 'hmset' command";
  if (Error error = write_pairs(call, kArity, added)) return error;
  call.reply().ok();
  return {};
}

Error hsetnx(Call& call) {
  HashEdit hash(call);
  if (Error error = open_without_expired(call, hash, call.args().subspan(2, 1))) return error;
  Item value;
  const bool present = hash.view().get(call[2], value);
  if (!present) {
    hash.set(call[2], call[3]);
    hash.finish(call.args(), kHset);
  }
  call.reply().integer(present ? 0 : 1);
  return {};
}

// The value of one field, or null; false when there is none.
bool reply_field(Reply& reply, const HashView& hash, std::string_view field) {
  Item value;
  if (!hash.get(field, value)) {
    reply.null();
    return false;
  }
  reply_item(reply, value);
  return true;
}

// A command has looked for fields and not found all: those that have expired go.
void note_missing(Call& call, const HashView& hash, Args fields) {
  if (hash.may_expire()) [[unlikely]]
    remove_expired_fields(call, fields);
}

Error hget(Call& call) {
  Entry entry;
  if (Error error = find_hash(call, entry)) return error;
  const HashView hash(entry, call.now_ms());
  if (!reply_field(call.reply(), hash, call[2])) note_missing(call, hash, call.args().subspan(2));
  return {};
}

Error hmget(Call& call) {
  Entry entry;
  if (Error error = find_hash(call, entry)) return error;
  const HashView hash(entry, call.now_ms());
  const Args fields = call.args().subspan(2);
  call.reply().array(fields.size());
  bool found_all = true;
  for (const std::string_view field : fields)
    found_all = reply_field(call.reply(), hash, field) && found_all;
  if (!found_all) note_missing(call, hash, fields);
  return {};
}

Error hdel(Call& call) {
  const Args fields = call.args().subspan(2);
  HashEdit hash(call);
  if (Error error = open_without_expired(call, hash, fields)) return error;
  int64_t erased = 0;
  const bool may_expire = hash.view().may_expire();
  for (const std::string_view field : fields) {
    // Expired fields may still be kept.
    Item value;
    if (may_expire && !hash.view().get(field, value)) continue;
    erased += hash.erase(field) ? 1 : 0;
  }
  if (erased > 0) hash.finish(call.args(), kHdel);
  call.reply().integer(erased);
  return {};
}

Error hexists(Call& call) {
  Entry entry;
  if (Error error = find_hash(call, entry)) return error;
  const HashView hash(entry, call.now_ms());
  Item value;
  const bool found = hash.get(call[2], value);
  call.reply().integer(found ? 1 : 0);
  if (!found) note_missing(call, hash, call.args().subspan(2));
  return {};
}

Error hlen(Call& call) {
  Entry entry;
  if (Error error = find_hash(call, entry)) return error;
  call.reply().integer(static_cast<int64_t>(HashView(entry, call.now_ms()).size()));
  return {};
}

Error hstrlen(Call& call) {
  Entry entry;
  if (Error error = find_hash(call, entry)) return error;
  const HashView hash(entry, call.now_ms());
  Item value = Item::of("");
  const bool found = hash.get(call[2], value);
  char digits[24];
  call.reply().integer(static_cast<int64_t>(value.text(digits).size()));
  if (!found) note_missing(call, hash, call.args().subspan(2));
  return {};
}

Error hgetall(Call& call) {
  Entry entry;
  if (Error error = find_hash(call, entry)) return error;
  const HashView hash(entry, call.now_ms());
  Reply& reply = call.reply();
  reply.map(hash.live_size());
  hash.for_each([&](const Item& field, const Item& value) {
    reply_item(reply, field);
    reply_item(reply, value);
  });
  return {};
}

Error hkeys(Call& call) {
  Entry entry;
  if (Error error = find_hash(call, entry)) return error;
  const HashView hash(entry, call.now_ms());
  call.reply().array(hash.live_size());
  hash.for_each([&](const Item& field, const Item&) { reply_item(call.reply(), field); });
  return {};
}

Error hvals(Call& call) {
  Entry entry;
  if (Error error = find_hash(call, entry)) return error;
  const HashView hash(entry, call.now_ms());
  call.reply().array(hash.live_size());
  hash.for_each([&](const Item&, const Item& value) { reply_item(call.reply(), value); });
  return {};
}

const Command kRows[] = {
    {.name = "hset",
     .arity = -4,
     .flags = kWrite | kDenyOom | kFast,
     .acl = kAclHash,
     .keys = {1, 1, 1},
     .key_use = {"RW update"},
     .route = Route::kKey,
     .run = hset,
     .group = "hash",
     .since = "2.0.0",
     .summary = "Writes fields of a hash and tells how many are new.",
     .complexity = "O(N), N fields that are written",
     .syntax = "key data(field value)..."},
    {.name = "hmset",
     .arity = -4,
     .flags = kWrite | kDenyOom | kFast,
     .acl = kAclHash,
     .keys = {1, 1, 1},
     .key_use = {"RW update"},
     .route = Route::kKey,
     .run = hmset,
     .group = "hash",
     .since = "2.0.0",
     .summary = "Writes fields of a hash.",
     .complexity = "O(N), N fields that are written",
     .syntax = "key data(field value)...",
     .deprecated_since = "4.0.0",
     .replaced_by = "`HSET` with several fields"},
    {.name = "hsetnx",
     .arity = 4,
     .flags = kWrite | kDenyOom | kFast,
     .acl = kAclHash,
     .keys = {1, 1, 1},
     .key_use = {"RW insert"},
     .route = Route::kKey,
     .run = hsetnx,
     .group = "hash",
     .since = "2.0.0",
     .summary = "Writes a field of a hash if it has no such field.",
     .complexity = "O(1)",
     .syntax = "key field value"},
    {.name = "hget",
     .arity = 3,
     .flags = kReadonly | kFast,
     .acl = kAclHash,
     .keys = {1, 1, 1},
     .key_use = {"RO access"},
     .route = Route::kKey,
     .run = hget,
     .group = "hash",
     .since = "2.0.0",
     .summary = "Returns the value of a field.",
     .complexity = "O(1)",
     .syntax = "key field"},
    {.name = "hmget",
     .arity = -3,
     .flags = kReadonly | kFast,
     .acl = kAclHash,
     .keys = {1, 1, 1},
     .key_use = {"RO access"},
     .route = Route::kKey,
     .run = hmget,
     .group = "hash",
     .since = "2.0.0",
     .summary = "Returns the values of several fields.",
     .complexity = "O(N), N fields that are asked for",
     .syntax = "key field..."},
    {.name = "hdel",
     .arity = -3,
     .flags = kWrite | kFast,
     .acl = kAclHash,
     .keys = {1, 1, 1},
     .key_use = {"RW delete"},
     .route = Route::kKey,
     .run = hdel,
     .group = "hash",
     .since = "2.0.0",
     .summary = "Removes fields and tells how many there were.",
     .complexity = "O(N), N fields that are named",
     .syntax = "key field..."},
    {.name = "hexists",
     .arity = 3,
     .flags = kReadonly | kFast,
     .acl = kAclHash,
     .keys = {1, 1, 1},
     .key_use = {"RO"},
     .route = Route::kKey,
     .run = hexists,
     .group = "hash",
     .since = "2.0.0",
     .summary = "Tells whether a hash has a field.",
     .complexity = "O(1)",
     .syntax = "key field"},
    {.name = "hlen",
     .arity = 2,
     .flags = kReadonly | kFast,
     .acl = kAclHash,
     .keys = {1, 1, 1},
     .key_use = {"RO"},
     .route = Route::kKey,
     .run = hlen,
     .group = "hash",
     .since = "2.0.0",
     .summary = "Tells how many fields a hash has.",
     .complexity = "O(1)",
     .syntax = "key"},
    {.name = "hstrlen",
     .arity = 3,
     .flags = kReadonly | kFast,
     .acl = kAclHash,
     .keys = {1, 1, 1},
     .key_use = {"RO"},
     .route = Route::kKey,
     .run = hstrlen,
     .group = "hash",
     .since = "3.2.0",
     .summary = "Tells how many bytes the value of a field has.",
     .complexity = "O(1)",
     .syntax = "key field"},
    {.name = "hgetall",
     .arity = 2,
     .flags = kReadonly,
     .acl = kAclHash,
     .keys = {1, 1, 1},
     .key_use = {"RO access"},
     .route = Route::kKey,
     .run = hgetall,
     .tips = "nondeterministic_output_order",
     .group = "hash",
     .since = "2.0.0",
     .summary = "Returns all fields with their values.",
     .complexity = "O(N), N fields of the hash",
     .syntax = "key"},
    {.name = "hkeys",
     .arity = 2,
     .flags = kReadonly,
     .acl = kAclHash,
     .keys = {1, 1, 1},
     .key_use = {"RO access"},
     .route = Route::kKey,
     .run = hkeys,
     .tips = "nondeterministic_output_order",
     .group = "hash",
     .since = "2.0.0",
     .summary = "Returns the names of all fields.",
     .complexity = "O(N), N fields of the hash",
     .syntax = "key"},
    {.name = "hvals",
     .arity = 2,
     .flags = kReadonly,
     .acl = kAclHash,
     .keys = {1, 1, 1},
     .key_use = {"RO access"},
     .route = Route::kKey,
     .run = hvals,
     .tips = "nondeterministic_output_order",
     .group = "hash",
     .since = "2.0.0",
     .summary = "Returns the values of all fields.",
     .complexity = "O(N), N fields of the hash",
     .syntax = "key"},
};

}  // namespace

std::span<const Command> hash_field_commands() {
  return kRows;
}

}  // namespace rondo
