// From a parsed command to its row in the table and the shard of its keys.
#include "server/command_table.h"
#include "server/core.h"
#include "server/session.h"
#include "server/split.h"
#include "shard/scan_cursor.h"

namespace rondo {

namespace {

// The shard that a SCAN cursor points into, or several if others follow; a cursor that makes no
// sense stays here, where the command answers with the error.
int shard_of_cursor(const Core& core, std::string_view text) {
  ScanPosition position;
  if (!parse_scan_cursor(text, core.cores(), position)) return core.index();
  return position.shard + 1 < core.cores() ? ParsedCommand::kSeveralShards : position.shard;
}

}  // namespace

// Finds the row, and for a command on keys its shard; true: this thread holds that, and the table's
// memory was asked for. Has no other effect, so it may run ahead of the commands before it.
bool Session::resolve(ParsedCommand& command) {
  const Command* row = core_.table().find(command.args[0]);
  if (row && !row->subcommands.empty()) [[unlikely]] {
    Error unused;
    row = core_.table().resolve(command.args, unused);
  }
  command.row = row;
  if (!row) return false;
  if (core_.is_plain(*row, command.args.size())) {
    const std::string_view key = command.args[1];
    command.plain = true;
    command.hash = hash_key(key);
    command.shard = core_.shard_of(key);
    // A shard whose core sleeps is borrowed for the batch.
    core_.borrow_for_batch(command.shard);
    return prefetch(command);
  }
  if (row->route == Route::kConnection) return false;
  if (needs_all_shards(*row, command.args)) {
    command.shard = core_.cores() == 1 ? 0 : ParsedCommand::kSeveralShards;
    return false;
  }
  if (row->route == Route::kCursor) {
    if (command.args.size() > 1) command.shard = shard_of_cursor(core_, command.args[1]);
    return false;
  }
  if (row->find_keys) {
    resolve_found_keys(command);
    return false;
  }
  const auto first = static_cast<size_t>(row->keys.first);
  if (first == 0 || command.args.size() <= first) return false;
  const std::string_view key = command.args[first];
  command.hash = hash_key(key);
  command.shard = core_.shard_of(key);
  if (row->keys.last != row->keys.first && core_.cores() > 1) {
    // A last key without its value (MSET a 1 b): the command refuses it wherever it runs.
    if (row->route == Route::kSplit && !is_complete_split(*row, command.args)) {
      command.shard = core_.index();
      return false;
    }
    const int last = row->keys.last < 0 ? static_cast<int>(command.args.size()) + row->keys.last
                                        : row->keys.last;
    for (int i = row->keys.first + row->keys.step; i <= last; i += row->keys.step) {
      const auto at = static_cast<size_t>(i);
      if (at >= command.args.size()) break;
      if (core_.shard_of(command.args[at]) != command.shard) {
        command.shard = ParsedCommand::kSeveralShards;
        return false;
      }
    }
  }
  if (core_.is_short(*row, command.args.size())) core_.borrow_for_batch(command.shard);
  return prefetch(command);
}

// Brings the table's memory closer, when this thread holds it.
bool Session::prefetch(const ParsedCommand& command) {
  Shard* shard = core_.held_shard(command.shard);
  if (shard == nullptr) return false;
  shard->db(db).prefetch(Key{{}, command.hash});
  return true;
}

// Keys at places that other arguments tell. Arguments that make no sense name no key: the command
// refuses them wherever it runs.
void Session::resolve_found_keys(ParsedCommand& command) {
  std::vector<int> positions;
  static_cast<void>(key_positions(*command.row, command.args, positions));
  for (int position : positions) {
    const int shard = core_.shard_of(command.args[static_cast<size_t>(position)]);
    if (command.shard == ParsedCommand::kNoShard) command.shard = shard;
    if (command.shard != shard) command.shard = ParsedCommand::kSeveralShards;
  }
}

}  // namespace rondo
