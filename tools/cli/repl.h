// The loop that reads commands from the user, or from standard input when that is no terminal.
#pragma once

#include "tools/cli/session.h"

namespace rondo::cli {

// Runs until the input ends, or `quit` or `exit`. Returns the exit code.
int run_repl(Session& session);

// Runs one command as often as the options say, with their pauses; `repeat` of -1 is for ever.
Outcome run_repeatedly(Session& session, std::span<const std::string> arguments, int64_t repeat);

}  // namespace rondo::cli
