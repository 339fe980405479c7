// What the commands on the expiry of fields have in common: the FIELDS block and the times. Pure
// functions over arguments; any thread.
#pragma once

#include <cstdint>
#include <string_view>

#include "protocol/args.h"
#include "protocol/error.h"

namespace rondo {

// FIELDS numfields field [field ...] at the end of `args`, from argument `at` on. The texts for a
// number that is none, and for one that does not fit, are the command's.
Error read_fields(Args args, size_t at, const char* number_error, Args& fields);

// Those of HTTL and most others.
inline constexpr const char* kFieldsNumber = "ERR Number of fields must be a positive integer";
// That of HEXPIRE.
inline constexpr const char* kFieldsParameter =
    "ERR Parameter `numFields` should be greater than 0";

// How a time is written.
struct FieldTime {
  bool seconds = false;   // Otherwise milliseconds.
  bool absolute = false;  // Since 1970; otherwise from now on.
};

// The absolute time in milliseconds that `text` means; negative ones and those beyond 2^46 are
// errors. `command` is the command's lower-case name.
Error resolve_field_expiry(std::string_view text, const FieldTime& time, int64_t now_ms,
                           std::string_view command, int64_t& at_ms);

// The options of HGETEX and HSETEX, which stand in front of FIELDS.
struct FieldOptions {
  bool if_absent = false;     // FNX: only when none of the fields is there.
  bool if_present = false;    // FXX: only when all of them are.
  bool keeps = false;         // KEEPTTL
  bool persists = false;      // PERSIST
  bool expires = false;       // EX, PX, EXAT or PXAT:
  int64_t expire_at_ms = -1;  // then this is set.
  Args fields;                // With values in turns for HSETEX.
};

// At most one option: a time, or PERSIST.
Error parse_hgetex_options(Args args, int64_t now_ms, FieldOptions& options);
Error parse_hsetex_options(Args args, int64_t now_ms, FieldOptions& options);

}  // namespace rondo
