#include "server/commands/help.h"

#include <fmt/format.h>

namespace rondo {

void reply_help(Reply& reply, std::string_view command, std::span<const std::string_view> lines) {
  reply.array(lines.size() + 3);
  reply.simple(fmt::format("{} <subcommand> [<arg> [value] [opt] ...]. Subcommands are:", command));
  for (const std::string_view line : lines)
    reply.simple(line);
  reply.simple("HELP");
  reply.simple("    Prints this help.");
}

Error unknown_subcommand(std::string_view command, std::string_view subcommand) {
  constexpr size_t kShownMax = 128;
  return Error(
      fmt::format("ERR unknown subcommand or wrong number of arguments for '{}'. Try {} HELP.",
                  subcommand.substr(0, kShownMax), command));
}

}  // namespace rondo
