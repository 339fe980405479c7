// Keys behind a number that counts them, as in SINTERCARD numkeys key [key ...]: functions for
// Command::find_keys. They append the keys' positions, or return an Error when the number is no
// number, is not positive, or counts more than what follows. Pure functions.
#pragma once

#include <vector>

#include "protocol/args.h"
#include "protocol/error.h"

namespace rondo {

// COMMAND numkeys key [key ...] ...
Error counted_keys(Args args, std::vector<int>& positions);
// COMMAND destination numkeys key [key ...] ...: the destination is the first of the keys.
Error destination_and_counted_keys(Args args, std::vector<int>& positions);
// COMMAND timeout numkeys key [key ...] ...
Error counted_keys_behind_timeout(Args args, std::vector<int>& positions);

// EVAL script numkeys [key ...] [arg ...]: none when the number makes no sense.
Error keys_of_script(Args args, std::vector<int>& positions);

}  // namespace rondo
