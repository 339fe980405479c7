// From a parsed command to where it executes: the checks in Redis's order, then its route.
#include <fmt/format.h>

#include "protocol/errors.h"
#include "server/command_table.h"
#include "server/commands/debug.h"
#include "server/commands/monitor.h"
#include "server/commands/pubsub.h"
#include "server/commands/transactions.h"
#include "server/core.h"
#include "server/element_limit.h"
#include "server/pubsub.h"
#include "server/scan_walk.h"
#include "server/server_call.h"
#include "server/session.h"
#include "server/text.h"
#include "server/transaction.h"

namespace rondo {

Request Session::request_of(const ParsedCommand& command) const {
  Request request;
  request.command = core_.table().id(*command.row);
  request.db = static_cast<uint16_t>(db);
  request.resp = resp;
  request.no_touch = no_touch;
  request.hash = command.hash;
  request.token = id_;
  request.args = command.args;
  request.owners = command.owners;
  return request;
}

// The same for one that executes by itself, with whose it is. Its place in line is still to be said
// when it gets one.
Request Session::own_request_of(const ParsedCommand& command) {
  Request request = request_of(command);
  request.client_class = client_class();
  request.address.session = this;
  request.home = core_.index();
  return request;
}

// `write(Reply&)` makes a reply here; it goes to its place in line.
template <class Write>
void Session::reply_now(Write&& write) {
  if (replies_.idle() && reply_mode == ReplyMode::kOn) {
    if (core_.publishes_events()) [[unlikely]] {
      // Messages to this client that the command causes stand behind its reply.
      OutBuffer made = std::move(output_);
      made.set_limit(output_.limit());
      Reply reply(made, resp);
      write(reply);
      made.splice(std::move(output_));
      output_ = std::move(made);
    } else {
      Reply reply(output_, resp);
      write(reply);
    }
    notify();
    return;
  }
  const uint64_t sequence = open_reply();
  if (replies_.discards(sequence)) {
    OutBuffer dropped;
    dropped.set_limit(0);
    Reply reply(dropped, resp);
    write(reply);
    answer(sequence, OutBuffer());
    return;
  }
  const size_t begin = replies_.held().size();
  Reply reply(replies_.held(), resp);
  write(reply);
  replies_.answer_held(sequence, begin);
}

void Session::reply_error(std::string_view text) {
  core_.count_error(text);
  reply_now([&](Reply& reply) { reply.error(text); });
}

void Session::reject(const Command* row, std::string_view text) {
  if (row) ++core_.stats().commands[core_.table().id(*row)].rejected;
  if (row && row->name == "exec") {
    // An EXEC that can not be one ends the block all the same.
    multi_.reset();
    forget_watches();
    if (text.starts_with("ERR ")) text.remove_prefix(4);
    reply_error(fmt::format("EXECABORT Transaction discarded because of: {}", text));
    return;
  }
  if (multi_.active()) multi_.mark_broken();
  reply_error(text);
}

bool Session::dispatch(ParsedCommand& command) {
  if (replies_.full()) {
    wait_to_resume(false);
    return false;
  }
  if (reply_mode == ReplyMode::kSkipNext) reply_mode = ReplyMode::kSkipThis;
  const bool started = dispatch_row(command);
  if (!started) {
    if (reply_mode == ReplyMode::kSkipThis) reply_mode = ReplyMode::kSkipNext;
    return false;
  }
  if (reply_mode == ReplyMode::kSkipThis) reply_mode = ReplyMode::kOn;
  ++commands;
  ++core_.stats().commands_total;
  last_active_ms = core_.now_ms();
  check_large_output();
  return true;
}

// The checks that answer with an error; the order is Redis's.
bool Session::is_refused(const ParsedCommand& command) {
  const Command* row = command.row;
  const auto argc = static_cast<int>(command.args.size());
  if ((row->arity > 0 && argc != row->arity) || argc < -row->arity) {
    reject(row, fmt::format("ERR wrong number of arguments for '{}' command", row->name));
    return true;
  }
  if (!command.owners.empty() && has_too_large_element(*row, command.args, command.owners))
      [[unlikely]] {
    reject(row, "ERR Element too large");
    return true;
  }
  if (row->flags & kGuarded) [[unlikely]] {
    if (Error error = check_guarded(core_.config(), *this)) {
      reject(row, error.text());
      return true;
    }
  }
  if (!authenticated && !(row->flags & kNoAuth)) {
    reject(row, errors::kNoAuth);
    return true;
  }
  if (multi_.active() && (row->flags & kNoMulti)) {
    reject(row, "ERR Command not allowed inside a transaction");
    return true;
  }
  if (subscriber && resp == Resp::k2 && subscribed() && !allowed_while_subscribed(*row))
      [[unlikely]] {
    reject(row, fmt::format("ERR Can't execute '{}': only (P|S)SUBSCRIBE / (P|S)UNSUBSCRIBE / PING "
                            "/ QUIT / RESET are allowed in this context",
                            row->name));
    return true;
  }
  if (core_.scripts_busy() && !(row->flags & kAllowBusy)) [[unlikely]] {
    reject(row, errors::kBusy);
    return true;
  }
  if (monitor && (row->flags & (kReadonly | kWrite | kMayReplicate))) [[unlikely]] {
    // Redis counts whoever listens to MONITOR as a replica.
    reject(row, "ERR Replica can't interact with the keyspace");
    return true;
  }
  return false;
}

bool Session::dispatch_row(ParsedCommand& command) {
  const Command* row = command.row;
  if (!row) {
    last_row = nullptr;
    Error error;
    static_cast<void>(core_.table().resolve(command.args, error));
    reject(nullptr, error.text());
    return true;
  }
  last_row = row;
  if (is_refused(command)) return true;
  if (core_.pause_until_ms != 0 && core_.paused_for(*row, *this)) {
    wait_to_resume(false);
    core_.resume_after_pause(*this);
    return false;
  }
  if (multi_.active() && !ends_multi(*row)) return queue_in_multi(command);
  if (multi_.active() && row == core_.watch_row()) {
    reply_error("ERR WATCH inside MULTI is not allowed");
    return true;
  }
  if (!may_start(command)) return false;
  // Whoever sleeps while we hold its shard must not wait for a long command.
  const bool is_short = core_.is_short(*row, command.args.size());
  if (!is_short) core_.return_borrowed();
  // A script is shown before what it calls.
  const bool is_shown = !(row->flags & (kSkipMonitor | kAdmin)) || row->route == Route::kScript;
  if (core_.monitors > 0 && is_shown) {
    // A transaction is shown as it executes: its commands, then EXEC.
    if (multi_.active() && row->name == "exec" && !multi_.broken()) {
      multi_.queued().for_each([&](Request& queued) { feed_monitors(core_, *this, queued.args); });
    }
    feed_monitors(core_, *this, command.args);
  }

  if (row->route == Route::kConnection) {
    serve(command);
    return true;
  }
  if (row->route == Route::kSplit && row == core_.watch_row()) note_watch(command);
  if (row->route == Route::kCursor && core_.cores() > 1) {
    if (ScanWalk::start(*this, request_of(command), *row)) return true;
    command.shard = core_.index();  // Where it says what is wrong.
  }
  if (row->flags & kBlocking) [[unlikely]] {
    core_.blocking().start(*this, request_of(command), *row, command.shard);
  } else if (command.shard == ParsedCommand::kSeveralShards) {
    Transaction::start_command(*this, request_of(command), *row);
  } else if (command.shard == core_.index() || command.shard == ParsedCommand::kNoShard) {
    execute_here(command);
  } else if (Core* owner = core_.holder(command.shard); owner && is_short) {
    Request request = own_request_of(command);
    reply_now([&](Reply& reply) { core_.execute_borrowed(*owner, request, *row, reply); });
    core_.serve_ready_of(*owner);
  } else {
    send_there(command, open_reply());
  }
  return true;
}

// Whether nothing has to come first; otherwise the session waits for it.
bool Session::may_start(const ParsedCommand& command) {
  const Command& row = *command.row;
  const bool alone = command.shard == ParsedCommand::kSeveralShards || (row.flags & kBlocking) ||
                     (row.route == Route::kCursor && core_.cores() > 1);
  if (row.route == Route::kConnection || alone) {
    if (row.flags & kPubsub) return may_publish(row);
    // A command that looks at other cores, or at the order of things, comes after what precedes it;
    // so does one that may end watches whose WATCH is on its way.
    const bool may_overtake = !alone && (row.flags & kFast) && !(row.acl & kAclTransaction) &&
                              multi_.watched_shards().empty();
    if (may_overtake || replies_.idle()) return true;
    wait_to_resume(true);
    return false;
  }
  const int shard = command.shard == ParsedCommand::kNoShard ? core_.index() : command.shard;
  // The strict order: nothing for another shard may be in flight.
  if (core_.config().strict_pipeline_order && !replies_.idle() && last_shard_ != shard) {
    wait_to_resume(true);
    return false;
  }
  if (shard != core_.index() && core_.lane_full(shard)) {
    wait_to_resume(false);
    core_.resume_later(*this);
    return false;
  }
  last_shard_ = shard;
  return true;
}

// Whoever gets a message shall find what this client did before it: only other messages, which keep
// their order, may still be on their way to other cores. SUBSCRIBE and its like come after all.
bool Session::may_publish(const Command& row) {
  if (core_.pubsub().congested()) {
    wait_to_resume(false);
    core_.resume_later(*this);
    return false;
  }
  const bool publishes = (row.flags & kFast) != 0;
  if (publishes ? replies_.answered() >= ordered_replies_end_ : replies_.idle()) return true;
  wait_to_resume(true);
  return false;
}

// Remembers which shards will hold a watch token of this session, and for which keys.
void Session::note_watch(const ParsedCommand& command) {
  for (size_t i = 1; i < command.args.size(); ++i) {
    multi_.watch(core_.shard_of(command.args[i]), hash_key(command.args[i]));
  }
}

bool Session::queue_in_multi(ParsedCommand& command) {
  const Command& row = *command.row;
  Request request = request_of(command);
  request.db = static_cast<uint16_t>(multi_.db());
  request.resp = multi_.resp();
  multi_.queue(request, (row.flags & (kWrite | kMayReplicate)) != 0,
               row.route == Route::kConnection || row.route == Route::kScript ? -1 : command.shard);
  // SELECT and HELLO take effect for the commands queued behind them.
  if (row.name == "select") {
    multi_.select(database_after_select(command.args[1], core_.config().databases, multi_.db()));
  }
  if (row.name == "hello" && command.args.size() > 1) {
    if (command.args[1] == "2") multi_.set_resp(Resp::k2);
    if (command.args[1] == "3") multi_.set_resp(Resp::k3);
  }
  reply_now([](Reply& reply) { reply.simple("QUEUED"); });
  return true;
}

void Session::serve(ParsedCommand& command) {
  const Command& row = *command.row;
  // A reply that comes later takes its place in line by open_reply() inside the handler; then
  // nothing is written here.
  const uint64_t opened = replies_.opened();
  const bool in_line = replies_.idle() && reply_mode == ReplyMode::kOn;
  OutBuffer made = in_line ? std::move(output_) : std::move(core_.scratch());
  const size_t before = made.size();
  made.set_limit(output_.limit());
  Reply reply(made, resp);
  ServerCall call{core_, *this, row, command.args, reply};
  Error error = row.serve(call);
  if (error) {
    reply.error(error.text());
    core_.count_error(error.text());
  }
  const uint64_t cycles = core_.lap_clock();
  if (!call.counted_later) core_.count_command(row, cycles, static_cast<bool>(error));
  if (core_.is_slow(cycles) && !call.counted_later) [[unlikely]]
    core_.note_slow_cycles(*this, row, command.args, cycles);
  const bool wrote = made.size() != before;
  CHECK(!wrote || replies_.opened() == opened);
  if (in_line) {
    // What the handler itself sent out of band stands behind its reply.
    made.splice(std::move(output_));
    output_ = std::move(made);
    notify();
    return;
  }
  if (wrote) answer(open_reply(), std::move(made));
  made.clear();
  core_.scratch() = std::move(made);
}

// False: nothing on this core's shard keeps the command from executing now. Otherwise it is left
// there until its turn, and its reply comes to `place`, or to one at the end of the line.
bool Session::wait_turn(Request& request, const Command& row, std::optional<uint64_t> place) {
  if (core_.quiet()) [[likely]]
    return false;
  const Core::Turn turn = core_.turn_of(request, row);
  if (turn == Core::Turn::kNow) return false;
  request.address.sequence = place ? *place : open_reply();
  core_.postpone(core_.index(), request, turn);
  return true;
}

void Session::execute_here(ParsedCommand& command) {
  Request request = own_request_of(command);
  if (wait_turn(request, *command.row, std::nullopt)) return;
  if (command.row->route == Route::kScript) {
    execute_script_here(request, *command.row);
  } else {
    reply_now([&](Reply& reply) { core_.execute(request, *command.row, reply); });
  }
  core_.serve_ready();
}

// It may answer later.
void Session::execute_script_here(Request& request, const Command& row) {
  request.address.sequence = open_reply();
  OutBuffer made;
  made.set_limit(output_.limit());
  Reply reply(made, resp);
  if (core_.execute_script(core_.index(), request, row, reply)) {
    answer(request.address.sequence, std::move(made));
  }
}

void Session::send_there(const ParsedCommand& command, uint64_t sequence) {
  Request request = own_request_of(command);
  request.address.sequence = sequence;
  core_.send_request(command.shard, request);
}

}  // namespace rondo
