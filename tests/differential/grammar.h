// The grammar of commands that the differential test sends: one line for each form of a command,
// and how a line becomes arguments. Any thread.
//
//   SET <s> <v> [EX <n>|PX <n>|KEEPTTL] [NX|XX]
//
//   word       is an argument as it stands
//   <x>        is an argument of a kind; see generator.cc
//   [a|b c]    one of the alternatives, or none
//   (a|b c)    one of the alternatives
//   {a b}      one to four times
#pragma once

#include <functional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "reactor/base/prng.h"

namespace rondo {

// Lines of all families. The first word of each is the command.
std::span<const std::string_view> grammar_lines();

// Makes the arguments of a line. `argument(kind)` makes the one of a <kind>.
std::vector<std::string> expand_line(std::string_view line, Prng& prng,
                                     const std::function<std::string(std::string_view)>& argument);

}  // namespace rondo
