// Fields whose time has come, but that nobody has removed yet. For every command they are not
// there; one that looks for them by name removes them, as if the sweep had been faster, and
// listeners hear of that. Used by the thread that executes for the shard.
#pragma once

#include <cstddef>

#include "protocol/args.h"
#include "protocol/error.h"
#include "shard/call.h"
#include "shard/commands/hash_value.h"

namespace rondo {

// Removes those of every `step`-th of `fields` that have expired from the hash of the first key;
// with no field left, the key too. True if there were any: views and edits of the hash are void
// then. Nothing is removed while expired keys are kept.
bool remove_expired_fields(Call& call, Args fields, size_t step = 1);
// The same for all fields of a hash that is not large.
void remove_expired_fields(Call& call, const HashView& hash);

// Opens the hash without those of every `step`-th of `fields` that have expired.
Error open_without_expired(Call& call, HashEdit& hash, Args fields, size_t step = 1);

}  // namespace rondo
