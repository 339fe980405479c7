#include "shard/hash_field.h"

namespace rondo {

char* HashField::write_length(char* at, size_t length) {
  CHECK(length <= UINT32_MAX);
  if (length < kMark16) {
    *at = static_cast<char>(length);
    return at + 1;
  }
  const bool wide = length > UINT16_MAX;
  *at = static_cast<char>(wide ? kMark32 : kMark16);
  std::memcpy(at + 1, &length, wide ? 4 : 2);
  return at + (wide ? 5 : 3);
}

uint64_t HashField::write(char* block, bool pooled, std::string_view name, std::string_view value,
                          int64_t expire_at_ms) {
  const bool expires = expire_at_ms != kNoExpiry;
  const auto address = reinterpret_cast<uint64_t>(block);
  CHECK((address & ~kAddressMask) == 0);
  char* at = write_length(write_length(block, name.size()), value.size());
  if (!name.empty()) std::memcpy(at, name.data(), name.size());
  at += name.size();
  if (!value.empty()) std::memcpy(at, value.data(), value.size());
  at += value.size();
  if (expires) std::memcpy(at, &expire_at_ms, sizeof(expire_at_ms));
  return address | (expires ? kExpires : 0) | (pooled ? kPooled : 0);
}

uint64_t HashField::set_expiry(int64_t expire_at_ms) const {
  const uint64_t payload = payload_of(word_) & ~kExpires;
  if (expire_at_ms == kNoExpiry) return payload;
  std::memcpy(end(), &expire_at_ms, sizeof(expire_at_ms));
  return payload | kExpires;
}

}  // namespace rondo
