// A value from DUMP's payload, as Redis 2.8 to 7.4 and this server write it. The bytes may be
// anybody's: what is not wholly sound makes no value. Used by one thread.
#pragma once

#include <optional>
#include <string_view>

#include "shard/detached_value.h"
#include "shard/shard.h"

namespace rondo {

// Reads the payload without its footer. Nothing for bytes that make no sense, for types that this
// server does not have, for empty collections, and for those that name an element twice.
std::optional<DetachedValue> read_dump(std::string_view payload, const ShardLimits& limits);

}  // namespace rondo
