// Hashes: walking over fields, and random ones: HSCAN, HRANDFIELD.
#pragma once

#include <span>

#include "shard/command.h"

namespace rondo {

std::span<const Command> hash_iteration_commands();

}  // namespace rondo
