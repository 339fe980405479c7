// CONFIG: GET, SET, REWRITE, RESETSTAT. Each core has its own copy of the configuration; SET checks
// on the client's core and then changes all copies before it answers.
#pragma once

#include <span>

#include "shard/command.h"

namespace rondo {

std::span<const Command> config_commands();

}  // namespace rondo
