// Sets: members at random, with or without removing them, and walks over all of them.
#pragma once

#include <span>

#include "shard/command.h"

namespace rondo {

std::span<const Command> set_random_commands();

}  // namespace rondo
