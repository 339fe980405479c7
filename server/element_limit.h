// Elements of 4 GiB and more: only the values of strings may be so large. Redis refuses such
// elements of lists; here names of keys and of fields, members, and what a command only looks for
// have that limit too, because their lengths are written in 32 bits. Pure functions.
#pragma once

#include <cstddef>
#include <span>

#include "protocol/args.h"
#include "reactor/base/shared_bytes.h"
#include "shard/command.h"

namespace rondo {

inline constexpr size_t kElementBytesMax = (size_t{1} << 32) - 1024;

// Whether an argument of a command is too large for what it is. `owners` are the blocks of those
// arguments that have one, as all large ones do.
bool has_too_large_element(const Command& row, Args args, std::span<const SharedBytes> owners,
                           size_t bytes_max = kElementBytesMax);

}  // namespace rondo
