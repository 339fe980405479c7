#include "shard/commands/hash_counters.h"

#include <cmath>
#include <optional>

#include "protocol/errors.h"
#include "protocol/number.h"
#include "shard/commands/arguments.h"
#include "shard/commands/hash_value.h"

namespace rondo {

namespace {

constexpr Event kHincrby{"hincrby", 'h'};
constexpr Event kHincrbyfloat{"hincrbyfloat", 'h'};

Error hincrby(Call& call) {
  int64_t by = 0;
  if (Error error = read_integer(call[3], by)) return error;
  HashEdit hash(call);
  if (Error error = hash.open()) return error;
  int64_t sum = 0;
  Item current;
  if (hash.view().get(call[2], current)) {
    char digits[24];
    const std::optional<int64_t> value = parse_integer(current.text(digits));
    if (!value) return "ERR hash value is not an integer";
    sum = *value;
  }
  if (__builtin_add_overflow(sum, by, &sum)) return errors::kOverflow;
  char text[kIntegerBytesMax];
  hash.set(call[2], {text, format_integer(sum, text)});
  hash.finish(call.args(), kHincrby);
  call.reply().integer(sum);
  return {};
}

Error hincrbyfloat(Call& call) {
  const std::optional<long double> by = parse_long_double(call[3]);
  if (!by) return errors::kNotFloat;
  if (!std::isfinite(*by)) return "ERR value is NaN or Infinity";
  HashEdit hash(call);
  if (Error error = hash.open()) return error;
  long double sum = 0;
  Item current;
  if (hash.view().get(call[2], current)) {
    char digits[24];
    const std::optional<long double> value = parse_long_double(current.text(digits));
    if (!value) return "ERR hash value is not a float";
    sum = *value;
  }
  sum += *by;
  if (!std::isfinite(sum)) return "ERR increment would produce NaN or Infinity";
  char text[kLongDoubleBytesMax];
  const std::string_view digits(text, format_long_double(sum, text));
  hash.set(call[2], digits);
  // Repeated as what came out, since another machine may add differently.
  const std::string_view change[] = {"HSET", call[1], call[2], digits};
  hash.finish(change, kHincrbyfloat);
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
     .complexity = "O(1)"},
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
     .complexity = "O(1)"},
};

}  // namespace

std::span<const Command> hash_counter_commands() {
  return kRows;
}

}  // namespace rondo
