// Commands on whole databases: FLUSHDB, FLUSHALL, SWAPDB.
#pragma once

#include <span>

#include "shard/command.h"

namespace rondo {

std::span<const Command> database_commands();

}  // namespace rondo
