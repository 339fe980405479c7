// Sets: intersections, unions and differences, which may be stored. The sets may be on several
// shards.
#pragma once

#include <span>

#include "shard/command.h"

namespace rondo {

std::span<const Command> set_algebra_commands();

}  // namespace rondo
