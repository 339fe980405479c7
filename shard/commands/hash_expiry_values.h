// Hashes: values that are read or written together with the expiry of their fields. HGETDEL,
// HGETEX, HSETEX.
#pragma once

#include <span>

#include "shard/command.h"

namespace rondo {

std::span<const Command> hash_expiry_value_commands();

}  // namespace rondo
