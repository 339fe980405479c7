// Commands on single members of sorted sets: ZADD, ZSCORE, ZRANK, ZREM and their kin.
#pragma once

#include <span>

#include "shard/command.h"

namespace rondo {

std::span<const Command> sorted_set_member_commands();

}  // namespace rondo
