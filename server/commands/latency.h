// LATENCY: slow events and the distribution of commands' durations, over all cores.
#pragma once

#include <span>

#include "shard/command.h"

namespace rondo {

std::span<const Command> latency_commands();

}  // namespace rondo
