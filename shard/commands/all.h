// The index of the data commands: every family's rows, in the order in which they are listed.
#pragma once

#include <span>

#include "shard/command.h"

namespace rondo {

// The spans have static lifetime. The rows of MEMORY USAGE and DEBUG OBJECT are not among them: see
// shard/commands/object.h.
std::span<const std::span<const Command>> data_command_families();

}  // namespace rondo
