// Commands on strings as numbers: INCR, DECR, INCRBY, DECRBY, INCRBYFLOAT.
#pragma once

#include <span>

#include "shard/command.h"

namespace rondo {

std::span<const Command> counter_commands();

}  // namespace rondo
