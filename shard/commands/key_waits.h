// What the commands that wait for their keys have in common: the time-out, the first key that has
// something, and what to do when none has. See shard/key_wait.h for how such a command is run.
#pragma once

#include <cstddef>
#include <cstdint>

#include "protocol/error.h"
#include "shard/call.h"
#include "shard/entry.h"

namespace rondo {

// Seconds at argument `at`, with decimals; 0: for ever. In whole milliseconds, rounded up.
Error read_wait_timeout(Call& call, size_t at, int64_t& timeout_ms);

// The first of the arguments [first, first + count) whose key holds a value of `type`; kNoKey: none
// does. An error at the first look for a key of another type.
inline constexpr size_t kNoKey = 0;
Error find_awaited(Call& call, Type type, size_t first, size_t count, size_t& found);

// For when none does: the client waits for these keys, or hears that there is nothing.
void wait_or_null(Call& call, size_t first, size_t count, int64_t timeout_ms);

// Whether what was found may be taken: before the first change. False: return without a reply.
inline bool claim(Call& call) {
  return !call.key_wait() || call.key_wait()->claim();
}

}  // namespace rondo
