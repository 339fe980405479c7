// Numbers in the fields of hashes: HINCRBY, HINCRBYFLOAT.
#pragma once

#include <span>

#include "shard/command.h"

namespace rondo {

std::span<const Command> hash_counter_commands();

}  // namespace rondo
