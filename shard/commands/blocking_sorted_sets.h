// Sorted sets: the commands that wait for members. What they take is in sorted_set_pop.h, how they
// wait in shard/key_wait.h.
#pragma once

#include <span>

#include "shard/command.h"

namespace rondo {

std::span<const Command> blocking_sorted_set_commands();

}  // namespace rondo
