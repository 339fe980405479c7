// Commands on the whole string of one key: GET, SET, SETNX, SETEX, PSETEX, GETSET, GETDEL, GETEX.
#pragma once

#include <span>

#include "shard/command.h"

namespace rondo {

std::span<const Command> string_commands();

}  // namespace rondo
