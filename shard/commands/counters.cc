#include "shard/commands/counters.h"

#include <cmath>
#include <limits>
#include <optional>

#include "protocol/errors.h"
#include "protocol/number.h"
#include "shard/call.h"
#include "shard/commands/arguments.h"
#include "shard/commands/string_value.h"

namespace rondo {

namespace {

Error add(Call& call, int64_t by) {
  Keyspace& keyspace = call.keyspace();
  const Key key = call.key(1);
  int64_t value = 0;
  if (const Entry entry = keyspace.peek(key)) {
    if (!entry.is_string()) return errors::kWrongType;
    if (entry.is_integer()) {
      value = entry.integer();
    } else if (Error error = read_integer(StringText(entry).view(), value)) {
      // A string that was modified in place may hold digits without being kept as an integer.
      return error;
    }
  }
  if (__builtin_add_overflow(value, by, &value)) return errors::kOverflow;
  keyspace.put_integer(key, value, kKeepExpiry, events::kIncrBy);
  call.reply().integer(value);
  return {};
}

Error incr(Call& call) {
  return add(call, 1);
}
Error decr(Call& call) {
  return add(call, -1);
}

Error incrby(Call& call) {
  int64_t by = 0;
  if (Error error = read_integer(call[2], by)) return error;
  return add(call, by);
}

Error decrby(Call& call) {
  int64_t by = 0;
  if (Error error = read_integer(call[2], by)) return error;
  if (by == std::numeric_limits<int64_t>::min()) return "ERR decrement would overflow";
  return add(call, -by);
}

Error incrbyfloat(Call& call) {
  Keyspace& keyspace = call.keyspace();
  const Key key = call.key(1);
  long double value = 0;
  if (const Entry entry = keyspace.peek(key)) {
    if (!entry.is_string()) return errors::kWrongType;
    const std::optional<long double> current = parse_long_double(StringText(entry).view());
    if (!current) return errors::kNotFloat;
    value = *current;
  }
  const std::optional<long double> by = parse_long_double(call[2]);
  if (!by) return errors::kNotFloat;
  value += *by;
  if (!std::isfinite(value)) return "ERR increment would produce NaN or Infinity";

  char text[kLongDoubleBytesMax];
  const std::string_view digits(text, format_long_double(value, text));
  keyspace.put_text(key, digits, kKeepExpiry, events::kIncrByFloat);
  call.reply().bulk(digits);
  return {};
}

const Command kRows[] = {
    {.name = "incr",
     .arity = 2,
     .flags = kWrite | kDenyOom | kFast,
     .acl = kAclString,
     .keys = {1, 1, 1},
     .key_use = {"RW access update"},
     .route = Route::kKey,
     .run = incr,
     .group = "string",
     .since = "1.0.0",
     .summary = "Adds one to the integer of a key; a missing key counts as 0.",
     .complexity = "O(1)",
     .syntax = "key"},
    {.name = "decr",
     .arity = 2,
     .flags = kWrite | kDenyOom | kFast,
     .acl = kAclString,
     .keys = {1, 1, 1},
     .key_use = {"RW access update"},
     .route = Route::kKey,
     .run = decr,
     .group = "string",
     .since = "1.0.0",
     .summary = "Subtracts one from the integer of a key; a missing key counts as 0.",
     .complexity = "O(1)",
     .syntax = "key"},
    {.name = "incrby",
     .arity = 3,
     .flags = kWrite | kDenyOom | kFast,
     .acl = kAclString,
     .keys = {1, 1, 1},
     .key_use = {"RW access update"},
     .route = Route::kKey,
     .run = incrby,
     .group = "string",
     .since = "1.0.0",
     .summary = "Adds to the integer of a key; a missing key counts as 0.",
     .complexity = "O(1)",
     .syntax = "key increment:integer"},
    {.name = "decrby",
     .arity = 3,
     .flags = kWrite | kDenyOom | kFast,
     .acl = kAclString,
     .keys = {1, 1, 1},
     .key_use = {"RW access update"},
     .route = Route::kKey,
     .run = decrby,
     .group = "string",
     .since = "1.0.0",
     .summary = "Subtracts from the integer of a key; a missing key counts as 0.",
     .complexity = "O(1)",
     .syntax = "key decrement:integer"},
    {.name = "incrbyfloat",
     .arity = 3,
     .flags = kWrite | kDenyOom | kFast,
     .acl = kAclString,
     .keys = {1, 1, 1},
     .key_use = {"RW access update"},
     .route = Route::kKey,
     .run = incrbyfloat,
     .group = "string",
     .since = "2.6.0",
     .summary = "Adds to the decimal number of a key; a missing key counts as 0.",
     .complexity = "O(1)",
     .syntax = "key increment:double"},
};

}  // namespace

std::span<const Command> counter_commands() {
  return kRows;
}

}  // namespace rondo
