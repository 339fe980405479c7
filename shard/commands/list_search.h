// Lists: looking for elements.
#pragma once

#include <span>

#include "shard/command.h"

namespace rondo {

std::span<const Command> list_search_commands();

}  // namespace rondo
