// SLOWLOG: the slow commands of all cores, newest first.
#pragma once

#include <span>

#include "shard/command.h"

namespace rondo {

std::span<const Command> slowlog_commands();

}  // namespace rondo
