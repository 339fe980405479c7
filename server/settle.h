// settle(): the last rounds of a server. A core stops when everybody's clients are answered, or
// when that has taken too long; what cores still had to tell each other then lies in the mailboxes
// and belongs to nobody: tasks, parcels, replies, the locks and parks of transactions. Only the
// receivers know how to end it. So when the threads are gone, one thread gives each core its turns
// until nothing moves any more, as the tests do.
//
// Called by the thread that has joined all the others, before the cores are destroyed.
#pragma once

#include <cstdint>

#include "reactor/mailbox.h"
#include "server/server.h"

namespace rondo {

// REQUIRES: no client is connected any more, so that every round brings the end nearer. False:
// after `limit_ns` something is still under way, for example very long commands; it is left as it
// is.
[[nodiscard]] bool settle(Server& server, MailboxGrid& grid, int64_t limit_ns);

}  // namespace rondo
