// A value as DUMP's payload, and a payload's footer:
//
//   | type | value, see shard/rdb/ | version u16 | CRC-64 of all before u64 |
//
// Redis 7.0 and later read it; a hash with fields that expire only Redis 7.4 and later. Used by
// the thread that executes for the entry's shard.
#pragma once

#include <string>
#include <string_view>

#include "shard/entry.h"

namespace rondo {

// Fields of a hash that have expired and are not removed yet are part of it.
std::string dump_value(const Entry& entry);

// Whether the footer is right, and the version one that can be read.
bool has_dump_footer(std::string_view payload);
// The payload without its footer. REQUIRES: has_dump_footer().
std::string_view without_dump_footer(std::string_view payload);

}  // namespace rondo
