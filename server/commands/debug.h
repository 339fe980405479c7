// DEBUG: what tests need to slow a server down or to look inside. Refused unless
// enable-debug-command allows it.
#pragma once

#include <span>

#include "protocol/error.h"
#include "shard/command.h"

namespace rondo {

struct Config;
class Session;

std::span<const Command> debug_commands();

// Whether this client may use commands with kGuarded.
Error check_guarded(const Config& config, const Session& session);

}  // namespace rondo
