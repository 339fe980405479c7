#include "shard/entry_write.h"

#include <malloc.h>

#include <cstring>
#include <utility>

namespace rondo {

namespace {

constexpr size_t kExpiryBytes = sizeof(int64_t);

}  // namespace

char* EntryWriter::write_length(char* at, size_t length) {
  if (length < 254) {
    *at = static_cast<char>(length);
    return at + 1;
  }
  if (length < 65536) {
    *at = static_cast<char>(254);
    const auto narrow = static_cast<uint16_t>(length);
    std::memcpy(at + 1, &narrow, sizeof(narrow));
    return at + 1 + sizeof(narrow);
  }
  CHECK(length <= UINT32_MAX);
  *at = static_cast<char>(255);
  const auto wide = static_cast<uint32_t>(length);
  std::memcpy(at + 1, &wide, sizeof(wide));
  return at + 1 + sizeof(wide);
}

size_t EntryWriter::Header::bytes() const {
  return (expire_at_ms != kNoExpiry ? kExpiryBytes : 0) + length_bytes(key.size()) +
         (is_inline() ? length_bytes(value_size) : 0);
}

char* EntryWriter::Header::write(char* at) const {
  if (expire_at_ms != kNoExpiry) {
    std::memcpy(at, &expire_at_ms, kExpiryBytes);
    at += kExpiryBytes;
  }
  at = write_length(at, key.size());
  if (is_inline()) at = write_length(at, value_size);
  return key.copy(at, key.size()) + at;
}

uint64_t EntryWriter::Header::tag() const {
  return static_cast<uint64_t>(kind) | (expire_at_ms != kNoExpiry ? Entry::kExpiryBit : 0);
}

uint64_t EntryWriter::make_payload(const void* block, uint64_t tag) {
  const auto address = reinterpret_cast<uintptr_t>(block);
  CHECK((address & ~Entry::kAddressMask) == 0);
  return address | tag;
}

uint64_t EntryWriter::create(const Header& header, const void* value, size_t room) {
  const size_t size = header.bytes() + header.key.size() + header.value_size;
  auto* block = static_cast<char*>(account_.allocate(size + room));
  char* at = header.write(block);
  if (value != nullptr && header.value_size > 0) std::memcpy(at, value, header.value_size);
  return make_payload(block, header.tag());
}

uint64_t EntryWriter::create_string(std::string_view key, std::string_view value, bool raw,
                                    int64_t expire_at_ms, size_t room) {
  const EntryKind kind = raw ? EntryKind::kRaw : EntryKind::kString;
  return create(Header{key, kind, expire_at_ms, value.size()}, value.data(), room);
}

uint64_t EntryWriter::create_integer(std::string_view key, int64_t value, int64_t expire_at_ms) {
  return create(Header{key, EntryKind::kInteger, expire_at_ms, sizeof(value)}, &value);
}

uint64_t EntryWriter::create_packed(std::string_view key, size_t size, int64_t expire_at_ms) {
  return create(Header{key, EntryKind::kPacked, expire_at_ms, size}, nullptr);
}

uint64_t EntryWriter::create_pointer(std::string_view key, EntryKind kind, void* pointer,
                                     int64_t expire_at_ms) {
  return create(Header{key, kind, expire_at_ms, sizeof(pointer)}, &pointer);
}

uint64_t EntryWriter::create_shared(std::string_view key, SharedBytes value, int64_t expire_at_ms) {
  account_.charge(value.heap_bytes());
  return create_pointer(key, EntryKind::kShared, value.release(), expire_at_ms);
}

uint64_t EntryWriter::create_object(std::string_view key, std::unique_ptr<Object> value,
                                    int64_t expire_at_ms) {
  account_.charge(value->footprint());
  return create_pointer(key, EntryKind::kObject, value.release(), expire_at_ms);
}

size_t EntryWriter::total_size(const Entry& entry) {
  const Entry::Layout parts = entry.layout();
  return static_cast<size_t>(parts.value + parts.value_size - entry.base());
}

bool EntryWriter::overwrite_string(uint64_t& payload, std::string_view value, bool raw,
                                   int64_t expire_at_ms) {
  const Entry entry(payload);
  if (!entry.is_inline() || entry.has_expiry() != (expire_at_ms != kNoExpiry)) return false;
  const Entry::Layout parts = entry.layout();
  if (length_bytes(parts.value_size) != length_bytes(value.size())) return false;
  if (value.size() != parts.value_size) {
    // The usual case of an equal size needs no look at the allocator.
    const auto offset = static_cast<size_t>(parts.value - entry.base());
    const size_t room = malloc_usable_size(entry.base());
    if (offset + value.size() > room) return false;
    if (room > 4 * MemoryAccount::kBytesMin && offset + value.size() < room / 2) return false;
    const size_t length_at = length_bytes(value.size());
    write_length(parts.key - length_at, value.size());
  }
  if (entry.has_expiry()) std::memcpy(entry.base(), &expire_at_ms, kExpiryBytes);
  if (!value.empty()) std::memcpy(parts.value, value.data(), value.size());
  const EntryKind kind = raw ? EntryKind::kRaw : EntryKind::kString;
  payload = (payload & ~uint64_t{7}) | static_cast<uint64_t>(kind);
  return true;
}

bool EntryWriter::overwrite_integer(uint64_t payload, int64_t value, int64_t expire_at_ms) {
  const Entry entry(payload);
  if (!entry.is_integer() || entry.has_expiry() != (expire_at_ms != kNoExpiry)) return false;
  if (entry.has_expiry()) std::memcpy(entry.base(), &expire_at_ms, kExpiryBytes);
  std::memcpy(entry.layout().value, &value, sizeof(value));
  return true;
}

char* EntryWriter::extend_string(uint64_t& payload, size_t size) {
  const Entry entry(payload);
  CHECK(entry.is_inline());
  const Entry::Layout parts = entry.layout();
  CHECK(size >= parts.value_size);
  const std::string_view key{parts.key, parts.key_size};
  const Header header{key, EntryKind::kRaw, entry.expire_at_ms(), size};
  const bool header_fits = length_bytes(parts.value_size) == length_bytes(size);
  const size_t total = header.bytes() + key.size() + size;
  if (header_fits && total <= malloc_usable_size(entry.base())) {
    write_length(parts.key - length_bytes(size), size);
    std::memset(parts.value + parts.value_size, 0, size - parts.value_size);
    payload = (payload & ~uint64_t{7}) | static_cast<uint64_t>(EntryKind::kRaw);
    return parts.value;
  }
  // Half as much again makes a series of appends cost constant time for each byte.
  const size_t room = parts.value_size == 0 ? 0 : size / 2;
  auto* block = static_cast<char*>(account_.allocate(total + room));
  char* value = header.write(block);
  std::memcpy(value, parts.value, parts.value_size);
  std::memset(value + parts.value_size, 0, size - parts.value_size);
  release(payload);
  payload = make_payload(block, header.tag());
  return value;
}

char* EntryWriter::splice_packed(uint64_t& payload, size_t offset, size_t removed,
                                 size_t inserted) {
  const Entry entry(payload);
  CHECK(entry.is_packed());
  const Entry::Layout parts = entry.layout();
  CHECK(offset <= parts.value_size);
  CHECK(removed <= parts.value_size - offset);
  const size_t size = parts.value_size - removed + inserted;
  const size_t tail = parts.value_size - offset - removed;
  // What is before the value stays as it is as long as the length takes as many bytes.
  const bool header_fits = length_bytes(parts.value_size) == length_bytes(size);
  const size_t total_here = static_cast<size_t>(parts.value - entry.base()) + size;
  const size_t room = malloc_usable_size(entry.base());
  const bool wastes = room > 4 * MemoryAccount::kBytesMin && total_here < room / 2;
  if (header_fits && total_here <= room && !wastes) {
    write_length(parts.key - length_bytes(size), size);
    std::memmove(parts.value + offset + inserted, parts.value + offset + removed, tail);
    return parts.value;
  }
  // An eighth more makes a series of insertions cost constant time for each byte. In what is short
  // that is more than the copy is worth, and what the allocator rounds up is about as much.
  constexpr size_t kSpareMin = 1024;
  const size_t spare = size > parts.value_size && size >= kSpareMin ? size / 8 : 0;
  const std::string_view key{parts.key, parts.key_size};
  const Header header{key, EntryKind::kPacked, entry.expire_at_ms(), size};
  const size_t total = header.bytes() + key.size() + size;
  auto* block = static_cast<char*>(account_.allocate(total + spare));
  char* value = header.write(block);
  std::memcpy(value, parts.value, offset);
  std::memcpy(value + offset + inserted, parts.value + offset + removed, tail);
  release(payload);
  payload = make_payload(block, header.tag());
  return value;
}

uint64_t EntryWriter::change_expiry(uint64_t payload, int64_t expire_at_ms) {
  const Entry entry(payload);
  char* base = entry.base();
  const bool wanted = expire_at_ms != kNoExpiry;
  if (entry.has_expiry() && wanted) {
    std::memcpy(base, &expire_at_ms, kExpiryBytes);
    return payload;
  }
  if (!entry.has_expiry() && !wanted) return payload;
  const size_t total = total_size(entry);
  if (!wanted) {
    std::memmove(base, base + kExpiryBytes, total - kExpiryBytes);
    return payload & ~Entry::kExpiryBit;
  }
  if (total + kExpiryBytes <= malloc_usable_size(base)) {
    std::memmove(base + kExpiryBytes, base, total);
    std::memcpy(base, &expire_at_ms, kExpiryBytes);
    return payload | Entry::kExpiryBit;
  }
  auto* block = static_cast<char*>(account_.allocate(total + kExpiryBytes));
  std::memcpy(block, &expire_at_ms, kExpiryBytes);
  std::memcpy(block + kExpiryBytes, base, total);
  const uint64_t tag = static_cast<uint64_t>(entry.kind()) | Entry::kExpiryBit;
  account_.release(base);
  return make_payload(block, tag);
}

SharedBytes EntryWriter::take_shared(uint64_t payload) {
  const Entry entry(payload);
  CHECK(entry.kind() == EntryKind::kShared);
  SharedBytes value = SharedBytes::adopt(entry.pointer());
  account_.refund(value.heap_bytes());
  return value;
}

void EntryWriter::set_shared(uint64_t payload, SharedBytes value) {
  const Entry entry(payload);
  CHECK(entry.kind() == EntryKind::kShared);
  account_.charge(value.heap_bytes());
  void* pointer = value.release();
  std::memcpy(entry.layout().value, &pointer, sizeof(pointer));
}

std::unique_ptr<Object> EntryWriter::take_object(uint64_t payload) {
  std::unique_ptr<Object> object(Entry(payload).object());
  account_.refund(object->footprint());
  return object;
}

}  // namespace rondo
