#include "server/commands/debug.h"

#include <algorithm>
#include <cmath>
#include <cstdlib>

#include "server/commands/gather.h"
#include "server/commands/help.h"
#include "server/logger.h"
#include "server/text.h"
#include "shard/commands/object.h"

namespace rondo {
namespace {

// Stops every core, as Redis stops: so clients of any core see a server that hangs.
class Sleep : public Gather {
 public:
  Sleep(const ServerCall& call, int64_t us)
      : row_(call.row), args_(call.args.begin(), call.args.end()), us_(us) {}
  void run(Core&) override {
    timespec left = {us_ / 1'000'000, us_ % 1'000'000 * 1000};
    while (nanosleep(&left, &left) != 0 && errno == EINTR) {
    }
  }
  Error reply(Core& home, Session& session, Reply& reply) override {
    // With one core dispatch measured it.
    if (home.cores() > 1) {
      const std::vector<std::string_view> args(args_.begin(), args_.end());
      home.note_slow(session, row_, args, us_);
    }
    reply.ok();
    return {};
  }

 private:
  const Command& row_;
  const std::vector<std::string> args_;
  const int64_t us_;
};

Error debug_sleep(ServerCall& call) {
  constexpr double kSecondsMax = 3600;
  const std::string text(call[2]);
  const double seconds = std::strtod(text.c_str(), nullptr);  // Like Redis: nonsense is 0.
  const double us = std::isfinite(seconds) ? std::clamp(seconds, 0.0, kSecondsMax) * 1e6 : 0;
  return start_gather(call, std::make_unique<Sleep>(call, static_cast<int64_t>(us)));
}

class SetActiveExpire : public Gather {
 public:
  explicit SetActiveExpire(bool on) : on_(on) {}
  void run(Core& core) override {
    core.config().active_expire = on_;
    core.config_changed();
  }
  Error reply(Core&, Session&, Reply& reply) override {
    reply.ok();
    return {};
  }

