// Hashes: fields that expire. HEXPIRE and its forms, HTTL and its forms, HPERSIST.
#pragma once

#include <span>

#include "shard/command.h"

namespace rondo {

std::span<const Command> hash_expiry_commands();

}  // namespace rondo
