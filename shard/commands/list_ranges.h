// Lists: their elements by index.
#pragma once

#include <span>

#include "shard/command.h"

namespace rondo {

std::span<const Command> list_range_commands();

}  // namespace rondo
