// SPOP: members are removed at random. Which ones is by chance, so the effect names them: it is a
// SREM, or the key's removal.
#pragma once

#include "shard/call.h"

namespace rondo {

// The handler; its row is in shard/commands/set_random.cc.
Error spop(Call& call);

}  // namespace rondo
