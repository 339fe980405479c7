// Commands that count or remove the members in a range: ZCOUNT, ZLEXCOUNT, ZREMRANGEBY*.
#pragma once

#include <span>

#include "shard/command.h"

namespace rondo {

std::span<const Command> sorted_set_count_commands();

}  // namespace rondo
