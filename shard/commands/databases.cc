#include "shard/commands/databases.h"

#include "protocol/errors.h"
#include "shard/call.h"
#include "shard/commands/arguments.h"

namespace rondo {

namespace {

// ASYNC and SYNC are accepted and make no difference: emptying a database takes constant time, and
// its memory is given back in small slices between commands.
Error parse_flush_mode(const Call& call) {
  if (call.size() == 1) return {};
  if (call.size() == 2 && (is_word(call[1], "async") || is_word(call[1], "sync"))) return {};
  return errors::kSyntax;
}

Error flushdb(Call& call) {
  if (Error error = parse_flush_mode(call)) return error;
  for (Shard* shard : call.view().shards)
    shard->flush(call.db());
  call.reply().ok();
  return {};
}

Error flushall(Call& call) {
  if (Error error = parse_flush_mode(call)) return error;
  for (Shard* shard : call.view().shards)
    shard->flush_all();
  call.reply().ok();
  return {};
}

Error swapdb(Call& call) {
  int64_t first = 0;
  int64_t second = 0;
  if (read_database(call[1], first)) return "ERR invalid first DB index";
  if (read_database(call[2], second)) return "ERR invalid second DB index";
  const int count = call.shard().databases();
  if (first < 0 || first >= count || second < 0 || second >= count) return errors::kDbIndex;
  if (first != second) {
    for (Shard* shard : call.view().shards) {
      shard->swap(static_cast<int>(first), static_cast<int>(second));
    }
  }
  call.reply().ok();
  return {};
}

const Command kRows[] = {
    {.name = "flushdb",
     .arity = -1,
     .flags = kWrite,
     .acl = kAclKeyspace | kAclDangerous,
     .route = Route::kAllShards,
     .run = flushdb,
     .tips = "request_policy:all_shards response_policy:all_succeeded",
     .group = "server",
     .since = "1.0.0",
     .summary = "Removes all keys of the selected database.",
     .complexity = "O(1); the memory is given back later, in small slices",
     .syntax = "[flush-type(ASYNC@4.0.0 | SYNC@6.2.0)]"},
    {.name = "flushall",
     .arity = -1,
     .flags = kWrite,
     .acl = kAclKeyspace | kAclDangerous,
     .route = Route::kAllShards,
     .run = flushall,
     .tips = "request_policy:all_shards response_policy:all_succeeded",
     .group = "server",
     .since = "1.0.0",
     .summary = "Removes all keys of all databases.",
     .complexity = "O(D), D databases; the memory is given back later, in small slices",
     .syntax = "[flush-type(ASYNC@4.0.0 | SYNC@6.2.0)]"},
    {.name = "swapdb",
     .arity = 3,
     .flags = kWrite | kFast,
     .acl = kAclKeyspace | kAclDangerous,
     .route = Route::kAllShards,
     .run = swapdb,
     .group = "server",
     .since = "4.0.0",
     .summary = "Exchanges two databases: clients of one see the keys of the other.",
     .complexity = "O(W), W watched keys of the two databases",
     .syntax = "index1:integer index2:integer"},
};

}  // namespace

std::span<const Command> database_commands() {
  return kRows;
}

}  // namespace rondo
