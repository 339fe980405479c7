// MULTI, EXEC, DISCARD, WATCH, UNWATCH.
#pragma once

#include <span>

#include "shard/command.h"

namespace rondo {

class Session;

std::span<const Command> transaction_commands();

// Commands that execute inside MULTI instead of being queued.
bool ends_multi(const Command& row);

}  // namespace rondo
