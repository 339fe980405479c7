#include "shard/commands/hash_fields.h"

#include "protocol/errors.h"
#include "shard/commands/collection.h"
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
  if (Error error = hash.open()) return error;
  Item value;
  const bool present = hash.view().get(call[2], value);
  if (!present) {
    hash.set(call[2], call[3]);
    hash.finish(call.args(), kHset);
  }
  call.reply().integer(present ? 0 : 1);
  return {};
}

// The value of one field, or null.
void reply_field(Reply& reply, const HashView& hash, std::string_view field) {
  Item value;
  if (hash.get(field, value)) {
    reply_item(reply, value);
  } else {
    reply.null();
  }
}

Error hget(Call& call) {
  Entry entry;
  if (Error error = find_hash(call, entry)) return error;
  reply_field(call.reply(), HashView(entry, call.now_ms()), call[2]);
  return {};
}

Error hmget(Call& call) {
  Entry entry;
  if (Error error = find_hash(call, entry)) return error;
  const HashView hash(entry, call.now_ms());
  call.reply().array(call.size() - 2);
  for (const std::string_view field : call.args().subspan(2))
    reply_field(call.reply(), hash, field);
  return {};
}

Error hdel(Call& call) {
  HashEdit hash(call);
  if (Error error = hash.open()) return error;
  int64_t erased = 0;
  const bool may_expire = hash.exists() && hash.view().may_expire();
  for (const std::string_view field : call.args().subspan(2)) {
    // A field that has expired is no longer there, whether it was removed already or not.
    Item value = Item::of("");
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
  Item value;
  call.reply().integer(HashView(entry, call.now_ms()).get(call[2], value) ? 1 : 0);
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
  Item value = Item::of("");
  HashView(entry, call.now_ms()).get(call[2], value);
  char digits[24];
  call.reply().integer(static_cast<int64_t>(value.text(digits).size()));
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
     .complexity = "O(N), N fields that are written"},
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
     .complexity = "O(N), N fields that are written"},
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
     .complexity = "O(1)"},
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
     .complexity = "O(1)"},
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
     .complexity = "O(N), N fields that are asked for"},
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
     .complexity = "O(N), N fields that are named"},
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
     .complexity = "O(1)"},
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
     .complexity = "O(1)"},
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
     .complexity = "O(1)"},
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
     .complexity = "O(N), N fields of the hash"},
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
     .complexity = "O(N), N fields of the hash"},
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
     .complexity = "O(N), N fields of the hash"},
};

}  // namespace

std::span<const Command> hash_field_commands() {
  return kRows;
}

}  // namespace rondo
