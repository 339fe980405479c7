// LCS: the longest common subsequence of two strings.
#pragma once

#include <span>

#include "shard/command.h"

namespace rondo {

std::span<const Command> lcs_commands();

}  // namespace rondo
