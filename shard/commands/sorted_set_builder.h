// Whole sorted sets made at once, for the commands that store a result: *STORE. Used by the thread
// that executes for the shards.
#pragma once

#include <string>
#include <vector>

#include "shard/call.h"
#include "shard/detached_value.h"

namespace rondo {

struct ScoredText {
  std::string member;
  double score = 0;

  // The order of a sorted set.
  bool operator<(const ScoredText& other) const {
    return score < other.score || (score == other.score && member < other.member);
  }
};

// A sorted set without expiry, packed if it fits the limits. REQUIRES: there are members, all
// different, in their order.
DetachedValue build_sorted_set(const std::vector<ScoredText>& members, PackedLimits limits);

// Makes these members the value of `key`, which is removed when there are none. For coordinated
// commands.
void store_sorted_set(Call& call, const Key& key, const std::vector<ScoredText>& members,
                      Event event);

}  // namespace rondo
