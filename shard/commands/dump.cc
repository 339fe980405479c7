#include "shard/commands/dump.h"

#include <string>

#include "protocol/errors.h"
#include "protocol/number.h"
#include "shard/call.h"
#include "shard/commands/arguments.h"
#include "shard/commands/dump_read.h"
#include "shard/commands/dump_write.h"
#include "shard/commands/touch_scope.h"

namespace rondo {
namespace {

Error dump(Call& call) {
  const Entry entry = look(call, 1);
  if (!entry) {
    call.reply().null();
    return {};
  }
  const std::string payload = dump_value(entry);
  call.reply().bulk(payload);
  return {};
}

struct RestoreOptions {
  bool replace = false;
  bool absolute_ttl = false;
  int64_t idle_s = -1;     // Negative: not given, as is
  int64_t frequency = -1;  // this one.
};

// FREQ is checked and without effect: this server counts no frequencies.
Error read_restore_options(const Call& call, RestoreOptions& options) {
  for (size_t i = 4; i < call.size(); ++i) {
    const bool has_value = i + 1 < call.size();
    int64_t value = 0;
    if (is_word(call[i], "replace")) {
      options.replace = true;
    } else if (is_word(call[i], "absttl")) {
      options.absolute_ttl = true;
    } else if (is_word(call[i], "idletime") && has_value && options.frequency < 0) {
      if (Error error = read_integer(call[++i], value)) return error;
      if (value < 0) return "ERR Invalid IDLETIME value, must be >= 0";
      options.idle_s = value;
    } else if (is_word(call[i], "freq") && has_value && options.idle_s < 0) {
      if (Error error = read_integer(call[++i], value)) return error;
      if (value < 0 || value > 255) return "ERR Invalid FREQ value, must be >= 0 and <= 255";
      options.frequency = value;
    } else {
      return errors::kSyntax;
    }
  }
  return {};
}

Error restore(Call& call) {
  RestoreOptions options;
  if (Error error = read_restore_options(call, options)) return error;
  Keyspace& keyspace = call.keyspace();
  const Key key = call.key(1);
  const bool exists = static_cast<bool>(keyspace.peek(key));
  if (exists && !options.replace) return "BUSYKEY Target key name already exists.";
  int64_t ttl_ms = 0;
  if (Error error = read_integer(call[2], ttl_ms)) return error;
  if (ttl_ms < 0) return "ERR Invalid TTL value, must be >= 0";
  if (!has_dump_footer(call[3])) return "ERR DUMP payload version or checksum are wrong";
  auto value = read_dump(without_dump_footer(call[3]), call.shard().limits());
  if (!value) return "ERR Bad data format";

  int64_t expire_at_ms = kNoExpiry;
  if (ttl_ms != 0) {
    expire_at_ms = ttl_ms;
    if (!options.absolute_ttl && __builtin_add_overflow(ttl_ms, call.now_ms(), &expire_at_ms)) {
      return "ERR Invalid TTL value, must be >= 0";
    }
    if (expire_at_ms <= call.now_ms()) {
      if (exists) keyspace.erase(key);
      call.reply().ok();
      return {};
    }
  }
  value->set_expiry(expire_at_ms);
  keyspace.put(key, std::move(*value), events::kRestore);
  if (options.idle_s >= 0) keyspace.set_idle(key, options.idle_s);
  call.reply().ok();
  return {};
}

const Command kRows[] = {
    {.name = "dump",
     .arity = 2,
     .flags = kReadonly,
     .acl = kAclKeyspace,
     .keys = {1, 1, 1},
     .key_use = {"RO access"},
     .route = Route::kKey,
     .run = dump,
     .tips = "nondeterministic_output",
     .group = "generic",
     .since = "2.6.0",
     .summary = "Returns the value of a key as bytes for RESTORE.",
     .complexity = "O(N), N the bytes of the value",
     .syntax = "key"},
    {.name = "restore",
     .arity = -4,
     .flags = kWrite | kDenyOom,
     .acl = kAclKeyspace | kAclDangerous,
     .keys = {1, 1, 1},
     .key_use = {"OW update"},
     .route = Route::kKey,
     .run = restore,
     .group = "generic",
     .since = "2.6.0",
     .summary = "Makes a key of bytes that DUMP returned.",
     .complexity = "O(N), N the bytes of the value; O(N*log(N)) for sorted sets",
     .syntax = "key ttl:integer serialized-value [REPLACE@3.0.0] [ABSTTL@5.0.0] "
               "[IDLETIME seconds:integer@5.0.0] [FREQ frequency:integer@5.0.0]"},
};

}  // namespace

std::span<const Command> dump_commands() {
  return kRows;
}

}  // namespace rondo
