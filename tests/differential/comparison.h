// What of a reply two servers have to agree on, as a text: everything, but for what Redis leaves to
// chance (order in sets and hashes, random members) or to time, and for what is known to differ
// between Redis 7.0, which the oracle may be, and 7.2, which this server follows. Pure functions.
#pragma once

#include <string>
#include <vector>

#include "protocol/resp_reader.h"

namespace rondo {

// `args`: the command that was answered.
std::string comparable(const std::vector<std::string>& args, const RespValue& reply);

// The name of the command in lower case.
std::string command_name(const std::vector<std::string>& args);

}  // namespace rondo
