// Commands that look over all keys of a database: SCAN, KEYS, RANDOMKEY, DBSIZE.
#pragma once

#include <span>

#include "shard/command.h"

namespace rondo {

std::span<const Command> iteration_commands();

}  // namespace rondo
