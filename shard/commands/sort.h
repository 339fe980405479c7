// SORT and SORT_RO: the elements of a list, set or sorted set in order, or what keys named after
// them hold.
#pragma once

#include <span>

#include "shard/command.h"

namespace rondo {

std::span<const Command> sort_commands();

}  // namespace rondo
