#include "shard/set_member.h"

#include <cstring>
#include <optional>

#include "protocol/number.h"

namespace rondo {

namespace {

constexpr int kBodyBits = 44;
constexpr int kTagBits = 4;
// No text beyond this is an integer of 44 bits: a sign and 13 digits.
constexpr size_t kDigitsMax = 14;

}  // namespace

SetMember::Probe::Probe(std::string_view member) : text(member), inlined(inlined_payload(member)) {}

uint64_t SetMember::inlined_payload(std::string_view text) {
  if (text.size() <= kDigitsMax) {
    const std::optional<int64_t> number = parse_integer(text);
    constexpr int64_t kLimit = int64_t{1} << (kBodyBits - 1);
    if (number && *number >= -kLimit && *number < kLimit) {
      const uint64_t body = static_cast<uint64_t>(*number) & ((uint64_t{1} << kBodyBits) - 1);
      return body << kTagBits | kInteger;
    }
  }
  if (text.size() > kShortMax) return 0;
  uint64_t bytes = 0;
  text.copy(reinterpret_cast<char*>(&bytes), text.size());
  return bytes << 8 | uint64_t{text.size()} << kTagBits | kShort;
}

uint64_t SetMember::create(MemoryAccount& account, const Probe& probe) {
  if (probe.inlined != 0) return probe.inlined;
  const std::string_view text = probe.text;
  const bool round = text.size() % kRoundBytes == 0 && text.size() <= kRoundMax;
  const size_t count_bytes = round ? 0 : text.size() <= kCountMax ? 1 : 5;
  auto* block = static_cast<char*>(account.allocate(count_bytes + text.size()));
  const auto address = reinterpret_cast<uintptr_t>(block);
  CHECK((address & ~kAddressMask) == 0);
  if (count_bytes == 1) *block = static_cast<char>(text.size());
  if (count_bytes == 5) {
    CHECK(text.size() <= UINT32_MAX);
    const auto length = static_cast<uint32_t>(text.size());
    *block = static_cast<char>(255);
    std::memcpy(block + 1, &length, sizeof(length));
  }
  text.copy(block + count_bytes, text.size());
  return address | (round ? kRound + text.size() / kRoundBytes - 1 : kCounted);
}

void SetMember::release(MemoryAccount& account, uint64_t word) {
  if (owns_memory(word)) account.release(block(word));
}

std::string_view SetMember::stored(uint64_t word) {
  const char* at = block(word);
  const uint64_t tag = word & kTagMask;
  if (tag >= kRound) return {at, (tag - kRound + 1) * kRoundBytes};
  const auto length = static_cast<uint8_t>(*at);
  if (length <= kCountMax) return {at + 1, length};
  uint32_t wide;
  std::memcpy(&wide, at + 1, sizeof(wide));
  return {at + 5, wide};
}

Item SetMember::item(uint64_t word, char (&scratch)[8]) {
  if (owns_memory(word)) return Item::of(stored(word));
  const uint64_t payload = payload_of(word);
  if ((payload & kTagMask) == kInteger) {
    constexpr int kUnused = 64 - kBodyBits;
    const int64_t number = static_cast<int64_t>(payload >> kTagBits << kUnused) >> kUnused;
    return {nullptr, 0, number};
  }
  const uint64_t bytes = payload >> 8;
  std::memcpy(scratch, &bytes, sizeof(bytes));
  return {scratch, payload >> kTagBits & 15, 0};
}

uint64_t SetMember::hash(uint64_t word) {
  char scratch[8];
  char digits[24];
  return hash_key(item(word, scratch).text(digits));
}

}  // namespace rondo
