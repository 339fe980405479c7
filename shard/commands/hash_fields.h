// Hashes: reading and writing fields.
#pragma once

#include <span>

#include "shard/command.h"

namespace rondo {

std::span<const Command> hash_field_commands();

}  // namespace rondo
