// The index of the commands on the connection and the server: every family's rows, in the order in
// which they are listed.
#pragma once

#include <span>

#include "shard/command.h"

namespace rondo {

// The spans have static lifetime.
std::span<const std::span<const Command>> server_command_families();

}  // namespace rondo
