// CLIENT PAUSE and UNPAUSE over all cores. PAUSE answers when every core holds its clients back and
// everything that was under way before is over, on all shards: from then on nothing is executed (or
// no write), no client that waits for a key is served, and no key that expires is removed, until
// the pause ends.
#pragma once

#include "protocol/error.h"

namespace rondo {

struct ServerCall;

Error client_pause(ServerCall& call);
Error client_unpause(ServerCall& call);

}  // namespace rondo
