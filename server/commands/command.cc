#include "server/commands/command.h"

#include <algorithm>

#include "protocol/errors.h"
#include "protocol/glob.h"
#include "server/command_table.h"
#include "server/commands/command_docs.h"
#include "server/commands/command_entry.h"
#include "server/commands/help.h"
#include "server/server_call.h"
#include "server/text.h"

namespace rondo {
namespace {

void reply_all_info(Reply& reply) {
  const auto rows = CommandTable::instance().commands();
  reply.array(rows.size());
  for (const Command* row : rows)
    reply_command_info(reply, *row);
}

Error command(ServerCall& call) {
  reply_all_info(call.reply);
  return {};
}

Error command_count(ServerCall& call) {
  call.reply.integer(static_cast<int64_t>(CommandTable::instance().commands().size()));
  return {};
}

Error command_info(ServerCall& call) {
  if (call.size() == 2) {
    reply_all_info(call.reply);
    return {};
  }
  call.reply.array(call.size() - 2);
  for (size_t i = 2; i < call.size(); ++i) {
    if (const Command* row = find_full_name(call[i]))
      reply_command_info(call.reply, *row);
    else
      call.reply.null();
  }
  return {};
}

Error command_docs(ServerCall& call) {
  std::vector<const Command*> rows;
  if (call.size() == 2) {
    const auto all = CommandTable::instance().commands();
    rows.assign(all.begin(), all.end());
  }
  for (size_t i = 2; i < call.size(); ++i) {
    if (const Command* row = find_full_name(call[i])) rows.push_back(row);
  }
  call.reply.map(rows.size());
  for (const Command* row : rows)
    reply_command_docs(call.reply, *row);
  return {};
}

// COMMAND LIST: names of all rows, subcommands included, that `wanted` agrees to.
template <class Wanted>
void reply_names(Reply& reply, Wanted&& wanted) {
  std::vector<std::string_view> names;
  const auto visit = [&](const Command& row) {
    if (wanted(row)) names.push_back(row.name);
  };
  for (const Command* row : CommandTable::instance().commands()) {
    visit(*row);
    for (const Command& sub : row->subcommands)
      visit(sub);
  }
  reply.array(names.size());
  for (const std::string_view name : names)
    reply.bulk(name);
}

Error command_list(ServerCall& call) {
  if (call.size() == 2) {
    reply_names(call.reply, [](const Command&) { return true; });
    return {};
  }
  if (call.size() != 5 || !same_word(call[2], "filterby")) return errors::kSyntax;
  const std::string_view wanted = call[4];
  if (same_word(call[3], "module")) {
    reply_names(call.reply, [](const Command&) { return false; });
  } else if (same_word(call[3], "aclcat")) {
    const uint32_t category = acl_category(wanted);
    reply_names(call.reply,
                [&](const Command& row) { return (acl_categories(row) & category) != 0; });
  } else if (same_word(call[3], "pattern")) {
    reply_names(call.reply, [&](const Command& row) {
      return glob_match(wanted, row.name, LetterCase::kIgnore);
    });
  } else {
    return errors::kSyntax;
  }
  return {};
}

// The row and the positions of the keys of a command that is given as arguments.
Error find_keys(const ServerCall& call, const Command*& row, std::vector<int>& positions) {
  const Args args = call.args.subspan(2);
  Error unknown;
  row = CommandTable::instance().resolve(args, unknown);
  if (row == nullptr) return "ERR Invalid command specified";
  // Shard channels stand where keys do, but are none.
  const bool has_keys = row->keys.first != 0 && row->route != Route::kConnection;
  if (!has_keys && row->find_keys == nullptr) {
    return "ERR The command has no key arguments";
  }
  const auto count = static_cast<int>(args.size());
  if ((row->arity > 0 && count != row->arity) || count < -row->arity) {
    return "ERR Invalid number of arguments specified for command";
  }
  if (key_positions(*row, args, positions)) return "ERR Invalid arguments specified for command";
  if (positions.empty() && !(row->flags & kNoMandatoryKeys)) {
    return "ERR Invalid arguments specified for command";
  }
  return {};
}

Error command_getkeys(ServerCall& call) {
  const Command* row = nullptr;
  std::vector<int> positions;
  if (Error error = find_keys(call, row, positions)) return error;
  call.reply.array(positions.size());
  for (const int position : positions)
    call.reply.bulk(call[static_cast<size_t>(position) + 2]);
  return {};
}

// What the keys of these arguments are used for. SET reads its key only when GET is asked for.
void reply_key_use_of(Reply& reply, const Command& row, Args args, size_t key) {
  Command use;
  use.key_use = row.key_use;
  if (row.name == "set") {
    const auto is_get = [](std::string_view word) { return same_word(word, "get"); };
    const bool reads = args.size() > 3 && std::any_of(args.begin() + 3, args.end(), is_get);
    use.key_use.flags = reads ? "RW access update" : "OW update";
  }
  reply_key_use(reply, use, key);
}

Error command_getkeysandflags(ServerCall& call) {
  const Command* row = nullptr;
  std::vector<int> positions;
  if (Error error = find_keys(call, row, positions)) return error;
  call.reply.array(positions.size());
  for (size_t i = 0; i < positions.size(); ++i) {
    call.reply.array(2);
    call.reply.bulk(call[static_cast<size_t>(positions[i]) + 2]);
    reply_key_use_of(call.reply, *row, call.args.subspan(2), i);
  }
  return {};
}

constexpr std::string_view kHelp[] = {
    "(no subcommand)",
    "    Return details about all Redis commands.",
    "COUNT",
    "    Return the total number of commands in this Redis server.",
    "LIST",
    "    Return a list of all commands in this Redis server.",
    "INFO [<command-name> ...]",
    "    Return details about multiple Redis commands.",
    "    If no command names are given, documentation details for all",
    "    commands are returned.",
    "DOCS [<command-name> ...]",
    "    Return documentation details about multiple Redis commands.",
    "    If no command names are given, documentation details for all",
    "    commands are returned.",
    "GETKEYS <full-command>",
    "    Return the keys from a full Redis command.",
    "GETKEYSANDFLAGS <full-command>",
    "    Return the keys and the access flags from a full Redis command.",
};

Error command_help(ServerCall& call) {
  reply_help(call.reply, "COMMAND", kHelp);
  return {};
}

constexpr Command row(std::string_view name, std::string_view syntax, int arity,
                      Error (*serve)(ServerCall&), std::string_view since,
                      std::string_view summary) {
  return {.name = name,
          .arity = arity,
          .flags = kLoading | kStale,
          .acl = kAclConnection,
          .route = Route::kConnection,
          .serve = serve,
          .group = "server",
          .since = since,
          .summary = summary,
          .complexity = "O(N), N the number of commands or arguments",
          .syntax = syntax};
}

const Command kSubcommands[] = {
    row("command|count", "", 2, command_count, "2.8.13", "Counts the commands."),
    with_tips(
        row("command|docs", "[command-name...]", -2, command_docs, "7.0.0", "Documents commands."),
        "nondeterministic_output_order"),
    row("command|getkeys", "command [arg...]", -3, command_getkeys, "2.8.13",
        "Finds the keys in a command."),
    row("command|getkeysandflags", "command [arg...]", -3, command_getkeysandflags, "7.0.0",
        "Finds the keys in a command, and what they are used for."),
    row("command|help", "", 2, command_help, "5.0.0", "Lists the subcommands."),
    with_tips(
        row("command|info", "[command-name...]", -2, command_info, "2.8.13", "Describes commands."),
        "nondeterministic_output_order"),
    with_tips(
        row("command|list",
            "[FILTERBY filterby(MODULE module-name | ACLCAT category | PATTERN pattern:pattern)]",
            -2, command_list, "7.0.0", "Lists the names of commands."),
        "nondeterministic_output_order"),
};

const Command kRows[] = {
    {.name = "command",
     .arity = -1,
     .flags = kLoading | kStale,
     .acl = kAclConnection,
     .route = Route::kConnection,
     .serve = command,
     .subcommands = kSubcommands,
     .tips = "nondeterministic_output_order",
     .group = "server",
     .since = "2.8.13",
     .summary = "Describes all commands.",
     .complexity = "O(N), N the number of commands"},
};

}  // namespace

std::span<const Command> command_commands() {
  return kRows;
}

}  // namespace rondo
