// The first line of a script, when it begins with "#!": which engine it is for, and its flags. Pure
// functions.
#pragma once

#include <cstdint>
#include <string_view>

#include "protocol/error.h"

namespace rondo {

enum ScriptFlag : uint32_t {
  kScriptNoWrites = 1u << 0,
  kScriptAllowOom = 1u << 1,
  kScriptAllowStale = 1u << 2,
  kScriptNoCluster = 1u << 3,
  kScriptAllowCrossSlotKeys = 1u << 4,
  kScriptWithoutHeader = 1u << 5,  // It has no such line: as scripts were before there were flags.
};

// The flags of the script `text`, and how many bytes in front of the code itself, which begins
// with the end of that line so that its lines keep their numbers.
Error parse_script_header(std::string_view text, uint32_t& flags, size_t& header_bytes);

}  // namespace rondo
