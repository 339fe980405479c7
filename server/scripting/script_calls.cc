// What a script asks of the server while it runs (server/scripting/scripting.h).
#include <algorithm>

#include "server/commands/monitor.h"
#include "server/core.h"
#include "server/logger.h"
#include "server/pubsub.h"
#include "server/scripting/scripting.h"
#include "server/server_call.h"
#include "server/transaction.h"

namespace rondo {

namespace {

constexpr const char* kUnknown = "ERR Unknown Redis command called from script";
constexpr const char* kArity = "ERR Wrong number of args calling Redis command from script";
constexpr const char* kNotAllowed = "ERR This Redis command is not allowed from script";
constexpr const char* kReadOnly = "ERR Write commands are not allowed from read-only scripts.";
constexpr const char* kGathers =
    "ERR This command is not allowed from script when the server has more than one thread";

// Commands that ask all cores, which can not answer while a script holds their shards.
constexpr std::string_view kGathering[] = {
    "info",          "memory|doctor",        "memory|purge",
    "memory|stats",  "pubsub|channels",      "pubsub|numpat",
    "pubsub|numsub", "pubsub|shardchannels", "slowlog|get",
    "slowlog|len",   "slowlog|reset",        "pubsub|shardnumsub",
};

bool gathers(const Command& row) {
  return std::find(std::begin(kGathering), std::end(kGathering), row.name) != std::end(kGathering);
}

}  // namespace

// The checks of Redis, in its order.
Error Scripting::check(const Command* row, Args args) const {
  if (!row) return kUnknown;
  const auto count = static_cast<int>(args.size());
  if ((row->arity > 0 && count != row->arity) || count < -row->arity) return kArity;
  if (row->flags & kNoscript) return kNotAllowed;
  if (read_only_ && (row->flags & (kWrite | kMayReplicate))) return kReadOnly;
  if (row->route == Route::kConnection && core_.cores() > 1 && gathers(*row)) return kGathers;
  return {};
}

Error Scripting::call(Args args, std::string_view& reply) {
  Error unknown;
  const Command* row = core_.table().resolve(args, unknown);
  if (Error error = check(row, args)) {
    core_.count_error(error.text());
    if (row) ++core_.stats().commands[core_.table().id(*row)].rejected;
    return error;
  }
  if (row->flags & kWrite) note_write();
  if (interpreter_.stopping()) return {};
  if (core_.monitors > 0 && !(row->flags & (kSkipMonitor | kAdmin))) {
    feed_monitors_of_script(core_, db_, args);
  }
  out_.clear();
  if (row->route == Route::kConnection) {
    if (Error error = run_on_connection(*row, args)) return error;
  } else {
    run_data(*row, args);
  }
  iovec pieces[2];
  if (out_.pieces(pieces, 2) == 1) {
    reply = {static_cast<const char*>(pieces[0].iov_base), pieces[0].iov_len};
  } else {
    flat_ = out_.to_string();
    reply = flat_;
  }
  return {};
}

void Scripting::run_data(const Command& row, Args args) {
  Request request;
  request.command = core_.table().id(row);
  request.db = static_cast<uint16_t>(db_);
  request.resp = resp_;
  request.no_touch = request_->no_touch;
  request.home = core_.index();
  request.args = args;
  Reply reply(out_, resp_);
  core_.start_clock();
  if (view_->shards.size() == 1) {
    core_.execute_on(*home_, *view_, request, row, reply);
    return;
  }
  run_on_view(core_, *view_, request, row, reply);
  // Clients that wait are served in the order in which their keys became ready.
  if (row.flags & kWrite) core_.blocking().note_ready(*view_);
}

Error Scripting::run_on_connection(const Command& row, Args args) {
  // As much is under way to some core as may be.
  if (row.flags & kPubsub) {
    while (core_.pubsub().congested())
      suspend();
  }
  Session& session = this->session();
  session.db = db_;
  session.resp = resp_;
  answered_ = true;
  session.set_capture(this);
  Reply reply(out_, resp_);
  ServerCall call{core_, session, row, args, reply};
  core_.start_clock();
  Error error = row.serve(call);
  const uint64_t cycles = core_.lap_clock();
  if (error) {
    reply.error(error.text());
    core_.count_error(error.text());
  }
  if (!call.counted_later) core_.count_command(row, cycles, static_cast<bool>(error));
  // The number of receivers comes from other cores.
  if (session.capture_blocked()) {
    answered_ = false;
    while (!answered_)
      suspend();
  }
  session.set_capture(nullptr);
  db_ = session.db;
  return {};
}

// A client that is on none of the core's lists.
Session& Scripting::session() {
  if (!session_) {
    SessionHost& host = *this;
    session_ = std::make_unique<Session>(core_, host, SessionAddress{});
    session_->authenticated = true;
    session_->unlink();
    --core_.sessions_count;
  }
  return *session_;
}

void Scripting::log(int level, std::string_view line) {
  constexpr LogLevel kLevels[] = {LogLevel::kDebug, LogLevel::kVerbose, LogLevel::kNotice,
                                  LogLevel::kWarning};
  const LogLevel wanted = kLevels[static_cast<size_t>(level)];
  if (log_enabled(wanted)) log_line(wanted, line);
}

bool Scripting::knows_command(Args args) {
  Error unknown;
  return core_.table().resolve(args, unknown) != nullptr;
}

}  // namespace rondo
