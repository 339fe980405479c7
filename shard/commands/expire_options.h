// Options that several commands share, parsed in one place: the moment at which a key shall expire,
// in the forms of SET, GETEX, SETEX and the EXPIRE family, and the conditions that go with them.
// Pure functions over arguments; any thread.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>

#include "protocol/args.h"
#include "protocol/error.h"

namespace rondo {

// A moment as a client wrote it: not yet a number.
struct ExpireArgument {
  std::string_view text;
  bool seconds = false;   // Otherwise milliseconds.
  bool absolute = false;  // Since 1970; otherwise from now on.
};

// "ERR invalid expire time in 'set' command". `command` is the command's lower-case name.
Error expire_time_error(std::string_view command);

// For commands that write a value with its expiry (SET, SETEX, PSETEX, GETEX): the absolute time in
// milliseconds. What is not positive, or overflows, is an error; the past is not.
Error resolve_value_expiry(const ExpireArgument& argument, int64_t now_ms, std::string_view command,
                           int64_t& at_ms);

// For the EXPIRE family, where the time may also be negative: such a key expires at once.
Error resolve_key_expiry(const ExpireArgument& argument, int64_t now_ms, std::string_view command,
                         int64_t& at_ms);

enum class ValueCommand { kSet, kGetex };

// The options of SET and GETEX.
struct ValueOptions {
  bool if_absent = false;    // NX
  bool if_present = false;   // XX
  bool get = false;          // GET
  bool keep_expiry = false;  // KEEPTTL
  bool persist = false;      // PERSIST
  bool expires = false;      // EX, PX, EXAT or PXAT: `expiry` is set.
  ExpireArgument expiry;
};

// Parses args[first] and what follows. The same option may come twice, and the last one counts, but
// two that exclude each other are a syntax error.
Error parse_value_options(Args args, size_t first, ValueCommand command, ValueOptions& options);

// The options of the EXPIRE family.
struct ExpireConditions {
  bool if_none = false;     // NX: only when the key has no expiry.
  bool if_some = false;     // XX: only when it has one.
  bool if_later = false;    // GT: only when the new one is later; none counts as never.
  bool if_earlier = false;  // LT: only when the new one is earlier.

  // Whether a key that expires at `current_ms` (or kNoExpiry) may be given `next_ms`.
  bool allow(int64_t current_ms, int64_t next_ms) const;
};

Error parse_expire_conditions(Args args, size_t first, ExpireConditions& conditions);

}  // namespace rondo
