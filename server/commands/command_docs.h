// COMMAND DOCS of one command: what its row says to people, its arguments among that, in the form
// from which redis-cli and others make their hints. Pure, but for the reply. Any thread.
//
// Redis also tells the history of a command's options, in sentences; rows have none.
#pragma once

#include "protocol/reply.h"
#include "shard/command.h"

namespace rondo {

// The name and a map of what there is to say.
void reply_command_docs(Reply& reply, const Command& row);

}  // namespace rondo
