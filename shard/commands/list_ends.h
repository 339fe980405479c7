// Lists: what happens at their ends.
#pragma once

#include <span>

#include "shard/command.h"

namespace rondo {

std::span<const Command> list_end_commands();

}  // namespace rondo
