// String values of a keyspace: the choice of their representation, and changes in place.
#include <algorithm>
#include <cstring>
#include <utility>

#include "protocol/number.h"
#include "protocol/out_buffer.h"
#include "shard/entry_write.h"
#include "shard/graveyard.h"
#include "shard/keyspace.h"
#include "shard/shard.h"

namespace rondo {

namespace {

// Room for a block that grows to `size` bytes: doubles up to a mebibyte, then a quarter more, so
// that a series of appends costs constant time for each byte.
size_t grown_capacity(size_t size) {
  constexpr size_t kDoubleMax = 1024 * 1024;
  return size < kDoubleMax ? size * 2 : size + size / 4;
}

// Writes bytes at `offset` of a value that had `old_size` bytes, with zeros in between if it is
// beyond.
void write_at(char* value, size_t old_size, size_t offset, std::string_view bytes) {
  if (offset > old_size) std::memset(value + old_size, 0, offset - old_size);
  if (!bytes.empty()) std::memcpy(value + offset, bytes.data(), bytes.size());
}

void write_at(SharedBytes& block, size_t old_size, size_t offset, std::string_view bytes) {
  char* value = block.mutable_data();
  write_at(value, block.mapped() ? std::max(old_size, offset) : old_size, offset, bytes);
}

}  // namespace

void Keyspace::put_bytes(const Key& key, Place place, std::string_view value, bool raw,
                         int64_t expire_at_ms) {
  EntryWriter writer(shard_.account());
  if (place) {
    uint64_t payload = payload_of(place.word());
    forget_fields(key, payload);
    if (writer.overwrite_string(payload, value, raw, expire_at_ms)) {
      restore(place, payload);
      return;
    }
  }
  store(key, place, writer.create_string(key.bytes, value, raw, expire_at_ms));
}

void Keyspace::put_number(const Key& key, Place place, int64_t value, int64_t expire_at_ms) {
  EntryWriter writer(shard_.account());
  if (place && writer.overwrite_integer(payload_of(place.word()), value, expire_at_ms)) {
    stamp(place);
    return;
  }
  store(key, place, writer.create_integer(key.bytes, value, expire_at_ms));
}

void Keyspace::put_block(const Key& key, Place place, SharedBytes value, int64_t expire_at_ms) {
  EntryWriter writer(shard_.account());
  store(key, place, writer.create_shared(key.bytes, std::move(value), expire_at_ms));
}

void Keyspace::put_string(const Key& key, std::string_view value, int64_t expire_at_ms,
                          Event event) {
  const Place place = locate(key);
  const int64_t at_ms = resolve_expiry(place, expire_at_ms);
  if (value.size() >= OutBuffer::kShareBytesMin) {
    put_block(key, place, SharedBytes::copy_of(value), at_ms);
  } else if (const auto number = parse_integer(value)) {
    put_number(key, place, *number, at_ms);
  } else {
    put_bytes(key, place, value, false, at_ms);
  }
  emit_put(key, !place, at_ms, event);
}

void Keyspace::put_text(const Key& key, std::string_view value, int64_t expire_at_ms, Event event) {
  CHECK(value.size() < OutBuffer::kShareBytesMin);
  const Place place = locate(key);
  const int64_t at_ms = resolve_expiry(place, expire_at_ms);
  put_bytes(key, place, value, false, at_ms);
  emit_put(key, !place, at_ms, event);
}

void Keyspace::put_shared(const Key& key, SharedBytes value, int64_t expire_at_ms, Event event) {
  if (value.size() < OutBuffer::kShareBytesMin) {
    put_string(key, value.view(), expire_at_ms, event);
    return;
  }
  const Place place = locate(key);
  const int64_t at_ms = resolve_expiry(place, expire_at_ms);
  put_block(key, place, std::move(value), at_ms);
  emit_put(key, !place, at_ms, event);
}

void Keyspace::put_integer(const Key& key, int64_t value, int64_t expire_at_ms, Event event) {
  const Place place = locate(key);
  const int64_t at_ms = resolve_expiry(place, expire_at_ms);
  put_number(key, place, value, at_ms);
  emit_put(key, !place, at_ms, event);
}

size_t Keyspace::patch_string(const Key& key, size_t offset, std::string_view bytes, Event event) {
  const Place place = locate(key);
  const bool created = !place;
  CHECK(created || Entry(place.word()).is_string());
  if (!created && Entry(place.word()).kind() == EntryKind::kShared) {
    patch_block(place, offset, bytes);
  } else {
    patch_inline(key, place, offset, bytes);
  }
  const Entry patched(table_.find(key.hash, key.bytes).word());
  shard_.emit([&] {
    Effect effect = effect_of(EffectKind::kPatch, key, event);
    effect.created = created;
    effect.offset = offset;
    effect.bytes = bytes;
    effect.expire_at_ms = patched.expire_at_ms();
    return effect;
  });
  return patched.string_length();
}

// Of a key that is absent, an integer, or has its bytes in the entry.
void Keyspace::patch_inline(const Key& key, Place place, size_t offset, std::string_view bytes) {
  EntryWriter writer(shard_.account());
  char scratch[24];
  std::string_view old;
  int64_t at_ms = kNoExpiry;
  bool inline_bytes = false;
  if (place) {
    const Entry entry(place.word());
    old = entry.string(scratch);
    at_ms = entry.expire_at_ms();
    inline_bytes = !entry.is_integer();
  }
  const size_t size = std::max(old.size(), offset + bytes.size());

  if (size >= OutBuffer::kShareBytesMin) {
    const size_t capacity = place ? grown_capacity(size) : size;
    SharedBytes block = SharedBytes::allocate(size, capacity);
    old.copy(block.mutable_data(), old.size());
    write_at(block, old.size(), offset, bytes);
    put_block(key, place, std::move(block), at_ms);
    return;
  }
  uint64_t payload = inline_bytes
                         ? payload_of(place.word())
                         : writer.create_string(key.bytes, old, true, at_ms, size - old.size());
  const size_t old_size = old.size();
  char* value = writer.extend_string(payload, size);
  write_at(value, old_size, offset, bytes);
  if (inline_bytes) {
    restore(place, payload);
  } else {
    store(key, place, payload);
  }
}

void Keyspace::patch_block(Place place, size_t offset, std::string_view bytes) {
  EntryWriter writer(shard_.account());
  const uint64_t payload = payload_of(place.word());
  SharedBytes block = writer.take_shared(payload);
  const size_t old_size = block.size();
  const size_t size = std::max(old_size, offset + bytes.size());
  if (!block.unique()) {
    // A reply may still refer to the old block; it stays as it is.
    SharedBytes fresh = SharedBytes::allocate(size, size > old_size ? grown_capacity(size) : 0);
    std::memcpy(fresh.mutable_data(), block.data(), old_size);
    block = std::move(fresh);
  } else {
    if (size > block.capacity()) block.grow(grown_capacity(size));
    block.resize(size);
  }
  write_at(block, old_size, offset, bytes);
  writer.set_shared(payload, std::move(block));
  stamp(place);
}

}  // namespace rondo
