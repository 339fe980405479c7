#include "shard/commands/object.h"

#include <cstdio>
#include <iterator>
#include <limits>

#include "protocol/errors.h"
#include "shard/call.h"
#include "shard/commands/arguments.h"

namespace rondo {

namespace {

// OBJECT's subcommands, MEMORY USAGE and DEBUG OBJECT name the key second.
constexpr size_t kKeyIndex = 2;

// What an entry costs beside its own allocation: its word in the table.
constexpr size_t kTableBytes = sizeof(uint64_t);

// Without hit, miss or use; only such an entry knows how long it was idle.
Entry look_aside(Call& call) {
  return call.keyspace().peek(call.key(kKeyIndex));
}

Error object_encoding(Call& call) {
  if (const Entry entry = look_aside(call)) {
    call.reply().bulk(entry.encoding());
  } else {
    call.reply().null();
  }
  return {};
}

Error object_refcount(Call& call) {
  if (look_aside(call)) {
    call.reply().integer(1);  // Values are never shared between keys.
  } else {
    call.reply().null();
  }
  return {};
}

Error object_idletime(Call& call) {
  if (const Entry entry = look_aside(call)) {
    call.reply().integer(entry.idle_seconds());
  } else {
    call.reply().null();
  }
  return {};
}

// Entries keep the time of their last use, never how often they were used: what Redis does under
// all policies but the LFU ones.
Error object_freq(Call& call) {
  if (look_aside(call)) {
    return "ERR An LFU maxmemory policy is not selected, access frequency not tracked. Please note "
           "that when switching between policies at runtime LRU and LFU data will take some time "
           "to adjust.";
  }
  call.reply().null();
  return {};
}

Error object_help(Call& call) {
  constexpr const char* kLines[] = {
      "OBJECT <subcommand> [<arg> [value] [opt] ...]. Subcommands are:",
      "ENCODING <key>",
      "    Tell in which form the value of <key> is kept.",
      "FREQ <key>",
      "    Tell how often <key> was used lately, on a logarithmic scale.",
      "IDLETIME <key>",
      "    Tell how many seconds ago <key> was last used, approximately.",
      "REFCOUNT <key>",
      "    Tell how many references to the value of <key> there are.",
      "HELP",
      "    Print this help.",
  };
  call.reply().array(std::size(kLines));
  for (const char* line : kLines)
    call.reply().simple(line);
  return {};
}

// SAMPLES is checked and makes no difference: sizes are known exactly.
Error memory_usage(Call& call) {
  for (size_t i = 3; i < call.size(); i += 2) {
    if (!is_word(call[i], "samples") || i + 1 == call.size()) return errors::kSyntax;
    int64_t samples = 0;
    if (Error error = read_integer(call[i + 1], samples)) return error;
    if (samples < 0) return errors::kSyntax;
  }
  const Entry entry = look_aside(call);
  if (entry) {
    call.reply().integer(static_cast<int64_t>(entry.footprint() + kTableBytes));
  } else {
    call.reply().null();
  }
  return {};
}

// How many bytes the value takes in an RDB file that is not compressed.
size_t serialized_length(const Entry& entry) {
  if (!entry.is_string()) return entry.footprint();
  if (entry.is_integer()) {
    const int64_t value = entry.integer();
    if (value == static_cast<int8_t>(value)) return 2;
    if (value == static_cast<int16_t>(value)) return 3;
    if (value == static_cast<int32_t>(value)) return 5;
  }
  const size_t length = entry.string_length();
  if (length < 64) return 1 + length;
  if (length < 16384) return 2 + length;
  return length <= std::numeric_limits<uint32_t>::max() ? 5 + length : 9 + length;
}

Error debug_object(Call& call) {
  const Entry entry = look_aside(call);
  if (!entry) return errors::kNoSuchKey;
  char text[256];
  const uint32_t idle_s = entry.idle_seconds();
  const int length = std::snprintf(
      text, sizeof(text),
      "Value at:0x%llx refcount:1 encoding:%s serializedlength:%zu lru:%lld lru_seconds_idle:%u",
      static_cast<unsigned long long>(entry.word() & Entry::kAddressMask), entry.encoding(),
      serialized_length(entry), static_cast<long long>((call.now_ms() / 1000 - idle_s) & 0xffffff),
      idle_s);
  CHECK(length > 0 && static_cast<size_t>(length) < sizeof(text));
  call.reply().simple(std::string_view(text, static_cast<size_t>(length)));
  return {};
}

const Command kObjectRows[] = {
    {.name = "object|encoding",
     .arity = 3,
     .flags = kReadonly,
     .acl = kAclKeyspace,
     .keys = {2, 2, 1},
     .key_use = {"RO"},
     .route = Route::kKey,
     .run = object_encoding,
     .tips = "nondeterministic_output",
     .group = "generic",
     .since = "2.2.3",
     .summary = "Tells in which form a value is kept.",
     .complexity = "O(1)",
     .syntax = "key"},
    {.name = "object|freq",
     .arity = 3,
     .flags = kReadonly,
     .acl = kAclKeyspace,
     .keys = {2, 2, 1},
     .key_use = {"RO"},
     .route = Route::kKey,
     .run = object_freq,
     .tips = "nondeterministic_output",
     .group = "generic",
     .since = "4.0.0",
     .summary = "Tells how often a key was used lately, on a logarithmic scale.",
     .complexity = "O(1)",
     .syntax = "key"},
    // No key: any shard can answer.
    {.name = "object|help",
     .arity = 2,
     .flags = kLoading | kStale,
     .acl = kAclKeyspace,
     .route = Route::kKey,
     .run = object_help,
     .group = "generic",
     .since = "6.2.0",
     .summary = "Lists the subcommands.",
     .complexity = "O(1)"},
    {.name = "object|idletime",
     .arity = 3,
     .flags = kReadonly,
     .acl = kAclKeyspace,
     .keys = {2, 2, 1},
     .key_use = {"RO"},
     .route = Route::kKey,
     .run = object_idletime,
     .tips = "nondeterministic_output",
     .group = "generic",
     .since = "2.2.3",
     .summary = "Tells how many seconds ago a key was last used.",
     .complexity = "O(1)",
     .syntax = "key"},
    {.name = "object|refcount",
     .arity = 3,
     .flags = kReadonly,
     .acl = kAclKeyspace,
     .keys = {2, 2, 1},
     .key_use = {"RO"},
     .route = Route::kKey,
     .run = object_refcount,
     .tips = "nondeterministic_output",
     .group = "generic",
     .since = "2.2.3",
     .summary = "Tells how many references to a value there are.",
     .complexity = "O(1)",
     .syntax = "key"},
};

const Command kRows[] = {
    {.name = "object",
     .arity = -2,
     .subcommands = kObjectRows,
     .group = "generic",
     .since = "2.2.3",
     .summary = "Tells how a value is kept.",
     .complexity = "Depends on the subcommand."},
};

const Command kMemoryUsageRows[] = {
    {.name = "memory|usage",
     .arity = -3,
     .flags = kReadonly,
     .keys = {2, 2, 1},
     .key_use = {"RO"},
     .route = Route::kKey,
     .run = memory_usage,
     .group = "server",
     .since = "4.0.0",
     .summary = "Tells how many bytes of memory a key and its value take.",
     .complexity = "O(1)",
     .syntax = "key [SAMPLES count:integer]"},
};

const Command kDebugObjectRows[] = {
    {.name = "debug|object",
     .arity = 3,
     .flags = kAdmin | kNoscript | kLoading | kStale,
     .keys = {2, 2, 1},
     .key_use = {"RO"},
     .route = Route::kKey,
     .run = debug_object,
     .group = "server",
     .since = "1.0.0",
     .summary = "Tells how the value of a key is kept, for debugging.",
     .complexity = "O(1)",
     .syntax = "key"},
};

}  // namespace

std::span<const Command> object_commands() {
  return kRows;
}
std::span<const Command> memory_usage_rows() {
  return kMemoryUsageRows;
}
std::span<const Command> debug_object_rows() {
  return kDebugObjectRows;
}

}  // namespace rondo
