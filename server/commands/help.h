// The reply of HELP subcommands: one line of text for each element, as Redis lays it out.
#pragma once

#include <span>
#include <string_view>

#include "protocol/error.h"
#include "protocol/reply.h"

namespace rondo {

// `lines` are those between the title and the entry of HELP itself.
void reply_help(Reply& reply, std::string_view command, std::span<const std::string_view> lines);

// For a subcommand of `command` (in capitals) that is not there, or has other arguments.
Error unknown_subcommand(std::string_view command, std::string_view subcommand);

}  // namespace rondo
