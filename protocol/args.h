// Arguments of one command: views into memory that outlives the command's execution. Index 0 is
// the command's name as the client wrote it.
#pragma once

#include <span>
#include <string_view>

namespace rondo {

using Args = std::span<const std::string_view>;

}  // namespace rondo
