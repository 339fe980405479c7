#include "shard/commands/iteration.h"

#include <utility>

#include "protocol/glob.h"
#include "shard/call.h"
#include "shard/commands/scan.h"

namespace rondo {

namespace {

// How many slots KEYS looks at between two calls of the keyspace.
constexpr size_t kKeysStep = 1024;

// As far as the view reaches; over the shards of other cores it is a ScanWalk (server/scan_walk.h).
Error scan(Call& call) {
  Scan scan;
  if (Error error = scan.parse(call.args(), call.shard().shards())) return error;
  scan.set_limit(call.reply().out().room());
  while (!scan.done()) {
    Shard* shard = call.view().shards[static_cast<size_t>(scan.shard())];
    if (shard == nullptr) break;
    scan.visit(shard->db(call.db()));
  }
  scan.write(call.reply());
  return {};
}

Error keys(Call& call) {
  const std::string_view pattern = call[1];
  const bool all = pattern == "*";
  OutBuffer names;
  names.set_limit(call.reply().out().room());
  Reply part(names, call.reply().version());
  size_t accepted = 0;
  for (Shard* shard : call.view().shards) {
    Keyspace& keyspace = shard->db(call.db());
    uint64_t cursor = 0;
    do {
      cursor = keyspace.scan(cursor, kKeysStep, [&](const Entry& entry) {
        if (!all && !glob_match(pattern, entry.key())) return;
        accepted++;
        part.bulk(entry.key());
      });
    } while (cursor != 0);
  }
  call.reply().array(accepted);
  call.reply().out().splice(std::move(names));
  return {};
}

// Every key is equally likely: a shard is chosen by how many keys it has, then a key in it.
Error randomkey(Call& call) {
  const std::span<Shard* const> shards = call.view().shards;
  uint64_t total = 0;
  for (Shard* shard : shards)
    total += shard->db(call.db()).size();
  uint64_t left = total > 0 ? call.shard().prng().below(total) : 0;
  size_t first = 0;
  while (first + 1 < shards.size() && left >= shards[first]->db(call.db()).size()) {
    left -= shards[first++]->db(call.db()).size();
  }
  // A shard whose keys have all expired offers none: then the next one is asked.
  for (size_t i = 0; i < shards.size(); i++) {
    Keyspace& keyspace = shards[(first + i) % shards.size()]->db(call.db());
    if (const Entry entry = keyspace.random()) {
      call.reply().bulk(entry.key());
      return {};
    }
  }
  call.reply().null();
  return {};
}

Error dbsize(Call& call) {
  int64_t total = 0;
  for (Shard* shard : call.view().shards) {
    total += static_cast<int64_t>(shard->db(call.db()).size());
  }
  call.reply().integer(total);
  return {};
}

const Command kRows[] = {
    {.name = "scan",
     .arity = -2,
     .flags = kReadonly,
     .acl = kAclKeyspace,
     .route = Route::kCursor,
     .run = scan,
     .tips = "nondeterministic_output request_policy:special response_policy:special",
     .group = "generic",
     .since = "2.8.0",
     .summary = "Walks over the keys of a database in steps.",
     .complexity = "O(1) for a step, O(N) for the walk over N keys",
     .syntax = "cursor:integer [MATCH pattern:pattern] [COUNT count:integer] [TYPE type@6.0.0]"},
    {.name = "keys",
     .arity = 2,
     .flags = kReadonly,
     .acl = kAclKeyspace | kAclDangerous,
     .route = Route::kAllShards,
     .run = keys,
     .tips = "request_policy:all_shards nondeterministic_output_order",
     .group = "generic",
     .since = "1.0.0",
     .summary = "Lists all keys whose names match a pattern.",
     .complexity = "O(N), N keys of the database",
     .syntax = "pattern:pattern"},
    {.name = "randomkey",
     .arity = 1,
     .flags = kReadonly,
     .acl = kAclKeyspace,
     .route = Route::kAllShards,
     .run = randomkey,
     .tips = "request_policy:all_shards response_policy:special nondeterministic_output",
     .group = "generic",
     .since = "1.0.0",
     .summary = "Returns the name of some key.",
     .complexity = "O(1)"},
    {.name = "dbsize",
     .arity = 1,
     .flags = kReadonly | kFast,
     .acl = kAclKeyspace,
     .route = Route::kAllShards,
     .run = dbsize,
     .tips = "request_policy:all_shards response_policy:agg_sum",
     .group = "server",
     .since = "1.0.0",
     .summary = "Tells how many keys the database has.",
     .complexity = "O(S), S shards"},
};

}  // namespace

std::span<const Command> iteration_commands() {
  return kRows;
}

}  // namespace rondo
