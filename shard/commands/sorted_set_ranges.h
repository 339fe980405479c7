// Commands that return ranges of sorted sets, or count, store and remove them: the ZRANGE family,
// ZCOUNT, ZLEXCOUNT, ZRANGESTORE and ZREMRANGEBY*.
#pragma once

#include <span>

#include "shard/command.h"

namespace rondo {

std::span<const Command> sorted_set_range_commands();

}  // namespace rondo
