#include "server/commands/client.h"

#include <fmt/format.h>

#include "protocol/errors.h"
#include "protocol/number.h"
#include "server/commands/client_list.h"
#include "server/commands/client_pause.h"
#include "server/commands/connection.h"
#include "server/commands/gather.h"
#include "server/commands/help.h"
#include "server/core.h"
#include "server/server_call.h"
#include "server/text.h"

namespace rondo {
namespace {

Error client_id(ServerCall& call) {
  call.reply.integer(static_cast<int64_t>(call.session.id()));
  return {};
}

Error client_getname(ServerCall& call) {
  if (call.session.name.empty())
    call.reply.null();
  else
    call.reply.bulk(call.session.name);
  return {};
}

Error client_setname(ServerCall& call) {
  if (!is_client_name(call[2])) {
    return "ERR Client names cannot contain spaces, newlines or special characters.";
  }
  call.session.name = call[2];
  call.reply.ok();
  return {};
}

Error client_setinfo(ServerCall& call) {
  std::string* target = nullptr;
  if (same_word(call[2], "lib-name")) target = &call.session.library_name;
  if (same_word(call[2], "lib-ver")) target = &call.session.library_version;
  if (target == nullptr) {
    return Error(fmt::format("ERR Unrecognized option '{}'", call[2].substr(0, 128)));
  }
  if (!is_client_name(call[3])) {
    return Error(fmt::format("ERR {} cannot contain spaces, newlines or special characters.",
                             call[2].substr(0, 128)));
  }
  *target = call[3];
  call.reply.ok();
  return {};
}

Error client_reply(ServerCall& call) {
  Session& session = call.session;
  if (same_word(call[2], "on")) {
    session.reply_mode = ReplyMode::kOn;
    call.reply.ok();
  } else if (same_word(call[2], "off")) {
    session.reply_mode = ReplyMode::kOff;
  } else if (same_word(call[2], "skip")) {
    if (session.reply_mode != ReplyMode::kOff) session.reply_mode = ReplyMode::kSkipNext;
  } else {
    return errors::kSyntax;
  }
  return {};
}

Error set_switch(ServerCall& call, bool Session::*field) {
  const bool on = same_word(call[2], "on");
  if (!on && !same_word(call[2], "off")) return errors::kSyntax;
  call.session.*field = on;
  call.reply.ok();
  return {};
}

Error client_no_evict(ServerCall& call) {
  return set_switch(call, &Session::no_evict);
}
Error client_no_touch(ServerCall& call) {
  return set_switch(call, &Session::no_touch);
}

// The client lives on one of the cores; only its own can tell whether it waits for keys.
class UnblockClient : public Gather {
 public:
  UnblockClient(uint64_t id, GiveUp why) : id_(id), why_(why) {}

  void run(Core& core) override {
    Session* session = core.find_session(id_);
    if (session == nullptr || session->blocked_client() == nullptr) return;
    // Only the client's own core comes here, so only it writes.
    unblocked_ = core.blocking().give_up(*session->blocked_client(), why_);
  }
  Error reply(Core&, Session&, Reply& reply) override {
    reply.integer(unblocked_ ? 1 : 0);
    return {};
  }

