// MEMORY.
#pragma once

#include <span>

#include "shard/command.h"

namespace rondo {

std::span<const Command> memory_commands();

const char* allocator_name();

}  // namespace rondo
