// The short way of a plain command: one key, little work, on a shard that this thread holds, for a
// client and a core in their usual state. It does what Session::dispatch() would do, without the
// questions that this state has answered for all commands of a batch.
#include "server/core.h"
#include "server/session.h"

namespace rondo {

bool Core::is_calm() const {
  return pause_until_ms == 0 && monitors == 0 && !publishes_events_ && !scripts_busy_ &&
         admission_.quiet();
}

bool Session::is_calm() const {
  return !stalled() && authenticated && reply_mode == ReplyMode::kOn && replies_.idle() &&
         !multi_.active() && !subscriber && !no_touch && !capture_ && core_.is_calm();
}

// Executes a plain command of a calm session. False: its shard is not held, and nothing happened.
// `calm` becomes false where the command may have ended that state.
bool Session::run_plain(const ParsedCommand& command, bool& calm) {
  Core* owner = command.shard == core_.index() ? &core_ : core_.borrowed(command.shard);
  if (!owner) return false;
  const Command& row = *command.row;
  // A write may take more than this shard.
  if (owner->shard().waiters().outward() != 0 && (row.flags & kWrite) != 0) [[unlikely]]
    return false;
  Reply reply(output_, resp);
  Call call(owner->shard(), db, command.args, reply);
  call.set_hash(1, command.hash);
  call.set_owners(command.owners);
  call.set_token(id_);
  call.set_view(&owner->own_view());
  const Error error = row.run(call);
  if (error) [[unlikely]] {
    reply.error(error.text());
    core_.count_error(error.text());
  }
  const uint64_t cycles = core_.lap_clock();
  core_.count_command(row, cycles, static_cast<bool>(error));
  if (core_.is_slow(cycles)) [[unlikely]] {
    core_.note_slow_cycles(*this, row, command.args, cycles);
    if (core_.share_over_at_lap()) yield();
    calm = is_calm();
  }
  last_row = &row;
  last_active_ms = core_.now_ms();
  ++commands;
  ++core_.stats().commands_total;
  if (!ready_) notify();
  if (owner->shard().waiters().has_ready() || is_output_large()) [[unlikely]] {
    core_.serve_ready_of(*owner);
    check_large_output();
    calm = is_calm();
  }
  return true;
}

}  // namespace rondo
