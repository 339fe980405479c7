// Commands on parts of one string: STRLEN, GETRANGE, SUBSTR, APPEND, SETRANGE.
#pragma once

#include <span>

#include "shard/command.h"

namespace rondo {

std::span<const Command> string_byte_commands();

}  // namespace rondo
