// HashExpiryChange: a command that gives one expiry to several fields, or takes theirs away, or
// removes them because the time has passed. It gathers the fields that were changed, and finishes
// with a command on exactly these. Used by the thread that executes for the shard.
#pragma once

#include <cstdint>
#include <string_view>
#include <vector>

#include "shard/call.h"
#include "shard/commands/hash_value.h"

namespace rondo {

class HashExpiryChange {
 public:
  // `expire_at_ms` is a time, or kNoExpiry for HPERSIST. REQUIRES: the hash is open and exists.
  HashExpiryChange(Call& call, HashEdit& hash, int64_t expire_at_ms)
      : call_(call), hash_(hash), expire_at_ms_(expire_at_ms) {}

  // Whether fields are removed.
  bool removes() const { return expire_at_ms_ != kNoExpiry && expire_at_ms_ <= call_.now_ms(); }
  // REQUIRES: there is the field.
  void apply(std::string_view field);
  // Tells the door, if any field was changed.
  void finish();

 private:
  Call& call_;
  HashEdit& hash_;
  const int64_t expire_at_ms_;
  std::vector<std::string_view> changed_;
};

}  // namespace rondo
