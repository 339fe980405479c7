// What the two ways to run a split command share: in parts under locks (server/transaction.cc) and
// key by key on a view (server/view.cc). Pure functions.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "protocol/args.h"
#include "protocol/number.h"
#include "protocol/out_buffer.h"
#include "reactor/base/check.h"
#include "shard/command.h"

namespace rondo {

// False for a command without its last value (MSET a 1 b), which is refused whole.
// REQUIRES: the first key is there.
inline bool is_complete_split(const Command& row, Args args) {
  const size_t words = args.size() - static_cast<size_t>(row.keys.first);
  return words % static_cast<size_t>(row.keys.step) == 0;
}

// The value of a reply ":n\r\n" of a part that was asked for a count.
inline int64_t part_integer(const OutBuffer& reply) {
  const std::string text = reply.to_string();
  CHECK(text.size() > 3);
  const auto value = parse_integer(std::string_view(text).substr(1, text.size() - 3));
  CHECK(value.has_value());
  return *value;
}

// Bytes of "*n\r\n".
inline size_t array_header_bytes(size_t elements) {
  return 3 + std::to_string(elements).size();
}

}  // namespace rondo
