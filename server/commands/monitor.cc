#include "server/commands/monitor.h"

#include <fmt/format.h>

#include <memory>
#include <string>

#include "protocol/quote.h"
#include "server/commands/gather.h"
#include "server/core.h"
#include "server/redaction.h"
#include "server/server_call.h"
#include "server/text.h"

namespace rondo {
namespace {

// Changes how many monitors there are, on every core.
class CountMonitors : public CoreTask {
 public:
  explicit CountMonitors(int change) : change_(change) {}
  void run(Core& core) override { core.monitors += change_; }
  void finish(Core&) override {}

 private:
  const int change_;
};

// The same for the command itself, which answers when no core will leave a command out any more.
class StartMonitor : public Gather {
 public:
  void run(Core& core) override { ++core.monitors; }
  Error reply(Core&, Session& session, Reply& reply) override {
    session.monitor = true;
    reply.ok();
    return {};
  }
};

void push_line(Core& core, const OutBuffer& line, const Session* but) {
  core.sessions().for_each([&](Session& session) {
    if (session.monitor && &session != but) session.push(line);
  });
}

class FeedMonitors : public CoreTask {
 public:
  FeedMonitors(int home, std::string line) : home_(home), line_(std::move(line)) {}
  void run(Core& core) override {
    if (core.index() == home_) return;  // Was told at once.
    OutBuffer out;
    out.append(line_);
    push_line(core, out, nullptr);
  }
  void finish(Core&) override {}

 private:
  const int home_;
  const std::string line_;
};

// The database of the client after the command: that of a SELECT is the one that it asks for.
int shown_database(const Core& core, const Session& session, Args args) {
  if (args.size() != 2 || !same_word(args[0], "select")) return session.db;
  return database_after_select(args[1], core.config().databases, session.db);
}

// +1339518083.107412 [0 127.0.0.1:60866] "keys" "*"
std::string monitor_line(const Core& core, int db, std::string_view client, Args args) {
  const int64_t us = core.now().unix_us;
  std::string line = fmt::format("+{}.{:06} [{} {}]", us / 1'000'000, us % 1'000'000, db, client);
  for (size_t i = 0; i < args.size(); ++i) {
    line += ' ';
    append_quoted(line, is_secret(args, i) ? kRedacted : args[i]);
  }
  line += "\r\n";
  return line;
}

Error monitor(ServerCall& call) {
  if (call.session.in_exec()) return "ERR MONITOR isn't allowed for DENY BLOCKING client";
  if (call.session.monitor) {
    call.reply.ok();
    return {};
  }
  return start_gather(call, std::make_unique<StartMonitor>());
}

const Command kRows[] = {
    {.name = "monitor",
     .arity = 1,
     .flags = kAdmin | kNoscript | kLoading | kStale,
     .route = Route::kConnection,
     .serve = monitor,
     .group = "server",
     .since = "1.0.0",
     .summary = "Shows every command of every client as it arrives."},
};

void feed(Core& core, std::string line, const Session* but) {
  OutBuffer out;
  out.append(line);
  push_line(core, out, but);
  if (core.cores() > 1) {
    core.start_task(std::make_unique<FeedMonitors>(core.index(), std::move(line)));
  }
}

}  // namespace

void feed_monitors(Core& core, Session& session, Args args) {
  const SessionAddress& address = session.address();
  // Behind RESET a client is no monitor any more.
  feed(core,
       monitor_line(core, shown_database(core, session, args),
                    address.unix_socket ? "unix:" + address.peer : address.peer, args),
       same_word("reset", args[0]) ? &session : nullptr);
}

void feed_monitors_of_script(Core& core, int db, Args args) {
  feed(core, monitor_line(core, db, "lua", args), nullptr);
}

void end_monitor(Core& core, Session& session) {
  CHECK(session.monitor);
  session.monitor = false;
  core.start_task(std::make_unique<CountMonitors>(-1));
}

std::span<const Command> monitor_commands() {
  return kRows;
}

}  // namespace rondo