 private:
  const uint64_t id_;
  const GiveUp why_;
  bool unblocked_ = false;
};

Error client_unblock(ServerCall& call) {
  if (call.size() > 4) return unknown_subcommand("CLIENT", call[1]);
  if (call.size() == 4 && !same_word(call[3], "timeout") && !same_word(call[3], "error")) {
    return "ERR CLIENT UNBLOCK reason should be TIMEOUT or ERROR";
  }
  const auto id = parse_integer(call[2]);
  if (!id) return errors::kNotInteger;
  const bool error = call.size() == 4 && same_word(call[3], "error");
  return start_gather(call,
                      std::make_unique<UnblockClient>(static_cast<uint64_t>(*id),
                                                      error ? GiveUp::kError : GiveUp::kTimeout));
}

constexpr std::string_view kHelp[] = {
    "GETNAME",
    "    Return the name of the current connection.",
    "ID",
    "    Return the ID of the current connection.",
    "INFO",
    "    Return information about the current client connection.",
    "KILL <ip:port>",
    "    Kill connection made from <ip:port>.",
    "KILL <option> <value> [<option> <value> [...]]",
    "    Kill connections. Options are:",
    "    * ADDR (<ip:port>|<unixsocket>:0)",
    "      Kill connections made from the specified address",
    "    * LADDR (<ip:port>|<unixsocket>:0)",
    "      Kill connections made to specified local address",
    "    * TYPE (NORMAL|MASTER|REPLICA|PUBSUB)",
    "      Kill connections by type.",
    "    * USER <username>",
    "      Kill connections authenticated by <username>.",
    "    * SKIPME (YES|NO)",
    "      Skip killing current connection (default: yes).",
    "    * ID <client-id>",
    "      Kill connections by client id.",
    "    * MAXAGE <maxage>",
    "      Kill connections older than the specified age.",
    "LIST [options ...]",
    "    Return information about client connections. Options:",
    "    * TYPE (NORMAL|MASTER|REPLICA|PUBSUB)",
    "      Return clients of specified type.",
    "    * ID <client-id> [<client-id> ...]",
    "      Return clients of specified IDs only.",
    "UNPAUSE",
    "    Stop the current client pause, resuming traffic.",
    "PAUSE <timeout> [WRITE|ALL]",
    "    Suspend all, or just write, clients for <timeout> milliseconds.",
    "REPLY (ON|OFF|SKIP)",
    "    Control the replies sent to the current connection.",
    "SETNAME <name>",
    "    Assign the name <name> to the current connection.",
    "SETINFO <option> <value>",
    "    Set client meta attr. Options are:",
    "    * LIB-NAME: the client lib name.",
    "    * LIB-VER: the client lib version.",
    "UNBLOCK <clientid> [TIMEOUT|ERROR]",
    "    Unblock the specified blocked client.",
    "NO-EVICT (ON|OFF)",
    "    Protect current client connection from eviction.",
    "NO-TOUCH (ON|OFF)",
    "    Will not touch LRU/LFU stats when this mode is on.",
};

Error client_help(ServerCall& call) {
  reply_help(call.reply, "CLIENT", kHelp);
  return {};
}

constexpr uint32_t kOwn = kNoscript | kLoading | kStale;  // About the client itself.
constexpr uint32_t kOthers = kOwn | kAdmin;               // About other clients.

constexpr Command row(std::string_view name, std::string_view syntax, int arity, uint32_t flags,
                      Error (*serve)(ServerCall&), std::string_view since, std::string_view summary,
                      std::string_view complexity = "O(1)") {
  return {.name = name,
          .arity = arity,
          .flags = flags,
          .acl = kAclConnection,
          .route = Route::kConnection,
          .serve = serve,
          .group = "connection",
          .since = since,
          .summary = summary,
          .complexity = complexity,
          .syntax = syntax};
}

const Command kSubcommands[] = {
    row("client|getname", "", 2, kOwn, client_getname, "2.6.9",
        "Tells the name of the connection."),
    row("client|help", "", 2, kLoading | kStale, client_help, "5.0.0", "Lists the subcommands."),
    row("client|id", "", 2, kOwn, client_id, "5.0.0", "Tells the number of the connection."),
    with_tips(row("client|info", "", 2, kOwn, client_info, "6.2.0",
                  "Describes the connection in one line."),
              "nondeterministic_output"),
    row("client|kill",
        "filter(old-format'ip:port'!2.8.12 "
        "| new-format([ID client-id:integer@2.8.12] "
        "| [TYPE client-type(NORMAL | MASTER@3.2.0 | SLAVE | REPLICA@5.0.0 | PUBSUB)@2.8.12] "
        "| [USER username] | [ADDR addr'ip:port'] | [LADDR laddr'ip:port'@6.2.0] "
        "| [SKIPME skipme(YES | NO)] | [MAXAGE maxage:integer@7.4.0])...)",
        -3, kOthers, client_kill, "2.4.0", "Closes other connections.",
        "O(N), N the number of connections"),
    with_tips(row("client|list",
                  "[TYPE client-type(NORMAL | MASTER | REPLICA | PUBSUB)@5.0.0] "
                  "[ID client-id:integer...@6.2.0]",
                  -2, kOthers, client_list, "2.4.0", "Describes connections, one a line.",
                  "O(N), N the number of connections"),
              "nondeterministic_output"),
    row("client|no-evict", "enabled(ON | OFF)", 3, kOthers, client_no_evict, "7.0.0",
        "Keeps the connection when memory for clients is short."),
    row("client|no-touch", "enabled(ON | OFF)", 3, kOwn, client_no_touch, "7.2.0",
        "Lets the connection's commands leave the access times of keys alone."),
    row("client|pause", "timeout:integer [mode(WRITE | ALL)@6.2.0]", -3, kOthers, client_pause,
        "3.0.0", "Holds back the commands of all clients for a time."),
    row("client|reply", "action(ON | OFF | SKIP)", 3, kOwn, client_reply, "3.2.0",
        "Turns replies off and on."),
    with_tips(row("client|setinfo", "attr(LIB-NAME libname | LIB-VER libver)", 4, kOwn,
                  client_setinfo, "7.2.0", "Tells the server which library the client uses."),
              "request_policy:all_nodes response_policy:all_succeeded"),
    with_tips(row("client|setname", "connection-name", 3, kOwn, client_setname, "2.6.9",
                  "Names the connection."),
              "request_policy:all_nodes response_policy:all_succeeded"),
    row("client|unblock", "client-id:integer [unblock-type(TIMEOUT | ERROR)]", -3, kOthers,
        client_unblock, "5.0.0", "Wakes a client that waits in a blocking command."),
    row("client|unpause", "", 2, kOthers, client_unpause, "6.2.0", "Ends a pause.",
        "O(N), N the number of held-back clients"),
};

const Command kRows[] = {
    {.name = "client",
     .arity = -2,
     .subcommands = kSubcommands,
     .group = "connection",
     .since = "2.4.0",
     .summary = "Looks at connections and manages them.",
     .complexity = "Depends on the subcommand."},
};

}  // namespace

std::span<const Command> client_commands() {
  return kRows;
}

}  // namespace rondo
