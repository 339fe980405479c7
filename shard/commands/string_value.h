// String values on their way between arguments, entries and replies. Used by the thread that
// executes for the entry's shard.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>
#include <utility>

#include "shard/call.h"

namespace rondo {

// Writes the string value of `entry` as a bulk string, a large one by reference.
// REQUIRES: entry.is_string().
inline void reply_value(Reply& reply, const Entry& entry) {
  if (entry.kind() == EntryKind::kShared) {
    reply.bulk(entry.shared());
  } else if (entry.is_integer()) {
    reply.bulk_integer(entry.integer());
  } else {
    char scratch[24];
    reply.bulk(entry.string(scratch));
  }
}

// Writes argument `i` under `key`; the block of a big argument becomes the value.
inline void put_argument(Call& call, Keyspace& keyspace, const Key& key, size_t i,
                         int64_t expire_at_ms, Event event) {
  if (SharedBytes* owner = call.owner(i)) {
    keyspace.put_shared(key, std::move(*owner), expire_at_ms, event);
  } else {
    keyspace.put_string(key, call[i], expire_at_ms, event);
  }
}

// The bytes of a string value, an integer's digits included; empty for no entry. Valid as long as
// this object and the entry.
class StringText {
 public:
  explicit StringText(const Entry& entry)
      : view_(entry ? entry.string(scratch_) : std::string_view()) {}
  StringText(const StringText&) = delete;
  StringText& operator=(const StringText&) = delete;

  std::string_view view() const { return view_; }

 private:
  char scratch_[24];
  std::string_view view_;
};

}  // namespace rondo
