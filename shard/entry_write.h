// EntryWriter: makes, changes and frees the allocations of entries (drawn in shard/entry.h). Used
// by Keyspace and Graveyard only; knows nothing of tables. Payloads are words without fingerprint.
// Everything is charged to the account: the allocation, and the block or object that it owns.
#pragma once

#include <cstdint>
#include <memory>
#include <string_view>

#include "reactor/base/shared_bytes.h"
#include "shard/entry.h"
#include "shard/memory.h"

namespace rondo {

class EntryWriter {
 public:
  explicit EntryWriter(MemoryAccount& account) : account_(account) {}

  // New entries. `expire_at_ms` is a time or kNoExpiry. `room` is how many bytes more the value
  // will need soon.
  uint64_t create_string(std::string_view key, std::string_view value, bool raw,
                         int64_t expire_at_ms, size_t room = 0);
  uint64_t create_integer(std::string_view key, int64_t value, int64_t expire_at_ms);
  uint64_t create_shared(std::string_view key, SharedBytes value, int64_t expire_at_ms);
  // The `size` bytes of the value are not initialised.
  uint64_t create_packed(std::string_view key, size_t size, int64_t expire_at_ms);
  uint64_t create_object(std::string_view key, std::unique_ptr<Object> value, int64_t expire_at_ms);

  // These change an entry in its allocation. False when it does not fit there, or would leave more
  // than half of it unused; nothing is changed then.
  bool overwrite_string(uint64_t& payload, std::string_view value, bool raw, int64_t expire_at_ms);
  bool overwrite_integer(uint64_t payload, int64_t value, int64_t expire_at_ms);
  // The value becomes raw and `size` bytes long, what is added is zero; returns its bytes.
  char* extend_string(uint64_t& payload, size_t size);
  // Replaces `removed` bytes at `offset` of a packed value by `inserted` bytes that are not
  // initialised; returns the value's bytes.
  char* splice_packed(uint64_t& payload, size_t offset, size_t removed, size_t inserted);
  static char* packed_bytes(uint64_t payload) { return Entry(payload).layout().value; }
  // With or without an expiry as asked for; moves the rest, or to a new allocation.
  uint64_t change_expiry(uint64_t payload, int64_t expire_at_ms);

  // Exchanges the block of a kShared entry.
  SharedBytes take_shared(uint64_t payload);  // The entry has none until set_shared().
  void set_shared(uint64_t payload, SharedBytes value);
  std::unique_ptr<Object> take_object(uint64_t payload);  // Only release() may follow.

  // Frees the allocation alone: what it owned was taken.
  void release(uint64_t payload) { account_.release(Entry(payload).base()); }

 private:
  // What is in front of the value, and where.
  struct Header {
    std::string_view key;
    EntryKind kind;
    int64_t expire_at_ms;
    size_t value_size;

    bool is_inline() const { return kind <= EntryKind::kRaw || kind == EntryKind::kPacked; }
    size_t bytes() const;         // Before the key.
    char* write(char* at) const;  // All of it; returns where the value begins.
    uint64_t tag() const;
  };

  uint64_t create(const Header& header, const void* value, size_t room = 0);
  uint64_t create_pointer(std::string_view key, EntryKind kind, void* pointer,
                          int64_t expire_at_ms);
  static uint64_t make_payload(const void* block, uint64_t tag);
  static size_t total_size(const Entry& entry);
  static size_t length_bytes(size_t length) { return length < 254 ? 1 : length < 65536 ? 3 : 5; }
  static char* write_length(char* at, size_t length);

  MemoryAccount& account_;
};

}  // namespace rondo
