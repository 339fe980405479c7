// Unions, intersections and differences of sorted sets, returned or stored. Plain sets take part
// with a score of 1 for each member.
#pragma once

#include <span>

#include "shard/command.h"

namespace rondo {

std::span<const Command> sorted_set_algebra_commands();

}  // namespace rondo
