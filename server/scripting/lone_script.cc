// A script that runs on this core's shard alone, though there are others: what it may do there, and
// how all of it is made known or taken back (server/scripting/scripting.h).
#include "server/core.h"
#include "server/logger.h"
#include "server/pubsub.h"
#include "server/scripting/scripting.h"

namespace rondo {

namespace {

// Commands that reach into another database than the one in which their keys are.
bool crosses_databases(const Command& row) {
  return row.name == "move" || row.name == "copy";
}

}  // namespace

// Whether the command can be executed here. False: the script is to end.
bool Scripting::may_go_on(const Command& row, Args args) {
  if (row.route == Route::kConnection) {
    if (!(row.flags & kPubsub) || args.size() < 2) return true;
    const TopicKind kind = row.name == "spublish" ? TopicKind::kShardChannel : TopicKind::kChannel;
    if (!core_.pubsub().has_listeners(kind, args[1])) return true;
    abandon(false);
    return false;
  }
  const bool stays = row.route != Route::kCursor && !needs_all_shards(row, args) &&
                     !crosses_databases(row) && keep_keys(row, args);
  if (!stays) abandon(true);
  return stays;
}

// False: a key is on another shard, or too large.
bool Scripting::keep_keys(const Command& row, Args args) {
  // Arguments that make no sense name no key: the command refuses them.
  static_cast<void>(key_positions(row, args, positions_));
  for (const int position : positions_) {
    if (core_.shard_of(args[static_cast<size_t>(position)]) != core_.index()) return false;
  }
  if (!(row.flags & kWrite)) return true;
  for (const int position : positions_) {
    if (!undo_.keep(db_, make_key(args[static_cast<size_t>(position)]))) return false;
  }
  return true;
}

// `for_good`: the script does not run on one shard any more.
void Scripting::abandon(bool for_good) {
  abandoned_ = true;
  if (for_good) last_.script->roams.store(true, std::memory_order_relaxed);
  interpreter_.stop("ERR abandoned");
}

void Scripting::take_back() {
  undo_.undo();
  interpreter_.set_random_state(random_state_);
  for (const std::string& code : failures_)
    core_.uncount_error(code);
  for (const Called& called : called_) {
    if (called.refused) --core_.stats().commands[core_.table().id(*called.row)].rejected;
  }
  failures_.clear();
  called_.clear();
  lines_.clear();
}

void Scripting::make_known() {
  undo_.commit();
  for (const Called& called : called_) {
    if (!called.refused) core_.count_command(*called.row, called.cycles, called.failed);
  }
  for (const auto& [level, line] : lines_)
    log_line(level, line);
  failures_.clear();
  called_.clear();
  lines_.clear();
}

}  // namespace rondo
