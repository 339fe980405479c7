// EVAL and its like, and SCRIPT. The rows of the former have no handler: the core that holds the
// keys runs them by Scripting (server/scripting/scripting.h).
#pragma once

#include <span>

#include "shard/command.h"

namespace rondo {

std::span<const Command> script_commands();

}  // namespace rondo
