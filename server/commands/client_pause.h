// CLIENT PAUSE and UNPAUSE over all cores. PAUSE answers when every core holds its clients back and
// everything that was under way before has been answered: from then on nothing is executed.
#pragma once

#include "protocol/error.h"

namespace rondo {

struct ServerCall;

Error client_pause(ServerCall& call);
Error client_unpause(ServerCall& call);

}  // namespace rondo
