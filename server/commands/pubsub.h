// PUBLISH, SUBSCRIBE and their relatives; PUBSUB is in pubsub_info.h.
#pragma once

#include <span>

#include "shard/command.h"

namespace rondo {

// True for what a RESP2 client may run while it is subscribed to something.
bool allowed_while_subscribed(const Command& row);

std::span<const Command> pubsub_commands();

}  // namespace rondo
