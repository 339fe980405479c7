// TIME, SHUTDOWN, LOLWUT: the process itself.
#pragma once

#include <span>

#include "shard/command.h"

namespace rondo {

std::span<const Command> process_commands();

}  // namespace rondo
