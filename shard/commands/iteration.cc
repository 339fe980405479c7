#include "shard/commands/iteration.h"

#include <optional>
#include <utility>

#include "protocol/errors.h"
#include "protocol/glob.h"
#include "shard/call.h"
#include "shard/commands/arguments.h"
#include "shard/scan_cursor.h"

namespace rondo {

namespace {

// How many slots KEYS looks at between two calls of the keyspace.
constexpr size_t kKeysStep = 1024;

// Which keys SCAN reports. Others count as looked at all the same.
struct ScanFilter {
  std::string_view pattern = "*";
  std::optional<std::string_view> type;
  size_t count = 10;

  bool accepts(const Entry& entry) const {
    if (type && !is_word(*type, type_name(entry.type()))) return false;
    return pattern == "*" || glob_match(pattern, entry.key());
  }
};

// An unknown type is no error: no key has it.
Error parse_scan_options(Args args, ScanFilter& filter) {
  for (size_t i = 2; i < args.size(); i += 2) {
    if (i + 1 == args.size()) return errors::kSyntax;
    if (is_word(args[i], "match")) {
      filter.pattern = args[i + 1];
    } else if (is_word(args[i], "type")) {
      filter.type = args[i + 1];
    } else if (is_word(args[i], "count")) {
      int64_t count = 0;
      if (Error error = read_integer(args[i + 1], count)) return error;
      if (count < 1) return errors::kSyntax;
      filter.count = static_cast<size_t>(count);
    } else {
      return errors::kSyntax;
    }
  }
  return {};
}

// One step of SCAN in the shard that the cursor names. It looks at about `count` keys: sparse
// regions of the table are skipped, but not without end, so that a step stays short.
Error scan(Call& call) {
  const int shards = call.shard().shards();
  ScanPosition position;
  if (!parse_scan_cursor(call[1], shards, position)) return errors::kInvalidCursor;
  ScanFilter filter;
  if (Error error = parse_scan_options(call.args(), filter)) return error;

  // The names are written before it is known how many they are, so apart from the reply.
  OutBuffer names;
  names.set_limit(call.reply().out().room());
  Reply part(names, call.reply().version());
  size_t looked_at = 0;
  size_t accepted = 0;
  size_t rounds_left = 10;
  uint64_t cursor = position.local;
  do {
    cursor = call.keyspace().scan(cursor, filter.count - looked_at, [&](const Entry& entry) {
      looked_at++;
      if (!filter.accepts(entry)) return;
      accepted++;
      part.bulk(entry.key());
    });
  } while (cursor != 0 && looked_at < filter.count && --rounds_left > 0);

  const uint64_t next = next_scan_cursor(call.shard().index(), cursor, shards);
  Reply& reply = call.reply();
  reply.array(2);
  reply.bulk_integer(static_cast<int64_t>(next));
  reply.array(accepted);
  reply.out().splice(std::move(names));
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
     .complexity = "O(1) for a step, O(N) for the walk over N keys"},
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
     .complexity = "O(N), N keys of the database"},
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
