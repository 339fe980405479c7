// COMMAND: the command table, as clients ask for it.
#pragma once

#include <span>

#include "shard/command.h"

namespace rondo {

std::span<const Command> command_commands();

}  // namespace rondo
