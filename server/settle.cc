#include "server/settle.h"

#include "reactor/base/clock.h"
#include "server/core.h"

namespace rondo {

namespace {

// One turn of a core. True: something moved, or waits for the next turn.
bool take_turn(Core& core, Mailbox& mailbox) {
  // A CLIENT PAUSE that came late would hold back what others wait for.
  if (core.pause_until_ms != 0) core.end_pause();
  const bool arrived = core.begin_tick(read_time());
  core.flush();
  const bool published = mailbox.publish();
  return arrived || published || core.has_backlog();
}

}  // namespace

bool settle(Server& server, MailboxGrid& grid, int64_t limit_ns) {
  const int64_t until_ns = read_monotonic_ns() + limit_ns;
  for (;;) {
    bool moved = false;
    for (Core* core : server.cores)
      moved |= take_turn(*core, grid.of(core->index()));
    if (!moved) return true;
    if (read_monotonic_ns() >= until_ns) return false;
  }
}

}  // namespace rondo
