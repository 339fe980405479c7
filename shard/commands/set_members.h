// Sets: adding, removing, moving and reading members.
#pragma once

#include <span>

#include "shard/command.h"

namespace rondo {

std::span<const Command> set_member_commands();

}  // namespace rondo
