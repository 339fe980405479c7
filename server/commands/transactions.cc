#include "server/commands/transactions.h"

#include <algorithm>

#include "protocol/errors.h"
#include "server/core.h"
#include "server/server_call.h"
#include "server/transaction.h"
#include "shard/watches.h"

namespace rondo {

namespace {

Error multi_command(ServerCall& call) {
  Multi& multi = call.session.multi();
  if (multi.active()) return "ERR MULTI calls can not be nested";
  multi.begin(call.session.db, call.session.resp);
  call.reply.ok();
  return {};
}

Error discard_command(ServerCall& call) {
  Multi& multi = call.session.multi();
  if (!multi.active()) return "ERR DISCARD without MULTI";
  multi.reset();
  call.session.forget_watches();
  call.reply.ok();
  return {};
}

Error unwatch_command(ServerCall& call) {
  call.session.forget_watches();
  call.reply.ok();
  return {};
}

// The whole queue, on the shard of `owner`, which this thread holds.
void run_queue(ServerCall& call, Core& owner) {
  Core& core = call.core;
  Multi& multi = call.session.multi();
  const CommandTable& table = CommandTable::instance();
  call.reply.array(multi.size());
  multi.queued().for_each([&](Request& request) {
    request.home = core.index();
    request.address = {&call.session, 0};
    core.execute_borrowed(owner, request, table.row(request.command), call.reply);
  });
}

// A queue of a few short commands for the shard of a core that sleeps.
bool exec_borrowed(ServerCall& call) {
  Core& core = call.core;
  Multi& multi = call.session.multi();
  const int shard = multi.shard();
  if (shard < 0 || shard == core.index() || !multi.watched_shards().empty()) return false;
  if (multi.size() > Core::kShortCommandsMax) return false;
  const CommandTable& table = CommandTable::instance();
  bool all_short = true;
  multi.queued().for_each_header([&](const RequestHeader& header) {
    all_short = all_short && core.is_short(table.row(header.command), header.argc);
  });
  if (!all_short || !core.borrow(shard)) return false;
  Core* owner = core.holder(shard);
  CHECK(owner != nullptr);
  run_queue(call, *owner);
  core.serve_ready_of(*owner);
  core.return_borrowed();
  multi.reset();
  return true;
}

// The whole queue on this core's own shard, with nothing held by anyone: no transaction is needed,
// since nothing else runs on this thread meanwhile.
bool exec_here(ServerCall& call) {
  Core& core = call.core;
  Session& session = call.session;
  Multi& multi = session.multi();
  if (!core.quiet()) return false;
  for (int shard : multi.watched_shards()) {
    if (shard != core.index()) return false;
  }
  if (!multi.all_on(core.index())) return false;
  if (!multi.watched_shards().empty() && core.shard().watches().is_dirty(session.id())) {
    call.reply.null_array();
  } else {
    run_queue(call, core);
  }
  multi.reset();
  call.session.forget_watches();
  core.serve_ready();
  return true;
}

Error exec_command(ServerCall& call) {
  Session& session = call.session;
  Multi& multi = session.multi();
  if (!multi.active()) return "ERR EXEC without MULTI";
  if (multi.broken()) {
    multi.reset();
    call.session.forget_watches();
    return errors::kExecAbort;
  }
  if (exec_here(call) || exec_borrowed(call)) return {};
  Transaction::start_exec(session);
  return {};
}

// Runs on the owner of its keys, like a read; the session notes on which shards it has a token.
Error watch_command(Call& call) {
  for (size_t i = 1; i < call.size(); ++i) {
    call.shard().watches().add(call.token(), call.db(), call.key(i));
  }
  call.reply().ok();
  return {};
}

constexpr Command kRows[] = {
    {.name = "multi",
     .arity = 1,
     .flags = kNoscript | kLoading | kStale | kFast | kAllowBusy,
     .acl = kAclFast | kAclTransaction,
     .route = Route::kConnection,
     .serve = multi_command,
     .group = "transactions",
     .since = "1.2.0",
     .summary = "Begins to queue commands for EXEC.",
     .complexity = "O(1)"},
    {.name = "exec",
     .arity = 1,
     .flags = kNoscript | kLoading | kStale | kSkipSlowlog,
     .acl = kAclSlow | kAclTransaction,
     .route = Route::kConnection,
     .serve = exec_command,
     .group = "transactions",
     .since = "1.2.0",
     .summary = "Executes the queued commands as one.",
     .complexity = "That of the queued commands"},
    {.name = "discard",
     .arity = 1,
     .flags = kNoscript | kLoading | kStale | kFast | kAllowBusy,
     .acl = kAclFast | kAclTransaction,
     .route = Route::kConnection,
     .serve = discard_command,
     .group = "transactions",
     .since = "2.0.0",
     .summary = "Forgets the queued commands and leaves MULTI.",
     .complexity = "O(N) in the queued commands"},
    {.name = "watch",
     .arity = -2,
     .flags = kNoscript | kLoading | kStale | kFast | kAllowBusy,
     .acl = kAclFast | kAclTransaction,
     .keys = {1, -1, 1},
     .key_use = {"RO"},
     .route = Route::kSplit,
     .merge = Merge::kOk,
     .run = watch_command,
     .group = "transactions",
     .since = "2.2.0",
     .summary = "Lets the next EXEC fail when one of the keys was changed before it.",
     .complexity = "O(1) for each key",
     .syntax = "key..."},
    {.name = "unwatch",
     .arity = 1,
     .flags = kNoscript | kLoading | kStale | kFast | kAllowBusy,
     .acl = kAclFast | kAclTransaction,
     .route = Route::kConnection,
     .serve = unwatch_command,
     .group = "transactions",
     .since = "2.2.0",
     .summary = "Forgets all watched keys.",
     .complexity = "O(1)"},
};

}  // namespace

bool ends_multi(const Command& row) {
  static constexpr std::string_view kNames[] = {"exec",  "discard", "multi",
                                                "watch", "quit",    "reset"};
  return std::find(std::begin(kNames), std::end(kNames), row.name) != std::end(kNames);
}

std::span<const Command> transaction_commands() {
  return kRows;
}

}  // namespace rondo
