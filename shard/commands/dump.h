// DUMP and RESTORE.
#pragma once

#include <span>

#include "shard/command.h"

namespace rondo {

std::span<const Command> dump_commands();

}  // namespace rondo
