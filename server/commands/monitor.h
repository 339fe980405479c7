// MONITOR: every command of every client, as a line of text for each session that asked for it.
#pragma once

#include <span>

#include "protocol/args.h"
#include "shard/command.h"

namespace rondo {

class Core;
class Session;

std::span<const Command> monitor_commands();

// Tells all monitoring sessions, on all cores, what `session` is about to execute. Dispatch calls
// it while Core::monitors is above 0, but not for administrative commands. Secrets are left out.
void feed_monitors(Core& core, Session& session, Args args);

// The same for a command that a script calls.
void feed_monitors_of_script(Core& core, int db, Args args);

// The session monitors no more: by RESET, or because it ends. REQUIRES: session.monitor.
void end_monitor(Core& core, Session& session);

}  // namespace rondo
