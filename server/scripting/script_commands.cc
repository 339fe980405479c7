#include "server/scripting/script_commands.h"

#include "server/commands/gather.h"
#include "server/commands/help.h"
#include "server/core.h"
#include "server/scripting/scripting.h"
#include "server/server_call.h"
#include "server/text.h"
#include "shard/commands/counted_keys.h"

namespace rondo {

namespace {

Error script_load(ServerCall& call) {
  Sha1Hex sha;
  if (Error error = call.core.scripting().load(call[2], sha)) return error;
  call.reply.bulk(sha.view());
  return {};
}

Error script_exists(ServerCall& call) {
  call.reply.array(call.size() - 2);
  for (size_t i = 2; i < call.size(); ++i) {
    Sha1Hex sha;
    const bool known = parse_sha1_hex(call[i], sha) && call.core.server().scripts.find(sha);
    call.reply.integer(known ? 1 : 0);
  }
  return {};
}

// When each core has answered, none of them is in the middle of a script that is gone.
class FlushScripts : public Gather {
 public:
  explicit FlushScripts(Script* retired) : retired_(retired) {}
  void run(Core&) override {}
  Error reply(Core&, Session&, Reply& reply) override {
    ScriptRegistry::free_retired(retired_);
    reply.ok();
    return {};
  }

 private:
  Script* const retired_;
};

Error script_flush(ServerCall& call) {
  const bool has_mode =
      call.size() == 3 && (same_word(call[2], "sync") || same_word(call[2], "async"));
  if (call.size() != 2 && !has_mode) return "ERR SCRIPT FLUSH only support SYNC|ASYNC option";
  Script* retired = call.core.server().scripts.flush();
  return start_gather(call, std::make_unique<FlushScripts>(retired));
}

Error script_kill(ServerCall& call) {
  switch (call.core.server().busy_scripts.kill()) {
    case BusyScripts::Verdict::kNone:
      return "NOTBUSY No scripts in execution right now.";
    case BusyScripts::Verdict::kUnkillable:
      return "UNKILLABLE Sorry the script already executed write commands against the dataset. You "
             "can either wait the script termination or kill the server in a hard way using the "
             "SHUTDOWN NOSAVE command.";
    case BusyScripts::Verdict::kKilled:
      break;
  }
  call.reply.ok();
  return {};
}

Error script_debug(ServerCall& call) {
  if (same_word(call[2], "no")) {
    call.reply.ok();
    return {};
  }
  if (same_word(call[2], "yes") || same_word(call[2], "sync")) {
    return "ERR There is no debugger for scripts";
  }
  return "ERR Use SCRIPT DEBUG YES/SYNC/NO";
}

constexpr std::string_view kHelp[] = {
    "DEBUG (YES|SYNC|NO)",
    "    Set the debug mode for subsequent scripts executed.",
    "EXISTS <sha1> [<sha1> ...]",
    "    Return information about the existence of the scripts in the script cache.",
    "FLUSH [ASYNC|SYNC]",
    "    Flush the Lua scripts cache. Very dangerous on replicas.",
    "    When called without the optional mode argument, the behavior is determined by the",
    "    lazyfree-lazy-user-flush configuration directive. Valid modes are:",
    "    * ASYNC: Asynchronously flush the scripts cache.",
    "    * SYNC: Synchronously flush the scripts cache.",
    "KILL",
    "    Kill the currently executing Lua script.",
    "LOAD <script>",
    "    Load a script into the scripts cache without executing it.",
};

Error script_help(ServerCall& call) {
  reply_help(call.reply, "SCRIPT", kHelp);
  return {};
}

constexpr Command subcommand(std::string_view name, int arity, uint32_t flags,
                             Error (*serve)(ServerCall&), std::string_view since,
                             std::string_view summary, std::string_view complexity,
                             std::string_view syntax = {}) {
  return {.name = name,
          .arity = arity,
          .flags = flags,
          .acl = kAclScripting,
          .route = Route::kConnection,
          .serve = serve,
          .group = "scripting",
          .since = since,
          .summary = summary,
          .complexity = complexity,
          .syntax = syntax};
}

const Command kSubcommands[] = {
    subcommand("script|debug", 3, kNoscript, script_debug, "3.2.0",
               "Chooses how scripts are debugged.", "O(1)", "mode(YES | SYNC | NO)"),
    with_tips(
        subcommand("script|exists", -3, kNoscript, script_exists, "2.6.0",
                   "Tells which scripts are known.", "O(N), N the number of names", "sha1..."),
        "request_policy:all_shards response_policy:agg_logical_and"),
    with_tips(
        subcommand("script|flush", -2, kNoscript, script_flush, "2.6.0", "Forgets all scripts.",
                   "O(N), N the number of scripts", "[flush-type(ASYNC | SYNC)@6.2.0]"),
        "request_policy:all_nodes response_policy:all_succeeded"),
    subcommand("script|help", 2, kLoading | kStale, script_help, "5.0.0", "Lists the subcommands.",
               "O(1)"),
    with_tips(subcommand("script|kill", 2, kNoscript | kAllowBusy, script_kill, "2.6.0",
                         "Ends a script that takes too long.", "O(1)"),
              "request_policy:all_shards response_policy:one_succeeded"),
    with_tips(subcommand("script|load", 3, kNoscript | kStale, script_load, "2.6.0",
                         "Makes a script known without executing it.",
                         "O(N), N the length of the script", "script"),
              "request_policy:all_nodes response_policy:all_succeeded"),
};

// A script may touch keys that it does not declare.
bool may_touch_all(Args) {
  return true;
}

constexpr std::string_view kOfText = "script numkeys:integer [key...] [arg...]";
constexpr std::string_view kOfSha = "sha1 numkeys:integer [key...] [arg...]";

constexpr Command script_row(std::string_view name, uint32_t flags, const char* key_use,
                             std::string_view since, std::string_view summary,
                             std::string_view syntax) {
  return {.name = name,
          .arity = -3,
          .flags = flags | kNoscript | kStale | kSkipMonitor | kNoMandatoryKeys | kMovableKeys,
          .acl = kAclScripting,
          .key_use = {key_use},
          .find_keys = keys_of_script,
          .needs_all_shards = may_touch_all,
          .route = Route::kScript,
          .group = "scripting",
          .since = since,
          .summary = summary,
          .complexity = "That of the script",
          .syntax = syntax};
}

const Command kRows[] = {
    script_row("eval", kMayReplicate, "RW access update", "2.6.0", "Executes a script.", kOfText),
    script_row("evalsha", kMayReplicate, "RW access update", "2.6.0",
               "Executes a script by its SHA-1.", kOfSha),
    script_row("eval_ro", kReadonly, "RO access", "7.0.0", "Executes a script that only reads.",
               kOfText),
    script_row("evalsha_ro", kReadonly, "RO access", "7.0.0",
               "Executes a script that only reads, by its SHA-1.", kOfSha),
    {.name = "script",
     .arity = -2,
     .subcommands = kSubcommands,
     .group = "scripting",
     .since = "2.6.0",
     .summary = "Looks after the scripts that are known.",
     .complexity = "Depends on the subcommand."},
};

}  // namespace

std::span<const Command> script_commands() {
  return kRows;
}

}  // namespace rondo
