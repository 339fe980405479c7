// The quick way through a pipeline: a command that is wholly there and written the way every client
// writes it, "*2\r\n$3\r\nGET\r\n$3\r\nkey\r\n", read without a state to keep. Whatever is not of
// that kind is left for RequestParser, which agrees on all that is. Pure function.
#pragma once

#include <string_view>
#include <vector>

namespace rondo {

// Up to this many arguments, each of fewer than RequestParser::kBigArgumentMin bytes, which every
// limit of an authenticated client allows.
inline constexpr size_t kWholeCommandArgumentsMax = 64;

// Appends the arguments of the command at the start of `input`, as views into it, and returns the
// bytes of the command. 0: it has to be parsed by RequestParser, and nothing was appended.
size_t parse_whole_command(std::string_view input, std::vector<std::string_view>& args);

}  // namespace rondo
