// Commands on the strings of several keys: MGET, MSET, MSETNX.
#pragma once

#include <span>

#include "shard/command.h"

namespace rondo {

std::span<const Command> string_batch_commands();

}  // namespace rondo
