// CLIENT: what the connections of this server are, and what is done to them. The parts that look at
// the sessions of all cores are in client_list.h and client_pause.h.
#pragma once

#include <span>

#include "shard/command.h"

namespace rondo {

std::span<const Command> client_commands();

}  // namespace rondo
