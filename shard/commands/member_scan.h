// The options of the commands that walk over the members of one collection: HSCAN, SSCAN, ZSCAN.
// Used by the thread that executes for the shard.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>

#include "protocol/error.h"
#include "protocol/glob.h"
#include "protocol/out_buffer.h"
#include "protocol/reply.h"
#include "shard/call.h"

namespace rondo {

struct MemberScan {
  std::string_view pattern = "*";
  size_t count = 10;
  bool values = true;  // Not with NOVALUES.

  bool accepts(std::string_view member) const {
    return pattern == "*" || glob_match(pattern, member);
  }
};

// The cursor is argument 2. It is looked at even if there is no such key, the options are not.
Error read_member_cursor(const Call& call, uint64_t& cursor);
// `may_omit_values` is whether NOVALUES is an option.
Error parse_member_scan(Args args, bool may_omit_values, MemberScan& scan);

// Calls cursor = step(cursor, n) for n members until it was told of about `count`, or has looked at
// ten times as many places. `looked_at` is counted by the step.
template <class Step>
uint64_t scan_steps(uint64_t cursor, size_t count, const size_t& looked_at, Step&& step) {
  for (int rounds_left = 10; rounds_left > 0; --rounds_left) {
    cursor = step(cursor, count - looked_at);
    if (cursor == 0 || looked_at >= count) break;
  }
  return cursor;
}

// The reply: the next cursor and `elements` bulk strings, which were written before it was known
// how many they are.
void reply_scanned(Reply& reply, uint64_t cursor, size_t elements, OutBuffer&& bulks);

}  // namespace rondo
