// SetMember: a member of a large set, as one word of a table (shard/table.h).
//
//   word     [ fingerprint 16 | body 44 | tag 4 ]
//   tag 0    body is the address of [ length 1 or 5 ][ text ]
//   tag 1    body is an integer of 44 bits: the member is its decimal digits, in canonical form
//   tag 2    body is [ text 5 bytes | length 4 bits ]: a text of up to 5 bytes
//   tag 3-6  body is the address of a text of 16, 32, 48 or 64 bytes, without a length
//
// So the integers up to 8.8 * 10^12 and short words take no memory beside their word, and texts
// whose size is a size class of the allocator (digests, identifiers) waste nothing. A length below
// 255 takes one byte; a byte 255 is followed by four more. Every text has exactly one form, the
// first of tags 1, 2, 3-6 and 0 that can hold it: members without memory are compared as words.
//
// Functions on words, with or without a fingerprint. Used by SetObject alone.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>

#include "shard/key.h"
#include "shard/memory.h"
#include "shard/packed.h"
#include "shard/segment.h"

namespace rondo {

class SetMember {
 public:
  // A text that is looked for, and its payload if that takes no memory, else 0.
  struct Probe {
    explicit Probe(std::string_view member);

    std::string_view text;
    uint64_t inlined;
  };

  // The payload of a new member.
  static uint64_t create(MemoryAccount& account, const Probe& probe);
  static void release(MemoryAccount& account, uint64_t word);

  // The member; `scratch` may get the bytes of a short text.
  static Item item(uint64_t word, char (&scratch)[8]);
  static bool equal(uint64_t word, const Probe& probe) {
    if (probe.inlined != 0) return payload_of(word) == probe.inlined;
    return owns_memory(word) && stored(word) == probe.text;
  }
  static uint64_t hash(uint64_t word);
  static bool owns_memory(uint64_t word) {
    const uint64_t tag = word & kTagMask;
    return tag != kInteger && tag != kShort;
  }
  // The first byte of what the member owns. REQUIRES: owns_memory().
  static char* block(uint64_t word) { return reinterpret_cast<char*>(word & kAddressMask); }

 private:
  static constexpr uint64_t kTagMask = 15;
  static constexpr uint64_t kAddressMask = 0x0000'ffff'ffff'fff0;
  static constexpr uint64_t kCounted = 0;
  static constexpr uint64_t kInteger = 1;
  static constexpr uint64_t kShort = 2;
  static constexpr uint64_t kRound = 3;  // 16 bytes; the next tags are for 16 more each.
  static constexpr size_t kRoundBytes = 16;
  static constexpr size_t kRoundMax = 64;
  static constexpr size_t kShortMax = 5;
  static constexpr size_t kCountMax = 254;  // In one byte.

  static uint64_t inlined_payload(std::string_view text);
  static std::string_view stored(uint64_t word);
};

// What the table needs to know of members.
struct SetMemberPolicy {
  using Probe = SetMember::Probe;
  static uint64_t hash(uint64_t word) { return SetMember::hash(word); }
  static bool equal(uint64_t word, const Probe& probe) { return SetMember::equal(word, probe); }
  static void prefetch(uint64_t word) {
    if (SetMember::owns_memory(word)) prefetch_line(SetMember::block(word));
  }
  static void prefetch_all(uint64_t word) { prefetch(word); }
};

}  // namespace rondo
