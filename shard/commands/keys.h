// Commands on keys whatever their values are: DEL, UNLINK, EXISTS, TOUCH, TYPE, and those that move
// a value to another key or database: RENAME, RENAMENX, COPY, MOVE.
#pragma once

#include <span>

#include "shard/command.h"

namespace rondo {

std::span<const Command> key_commands();

}  // namespace rondo
