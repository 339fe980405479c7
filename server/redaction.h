// Which arguments of a command may be shown to people: in the slow log, in MONITOR. Any thread.
#pragma once

#include <cstddef>
#include <string_view>

#include "protocol/args.h"

namespace rondo {

inline constexpr std::string_view kRedacted = "(redacted)";

// How many arguments from the front may be shown. What follows is, or may be, a password: of AUTH,
// of HELLO, of CONFIG SET with a secret option.
size_t shown_arguments(Args args);

}  // namespace rondo