 private:
  const bool on_;
};

Error debug_set_active_expire(ServerCall& call) {
  const bool on = std::atoi(std::string(call[2]).c_str()) != 0;
  return start_gather(call, std::make_unique<SetActiveExpire>(on));
}

Error debug_error(ServerCall& call) {
  return Error(std::string(call[2]));
}

Error debug_log(ServerCall& call) {
  log_warning("DEBUG LOG: {}", call[2]);
  call.reply.ok();
  return {};
}

// A value of each type that replies can have, for the tests of clients.
Error debug_protocol(ServerCall& call) {
  Reply& reply = call.reply;
  const std::string type = lower(call[2]);
  if (type == "string") {
    reply.bulk("Hello World");
  } else if (type == "integer") {
    reply.integer(12345);
  } else if (type == "double") {
    reply.real(3.141);
  } else if (type == "null") {
    reply.null();
  } else if (type == "array") {
    reply.array(3);
    for (int i = 0; i < 3; ++i)
      reply.integer(i);
  } else if (type == "set") {
    reply.set(3);
    for (int i = 0; i < 3; ++i)
      reply.integer(i);
  } else if (type == "map") {
    reply.map(3);
    for (int i = 0; i < 3; ++i) {
      reply.integer(i);
      reply.boolean(i == 1);
    }
  } else if (type == "attrib") {
    if (reply.version() == Resp::k3) {
      reply.attribute(1);
      reply.bulk("key-popularity");
      reply.array(2);
      reply.bulk("key:123");
      reply.integer(90);
    }
    reply.bulk("Some real reply following the attribute");
  } else if (type == "push") {
    if (reply.version() == Resp::k2) return "ERR RESP2 is not supported by this command";
    reply.push(2);
    reply.bulk("server-cpu-usage");
    reply.integer(42);
    reply.bulk("Some real reply following the push reply");
  } else if (type == "true") {
    reply.boolean(true);
  } else if (type == "false") {
    reply.boolean(false);
  } else if (type == "verbatim") {
    reply.verbatim("txt", "This is a verbatim\nstring");
  } else if (type == "bignum") {
    reply.big_number("1234567999999999999999999999999999999");
  } else {
    return "ERR Wrong protocol type name. Please use one of the following: "
           "string|integer|double|bignum|null|array|set|map|attrib|push|verbatim|true|false";
  }
  return {};
}

constexpr std::string_view kHelp[] = {
    "ERROR <string>",
    "    Return a Redis protocol error with <string> as message. Useful for clients",
    "    unit tests to simulate Redis errors.",
    "LOG <message>",
    "    Write <message> to the server log.",
    "OBJECT <key>",
    "    Show low level info about `key` and associated value.",
    "PROTOCOL <type>",
    "    Reply with a test value of the specified type. <type> can be: string,",
    "    integer, double, bignum, null, array, set, map, attrib, push, verbatim,",
    "    true, false.",
    "SET-ACTIVE-EXPIRE <0|1>",
    "    Setting it to 0 disables expiring keys in background when they are not",
    "    accessed (otherwise the Redis behavior). Setting it to 1 reenables back the",
    "    default.",
    "SLEEP <seconds>",
    "    Stop the server for <seconds>. Decimals allowed.",
};

Error debug_help(ServerCall& call) {
  reply_help(call.reply, "DEBUG", kHelp);
  return {};
}

// For what is not in the table below: DEBUG words it in its own way.
Error debug_unknown(ServerCall& call) {
  return unknown_subcommand("DEBUG", call[1]);
}

constexpr Command row(std::string_view name, std::string_view syntax, int arity,
                      Error (*serve)(ServerCall&), std::string_view summary) {
  return {.name = name,
          .arity = arity,
          .flags = kAdmin | kNoscript | kLoading | kStale | kGuarded,
          .route = Route::kConnection,
          .serve = serve,
          .group = "server",
          .since = "1.0.0",
          .summary = summary,
          .complexity = "O(1)",
          .syntax = syntax};
}

std::vector<Command> make_subcommands() {
  std::vector<Command> rows = {
      row("debug|error", "message", 3, debug_error,
          "Answers with an error of the client's choice."),
      row("debug|help", "", 2, debug_help, "Lists the subcommands."),
      row("debug|log", "message", 3, debug_log, "Writes a line to the log."),
      row("debug|protocol", "type", 3, debug_protocol,
          "Answers with a value of each protocol type."),
      row("debug|set-active-expire", "enabled", 3, debug_set_active_expire,
          "Turns the removal of expired keys in the background off and on."),
      row("debug|sleep", "seconds:double", 3, debug_sleep, "Stops the server for a time."),
  };
  for (Command object : debug_object_rows()) {
    object.flags |= kGuarded;
    rows.push_back(object);
  }
  return rows;
}

}  // namespace

Error check_guarded(const Config& config, const Session& session) {
  const GuardedCommands allowed = config.enable_debug_command;
  if (allowed == GuardedCommands::kYes) return {};
  const SessionAddress& address = session.address();
  const bool local = address.loopback || address.unix_socket;
  if (allowed == GuardedCommands::kLocal && local) return {};
  return "ERR DEBUG command not allowed. If the enable-debug-command option is set to \"local\", "
         "you can run it from a local connection, otherwise you need to set this option in the "
         "configuration file, and then restart the server.";
}

std::span<const Command> debug_commands() {
  static const std::vector<Command> subcommands = make_subcommands();
  static const Command rows[] = {
      {.name = "debug",
       .arity = -2,
       .flags = kAdmin | kNoscript | kLoading | kStale | kGuarded,
       .route = Route::kConnection,
       .serve = debug_unknown,
       .subcommands = subcommands,
       .group = "server",
       .since = "1.0.0",
       .summary = "Looks inside the server, for tests.",
       .complexity = "Depends on the subcommand.",
       .is_internal = true},
  };
  return rows;
}

}  // namespace rondo
