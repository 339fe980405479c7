#include "shard/commands/string_bytes.h"

#include <algorithm>

#include "protocol/errors.h"
#include "shard/call.h"
#include "shard/commands/arguments.h"
#include "shard/commands/string_value.h"

namespace rondo {

namespace {

Error strlen_command(Call& call) {
  const Entry entry = call.keyspace().find(call.key(1));
  if (entry && !entry.is_string()) return errors::kWrongType;
  call.reply().integer(entry ? static_cast<int64_t>(entry.string_length()) : 0);
  return {};
}

Error getrange(Call& call) {
  int64_t start = 0;
  int64_t end = 0;
  if (Error error = read_integer(call[2], start)) return error;
  if (Error error = read_integer(call[3], end)) return error;
  const Entry entry = call.keyspace().find(call.key(1));
  if (entry && !entry.is_string()) return errors::kWrongType;
  const StringText text(entry);
  const auto size = static_cast<int64_t>(text.view().size());
  // Two negative indices are compared as they are, but an end before the first byte counts as the
  // first byte: so it always was in Redis.
  const bool empty = start < 0 && end < 0 && start > end;
  if (start < 0) start = std::max<int64_t>(start + size, 0);
  if (end < 0) end = std::max<int64_t>(end + size, 0);
  end = std::min(end, size - 1);
  if (empty || start > end) {
    call.reply().bulk(std::string_view());
    return {};
  }
  call.reply().bulk(
      text.view().substr(static_cast<size_t>(start), static_cast<size_t>(end - start + 1)));
  return {};
}

// Whether a string may have `size` and `more` bytes together.
Error check_string_length(Call& call, size_t size, size_t more) {
  const auto bytes_max = static_cast<uint64_t>(call.shard().limits().string_bytes_max);
  if (size > bytes_max || more > bytes_max - size) return errors::kStringTooLong;
  return {};
}

Error append(Call& call) {
  Keyspace& keyspace = call.keyspace();
  const Key key = call.key(1);
  const Entry entry = keyspace.peek(key);
  if (!entry) {
    put_argument(call, keyspace, key, 2, kNoExpiry, events::kAppend);
    call.reply().integer(static_cast<int64_t>(call[2].size()));
    return {};
  }
  if (!entry.is_string()) return errors::kWrongType;
  const size_t size = entry.string_length();
  if (Error error = check_string_length(call, size, call[2].size())) return error;
  const size_t total = keyspace.patch_string(key, size, call[2], events::kAppend);
  call.reply().integer(static_cast<int64_t>(total));
  return {};
}

Error setrange(Call& call) {
  int64_t offset = 0;
  if (Error error = read_integer(call[2], offset)) return error;
  if (offset < 0) return "ERR offset is out of range";
  Keyspace& keyspace = call.keyspace();
  const Key key = call.key(1);
  const Entry entry = keyspace.peek(key);
  if (entry && !entry.is_string()) return errors::kWrongType;
  const std::string_view bytes = call[3];
  if (bytes.empty()) {
    call.reply().integer(entry ? static_cast<int64_t>(entry.string_length()) : 0);
    return {};
  }
  if (Error error = check_string_length(call, static_cast<size_t>(offset), bytes.size())) {
    return error;
  }
  const size_t total =
      keyspace.patch_string(key, static_cast<size_t>(offset), bytes, events::kSetRange);
  call.reply().integer(static_cast<int64_t>(total));
  return {};
}

const Command kRows[] = {
    {.name = "strlen",
     .arity = 2,
     .flags = kReadonly | kFast,
     .acl = kAclString,
     .keys = {1, 1, 1},
     .key_use = {"RO"},
     .route = Route::kKey,
     .run = strlen_command,
     .group = "string",
     .since = "2.2.0",
     .summary = "Returns how many bytes the string of a key has.",
     .complexity = "O(1)",
     .syntax = "key"},
    {.name = "getrange",
     .arity = 4,
     .flags = kReadonly,
     .acl = kAclString,
     .keys = {1, 1, 1},
     .key_use = {"RO access"},
     .route = Route::kKey,
     .run = getrange,
     .group = "string",
     .since = "2.4.0",
     .summary = "Returns a part of the string of a key, by the positions of its ends.",
     .complexity = "O(N), N bytes returned",
     .syntax = "key start:integer end:integer"},
    {.name = "substr",
     .arity = 4,
     .flags = kReadonly,
     .acl = kAclString,
     .keys = {1, 1, 1},
     .key_use = {"RO access"},
     .route = Route::kKey,
     .run = getrange,
     .group = "string",
     .since = "1.0.0",
     .summary = "Returns a part of the string of a key; the old name of GETRANGE.",
     .complexity = "O(N), N bytes returned",
     .syntax = "key start:integer end:integer",
     .deprecated_since = "2.0.0",
     .replaced_by = "`GETRANGE`"},
    {.name = "append",
     .arity = 3,
     .flags = kWrite | kDenyOom | kFast,
     .acl = kAclString,
     .keys = {1, 1, 1},
     .key_use = {"RW insert"},
     .route = Route::kKey,
     .run = append,
     .group = "string",
     .since = "2.0.0",
     .summary = "Adds bytes to the end of the string of a key.",
     .complexity = "O(1), counted over many appends",
     .syntax = "key value"},
    {.name = "setrange",
     .arity = 4,
     .flags = kWrite | kDenyOom,
     .acl = kAclString,
     .keys = {1, 1, 1},
     .key_use = {"RW update"},
     .route = Route::kKey,
     .run = setrange,
     .group = "string",
     .since = "2.2.0",
     .summary = "Replaces bytes of the string of a key from a position on, and lets it grow.",
     .complexity = "O(N), N bytes written",
     .syntax = "key offset:integer value"},
};

}  // namespace

std::span<const Command> string_byte_commands() {
  return kRows;
}

}  // namespace rondo
