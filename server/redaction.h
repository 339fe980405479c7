// Which arguments of a command are, or may be, a password, so that people never see them: in the
// slow log, in MONITOR. Any thread.
#pragma once

#include <cstddef>
#include <string_view>

#include "protocol/args.h"

namespace rondo {

inline constexpr std::string_view kRedacted = "(redacted)";

// Whether argument `at` is one of AUTH, of HELLO's AUTH, or the value of a secret option in CONFIG
// SET. REQUIRES: at < args.size().
bool is_secret(Args args, size_t at);

}  // namespace rondo
