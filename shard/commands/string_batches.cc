#include "shard/commands/string_batches.h"

#include "shard/call.h"
#include "shard/commands/string_value.h"

namespace rondo {

namespace {

Error mget(Call& call) {
  Keyspace& keyspace = call.keyspace();
  Reply& reply = call.reply();
  reply.array(call.size() - 1);
  for (size_t i = 1; i < call.size(); i++) {
    const Entry entry = keyspace.find(call.key(i));
    if (entry && entry.is_string()) {
      reply_value(reply, entry);
    } else {
      reply.null();
    }
    reply.end_element();
  }
  return {};
}

Error mset(Call& call) {
  if (call.size() % 2 == 0) return "ERR wrong number of arguments for 'mset' command";
  Keyspace& keyspace = call.keyspace();
  for (size_t i = 1; i < call.size(); i += 2) {
    put_argument(call, keyspace, call.key(i), i + 1, kNoExpiry, events::kSet);
  }
  call.reply().ok();
  return {};
}

Error msetnx(Call& call) {
  if (call.size() % 2 == 0) return "ERR wrong number of arguments for 'msetnx' command";
  for (size_t i = 1; i < call.size(); i += 2) {
    if (call.keyspace_of(call[i], call.db()).peek(call.key(i))) {
      call.reply().integer(0);
      return {};
    }
  }
  for (size_t i = 1; i < call.size(); i += 2) {
    Keyspace& keyspace = call.keyspace_of(call[i], call.db());
    put_argument(call, keyspace, call.key(i), i + 1, kNoExpiry, events::kSet);
  }
  call.reply().integer(1);
  return {};
}

const Command kRows[] = {
    {.name = "mget",
     .arity = -2,
     .flags = kReadonly | kFast,
     .acl = kAclString,
     .keys = {1, -1, 1},
     .key_use = {"RO access"},
     .route = Route::kSplit,
     .merge = Merge::kGather,
     .run = mget,
     .tips = "request_policy:multi_shard",
     .group = "string",
     .since = "1.0.0",
     .summary = "Returns the strings of several keys as they were at one moment.",
     .complexity = "O(N), N keys",
     .syntax = "key..."},
    {.name = "mset",
     .arity = -3,
     .flags = kWrite | kDenyOom,
     .acl = kAclString,
     .keys = {1, -1, 2},
     .key_use = {"OW update"},
     .route = Route::kSplit,
     .merge = Merge::kOk,
     .run = mset,
     .tips = "request_policy:multi_shard response_policy:all_succeeded",
     .group = "string",
     .since = "1.0.1",
     .summary = "Writes several keys at one moment.",
     .complexity = "O(N), N keys",
     .syntax = "data(key value)..."},
    {.name = "msetnx",
     .arity = -3,
     .flags = kWrite | kDenyOom,
     .acl = kAclString,
     .keys = {1, -1, 2},
     .key_use = {"OW insert"},
     .route = Route::kCoordinated,
     .run = msetnx,
     .group = "string",
     .since = "1.0.1",
     .summary = "Writes several keys at one moment if none of them exists.",
     .complexity = "O(N), N keys",
     .syntax = "data(key value)..."},
};

}  // namespace

std::span<const Command> string_batch_commands() {
  return kRows;
}

}  // namespace rondo
