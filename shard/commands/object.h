// Commands that tell how a value is kept: OBJECT, and the rows of MEMORY USAGE and DEBUG OBJECT,
// which execute where the key is while the rest of MEMORY and DEBUG belongs to the server.
#pragma once

#include <span>

#include "shard/command.h"

namespace rondo {

std::span<const Command> object_commands();

// One row each, for the containers that the server's families define.
std::span<const Command> memory_usage_rows();
std::span<const Command> debug_object_rows();

}  // namespace rondo
