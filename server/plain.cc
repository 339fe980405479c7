// The short way of plain commands: one key, little work, for a client and a core in their usual
// state. It does what Session::dispatch() would do, without the questions that this state has
// answered for all commands of a batch.
#include <algorithm>

#include "server/core.h"
#include "server/session.h"

namespace rondo {

bool Core::is_calm() const {
  return pause_until_ms == 0 && monitors == 0 && !publishes_events_ && !scripts_busy_ &&
         admission_.quiet();
}

bool Session::is_calm() const {
  return !stalled() && authenticated && reply_mode == ReplyMode::kOn && !multi_.active() &&
         !subscriber && !no_touch && !capture_ && core_.is_calm();
}

// On a shard that this thread holds, whose owner has nothing against it.
[[gnu::always_inline]] inline void Session::execute_plain(Core& owner, const ParsedCommand& command,
                                                          OutBuffer& out) {
  const Command& row = *command.row;
  Reply reply(out, resp);
  Call call(owner.shard(), db, command.args, reply);
  call.set_hash(1, command.hash);
  call.set_owners(command.owners);
  call.set_token(id_);
  call.set_view(&owner.own_view());
  const uint64_t cycles = core_.run_and_count(row, call);
  if (core_.is_slow(cycles)) [[unlikely]] {
    core_.note_slow_cycles(*this, row, command.args, cycles);
    if (core_.share_over_at_lap()) yield();
  }
}

// Executes a plain command of a calm session. False: its shard is not held, or replies are to come
// before this one's, and nothing happened. `calm` becomes false where the command may have ended
// that state.
bool Session::run_plain(const ParsedCommand& command, bool& calm) {
  Core* owner = core_.holder(command.shard);
  if (!owner || !replies_.idle()) return false;
  const Command& row = *command.row;
  // A write may take more than this shard.
  if (owner->shard().waiters().outward() != 0 && (row.flags & kWrite) != 0) [[unlikely]]
    return false;
  execute_plain(*owner, command, output_);
  last_row = &row;
  last_active_ms = core_.now_ms();
  ++commands;
  ++core_.stats().commands_total;
  if (!ready_) notify();
  if (waiting_ || owner->shard().waiters().has_ready() || is_output_large()) [[unlikely]] {
    core_.serve_ready_of(*owner);
    check_large_output();
    calm = is_calm();
  }
  return true;
}

// Starts a row of plain commands of a calm session, from batch_[begin] on, whose shards are awake
// on other cores or whose replies have others before them. Those for other cores go first, so that
// nobody waits for what is executed here; then those for shards that this thread holds. Commands
// for one shard keep their order. Returns how many were started; 0: the first one can not, and
// nothing happened.
size_t Session::spread_plain(size_t begin, bool& calm) {
  if (core_.config().strict_pipeline_order) return 0;
  uint8_t here[kBatchMax];
  uint8_t there[kBatchMax];
  size_t here_count = 0;
  size_t there_count = 0;
  const size_t count_max = ReplyQueue::kPendingMax - replies_.pending();
  const size_t end_max = std::min(batch_.size(), begin + count_max);
  size_t end = begin;
  for (; end < end_max; ++end) {
    const ParsedCommand& command = batch_[end];
    if (!command.plain || !command.owners.empty()) break;
    const bool held = core_.holder(command.shard) != nullptr;
    if (!held & core_.lane_full(command.shard)) break;
    // Which of the two it is nobody can foresee, so there is no branch on it.
    here[here_count] = static_cast<uint8_t>(end);
    here_count += held;
    there[there_count] = static_cast<uint8_t>(end);
    there_count += !held;
  }
  const size_t count = end - begin;
  // A reply that nothing comes before is not for the queue.
  if (count == 0 || (replies_.idle() && core_.holder(batch_[begin].shard) != nullptr)) return 0;

  const uint64_t first = replies_.open_row(count);
  ordered_replies_end_ = replies_.opened();
  last_row = batch_[end - 1].row;
  last_active_ms = core_.now_ms();
  commands += count;
  core_.stats().commands_total += count;
  for (size_t i = 0; i < there_count; ++i)
    send_there(batch_[there[i]], first + (there[i] - begin));
  last_shard_ = batch_[end - 1].shard;
  for (size_t i = 0; i < here_count; ++i) {
    const ParsedCommand& command = batch_[here[i]];
    const uint64_t sequence = first + (here[i] - begin);
    if (Core* owner = core_.holder(command.shard)) [[likely]] {
      run_in_line(*owner, command, sequence);
    } else {
      // One before it has led to a message to the shard that was borrowed.
      send_there(command, sequence);
    }
  }
  calm = is_calm();
  return count;
}

// Executes one of them whose place in line is open, or leaves it to those who will.
void Session::run_in_line(Core& owner, const ParsedCommand& command, uint64_t sequence) {
  if (&owner == &core_ && !core_.quiet()) [[unlikely]] {
    Request request = own_request_of(command);
    if (wait_turn(request, *command.row, sequence)) return;
  }
  OutBuffer& held = replies_.held();
  const size_t from = held.size();
  execute_plain(owner, command, held);
  replies_.answer_held(sequence, from);
  core_.serve_ready_of(owner);
}

}  // namespace rondo
