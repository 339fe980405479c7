// PUBSUB: which channels and patterns have listeners, and how many, on all cores.
#pragma once

#include <span>

#include "shard/command.h"

namespace rondo {

std::span<const Command> pubsub_info_commands();

}  // namespace rondo
