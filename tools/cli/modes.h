// The modes of rondo-cli that send their own commands: --latency and --scan.
#pragma once

#include "tools/cli/session.h"

namespace rondo::cli {

// Times PING every 10 ms. At a terminal it shows the figures until Ctrl-C; otherwise it
// prints one line, "min max average samples" in milliseconds, after the interval of the options.
// Returns the exit code.
int run_latency(Session& session);

// Prints every key that SCAN finds. Returns the exit code.
int run_scan(Session& session);

}  // namespace rondo::cli
