#include "server/commands/client_pause.h"

#include <algorithm>

#include "protocol/number.h"
#include "server/blocked_client.h"
#include "server/commands/gather.h"
#include "server/commands/help.h"
#include "server/text.h"

namespace rondo {
namespace {

// A session that had something under way when its core was paused, and how many replies it had
// asked for.
struct InFlight {
  uint64_t session = 0;
  uint64_t opened = 0;
};

struct Pause {
  explicit Pause(Core& home) : in_flight(home) {}

  Session* session = nullptr;
  uint64_t sequence = 0;
  int64_t until_ms = 0;
  bool writes_only = false;
  PerCore<std::vector<InFlight>> in_flight;
};

// A command that waits for other cores itself, as this one does: to wait for it could be for ever.
// Nothing else of its session is in flight then.
bool waits_for_cores(const Session& session) {
  if (session.pausing) return true;
  const Command* row = session.last_row;
  if (!session.blocked() || row == nullptr || (row->flags & kBlocking)) return false;
  return row->route == Route::kConnection && row->name != "exec";
}

// It stands in line for its keys, and nobody is about to look there for it: during the pause
// nobody will.
bool only_waits(const Session& session) {
  const BlockedClient* client = session.blocked_client();
  return client != nullptr && client->waiting && !client->busy;
}

// A write is answered before it has landed on all shards; until then its session is blocked.
bool is_over(const Session& session, uint64_t opened) {
  const ReplyQueue& replies = session.replies();
  if (replies.opened() != opened) return replies.opened() - replies.pending() >= opened;
  return only_waits(session) || (replies.idle() && !session.blocked());
}

// One round over all cores. The first one pauses them; more follow until nothing is in flight.
class PauseRound : public CoreTask {
 public:
  PauseRound(std::unique_ptr<Pause> pause, bool first) : pause_(std::move(pause)), first_(first) {}

  void run(Core& core) override {
    std::vector<InFlight>& in_flight = pause_->in_flight.of(core);
    if (first_) {
      // What is paused already stays paused, and as long.
      const bool paused = core.pause_until_ms > core.now_ms();
      core.pause_writes_only = pause_->writes_only && (!paused || core.pause_writes_only);
      core.pause_until_ms = std::max(pause_->until_ms, paused ? core.pause_until_ms : 0);
      core.shard().keep_expired_until(core.pause_until_ms);
      core.sessions().for_each([&](Session& session) {
        const uint64_t opened = session.replies().opened();
        if (waits_for_cores(session) || is_over(session, opened)) return;
        in_flight.push_back({session.id(), opened});
      });
      return;
    }
    const auto is_done = [&](const InFlight& entry) {
      const Session* session = core.find_session(entry.session);
      return session == nullptr || is_over(*session, entry.opened);
    };
    in_flight.erase(std::remove_if(in_flight.begin(), in_flight.end(), is_done), in_flight.end());
  }

  void finish(Core& home) override {
    bool busy = false;
    pause_->in_flight.for_each(
        [&](const std::vector<InFlight>& entries) { busy = busy || !entries.empty(); });
    if (busy) {
      home.start_task(std::make_unique<PauseRound>(std::move(pause_), false));
      return;
    }
    OutBuffer out;
    Session& session = *pause_->session;
    session.pausing = false;
    Reply reply(out, session.resp);
    reply.ok();
    session.answer(pause_->sequence, std::move(out));
    session.unblock();
  }

 private:
  std::unique_ptr<Pause> pause_;
  const bool first_;
};

class Unpause : public Gather {
 public:
  void run(Core& core) override {
    core.shard().keep_expired_until(0);
    core.end_pause();
  }
  Error reply(Core&, Session&, Reply& reply) override {
    reply.ok();
    return {};
  }
};

}  // namespace

Error client_pause(ServerCall& call) {
  const auto timeout_ms = parse_integer(call[2]);
  if (!timeout_ms) return "ERR timeout is not an integer or out of range";
  if (*timeout_ms < 0) return "ERR timeout is negative";
  auto pause = std::make_unique<Pause>(call.core);
  if (call.size() == 4 && same_word(call[3], "write")) {
    pause->writes_only = true;
  } else if (call.size() > 4) {
    return unknown_subcommand("CLIENT", call[1]);
  } else if (call.size() == 4 && !same_word(call[3], "all")) {
    return "ERR CLIENT PAUSE mode must be WRITE or ALL";
  }
  if (__builtin_add_overflow(call.core.now_ms(), *timeout_ms, &pause->until_ms)) {
    return "ERR timeout is out of range";
  }
  pause->session = &call.session;
  pause->sequence = call.session.open_reply();
  call.session.pausing = true;
  call.session.block();
  call.core.start_task(std::make_unique<PauseRound>(std::move(pause), true));
  return {};
}

Error client_unpause(ServerCall& call) {
  return start_gather(call, std::make_unique<Unpause>());
}

}  // namespace rondo
