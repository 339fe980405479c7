// How a command is used, in one line as manuals print it, out of what COMMAND DOCS says. Pure.
#pragma once

#include <optional>
#include <span>
#include <string>

#include "protocol/resp_reader.h"

namespace rondo::cli {

// What a server says of a command: fields and their values in turn.
struct CommandUsage {
  std::string line;                 // "SET key value [NX|XX]"
  std::span<const RespValue> docs;  // Of the reply, which has to outlive it.
};

// For the reply to COMMAND DOCS of the first of the words. When the second is the name of a
// subcommand it is about that. Nothing when the server knows no such command.
std::optional<CommandUsage> find_usage(const RespValue& reply, std::span<const std::string> words);

}  // namespace rondo::cli
