// Commands that read and change when a key expires: EXPIRE, PEXPIRE, EXPIREAT, PEXPIREAT, TTL,
// PTTL, EXPIRETIME, PEXPIRETIME, PERSIST.
#pragma once

#include <span>

#include "shard/command.h"

namespace rondo {

std::span<const Command> expiry_commands();

}  // namespace rondo
