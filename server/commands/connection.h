// AUTH, ECHO, HELLO, PING, QUIT, RESET, SELECT.
#pragma once

#include <span>
#include <string_view>

#include "shard/command.h"

namespace rondo {

std::span<const Command> connection_commands();

// Names that clients give to themselves: printable, without spaces.
bool is_client_name(std::string_view name);

}  // namespace rondo
