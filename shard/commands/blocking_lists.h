// Lists: the commands that wait for elements. What they take is in list_moves.h, how they wait in
// shard/key_wait.h.
#pragma once

#include <span>

#include "shard/command.h"

namespace rondo {

std::span<const Command> blocking_list_commands();

}  // namespace rondo
