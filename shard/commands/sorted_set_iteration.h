// Commands that take some of the members of a sorted set: ZRANDMEMBER and ZSCAN.
#pragma once

#include <span>

#include "shard/command.h"

namespace rondo {

std::span<const Command> sorted_set_iteration_commands();

}  // namespace rondo
