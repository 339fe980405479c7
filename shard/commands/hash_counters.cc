#include "shard/commands/hash_counters.h"

#include <cmath>
#include <optional>

#include "protocol/errors.h"
#include "protocol/number.h"
#include "shard/commands/arguments.h"
#include "shard/commands/hash_expired.h"
#include "shard/commands/hash_value.h"

namespace rondo {

namespace {

constexpr Event kHincrby{"hincrby", 'h'};
constexpr Event kHincrbyfloat{"hincrbyfloat", 'h'};

// The field keeps its expiry, if it is there. It is repeated as what came out, since another
// machine may add differently, or not know yet that the field has expired.
void write_sum(Call& call, HashEdit& hash, std::string_view sum, int64_t expire_at_ms,
               Event event) {
  hash.set(call[2], sum, expire_at_ms);
  if (expire_at_ms == kNoExpiry) {
    const std::string_view change[] = {"HSET", call[1], call[2], sum};
    hash.finish(change, event);
  } else {
    const std::string_view change[] = {"HSETEX", call[1], "KEEPTTL", "FIELDS", "1", call[2], sum};
    hash.finish(change, event);
  }
}

Error hincrby(Call& call) {
  int64_t by = 0;
  if (Error error = read_integer(call[3], by)) return error;
  HashEdit hash(call);
  if (Error error = open_without_expired(call, hash, call.args().subspan(2, 1))) return error;
  int64_t sum = 0;
  Item current;
  int64_t expire_at_ms = kNoExpiry;
  if (hash.view().get(call[2], current, expire_at_ms)) {
    char digits[24];
    const std::optional<int64_t> value = parse_integer(current.text(digits));
    if (!value) return "ERR hash value is not an integer";
    sum = *value;
  }
  if (__builtin_add_overflow(sum, by, &sum)) return errors::kOverflow;
  char text[kIntegerBytesMax];
  write_sum(call, hash, {text, format_integer(sum, text)}, expire_at_ms, kHincrby);
  call.reply().integer(sum);
  return {};
}

Error hincrbyfloat(Call& call) {
  const std::optional<long double> by = parse_long_double(call[3]);
  if (!by) return errors::kNotFloat;
  if (!std::isfinite(*by)) return "ERR value is NaN or Infinity";
  HashEdit hash(call);
  if (Error error = open_without_expired(call, hash, call.args().subspan(2, 1))) return error;
  long double sum = 0;
  Item current;
  int64_t expire_at_ms = kNoExpiry;
  if (hash.view().get(call[2], current, expire_at_ms)) {
    char digits[24];
    const std::optional<long double> value = parse_long_double(current.text(digits));
    if (!value) return "ERR hash value is not a float";
    sum = *value;
  }
  sum += *by;
  if (!std::isfinite(sum)) return "ERR increment would produce NaN or Infinity";
  char text[kLongDoubleBytesMax];
  const std::string_view digits(text, format_long_double(sum, text));
  write_sum(call, hash, digits, expire_at_ms, kHincrbyfloat);
  call.reply().bulk(digits);
  return {};
}

const Command kRows[] = {
    {.name = "hincrby",
     .arity = 4,
     .flags = kWrite | kDenyOom | kFast,
     .acl = kAclHash,
     .keys = {1, 1, 1},
     .key_use = {"RW access update"},
     .route = Route::kKey,
     .run = hincrby,
     .group = "hash",
     .since = "2.0.0",
     .summary = "Adds to the integer of a field; a missing field counts as 0.",
     .complexity = "O(1)",
     .syntax = "key field increment:integer"},
    {.name = "hincrbyfloat",
     .arity = 4,
     .flags = kWrite | kDenyOom | kFast,
     .acl = kAclHash,
     .keys = {1, 1, 1},
     .key_use = {"RW access update"},
     .route = Route::kKey,
     .run = hincrbyfloat,
     .group = "hash",
     .since = "2.6.0",
     .summary = "Adds to the decimal number of a field; a missing field counts as 0.",
     .complexity = "O(1)",
     .syntax = "key field increment:double"},
};

}  // namespace

std::span<const Command> hash_counter_commands() {
  return kRows;
}

}  // namespace rondo
