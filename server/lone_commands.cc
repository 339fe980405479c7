#include "server/lone_commands.h"

#include <cstring>
#include <utility>

#include "protocol/whole_command.h"
#include "server/command_table.h"
#include "server/core.h"
#include "server/session.h"

namespace rondo {

// Keeps the bytes for Core::run_lone() if they are one plain command for this core's own shard.
// False: they are something else, and nothing happened.
bool Session::postpone(std::string_view bytes) {
  if (bytes.size() > LoneCommands::kBytesMax || !input_.empty() || processing_ ||
      !parser_.between_commands() || !replies_.idle() || !is_calm()) {
    return false;
  }
  LoneCommands::Lone& lone = core_.lone().next();
  std::memcpy(lone.bytes, bytes.data(), bytes.size());
  batch_.clear();
  batch_args_.clear();
  if (parse_whole_command({lone.bytes, bytes.size()}, batch_args_) != bytes.size()) return false;
  const Command* row = core_.table().find(batch_args_[0]);
  if (!row || !core_.is_plain(*row, batch_args_.size())) return false;
  const std::string_view key = batch_args_[1];
  if (core_.shard_of(key) != core_.index()) return false;

  ParsedCommand& command = add_to_batch(0, 0);
  command.args = batch_args_;
  command.row = row;
  command.plain = true;
  command.hash = hash_key(key);
  command.shard = core_.index();
  prefetch(command);
  lone.session = this;
  lone.db = db;
  lone.hash = command.hash;
  lone.size = bytes.size();
  lone_ = true;
  core_.lone().add();
  if (core_.lone().full()) core_.run_lone();
  return true;
}

// Another client's command may have ended the state in which this one is plain: then it takes the
// ordinary way, where it may have to wait; whoever is gone does not wait.
void Session::run_postponed(std::string_view bytes) {
  lone_ = false;
  set_output_limit();
  bool calm = is_calm();
  if (calm && run_plain(batch_[0], calm)) {
    check_output_limit();
  } else if (connected_) {
    take(bytes);
  }
}

void Core::run_lone() {
  if (lone_.empty()) return;
  if (!admission_.parked()) {
    for (const LoneCommands::Lone& lone : lone_.all())
      shard_.db(lone.db).prefetch_entry(Key{{}, lone.hash});
  }
  start_clock();
  // One of them may end another's client, which comes back here.
  for (LoneCommands::Lone& lone : lone_.all()) {
    if (Session* session = std::exchange(lone.session, nullptr)) {
      session->run_postponed(lone.view());
    }
  }
  lone_.clear();
}

}  // namespace rondo
