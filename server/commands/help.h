// The reply of HELP subcommands: one line of text for each element, as Redis lays it out.
#pragma once

#include <span>
#include <string_view>

#include "protocol/reply.h"

namespace rondo {

// `lines` are those between the title and the entry of HELP itself.
void reply_help(Reply& reply, std::string_view command, std::span<const std::string_view> lines);

}  // namespace rondo
