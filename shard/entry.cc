#include "shard/entry.h"

#include <malloc.h>

#include "protocol/number.h"
#include "shard/memory.h"
#include "shard/packed.h"

namespace rondo {

void* Entry::pointer() const {
  void* pointer;
  std::memcpy(&pointer, layout().value, sizeof(pointer));
  return pointer;
}

Type Entry::type() const {
  if (is_string()) return Type::kString;
  return is_packed() ? PackedView(packed()).type() : object()->type();
}

const char* Entry::encoding() const {
  switch (kind()) {
    case EntryKind::kString:
      return layout().value_size <= kEmbeddedMax ? "embstr" : "raw";
    case EntryKind::kRaw:
    case EntryKind::kShared:
      return "raw";
    case EntryKind::kInteger:
      return "int";
    case EntryKind::kPacked:
      return PackedView(packed()).encoding();
    case EntryKind::kObject:
      break;
  }
  return object()->encoding();
}

std::string_view Entry::shared_view() const {
  SharedBytes own = SharedBytes::adopt(pointer());
  const std::string_view view = own.view();
  static_cast<void>(own.release());  // It stays the entry's.
  return view;
}

size_t Entry::string_length() const {
  if (is_inline()) return layout().value_size;
  char scratch[24];
  return string(scratch).size();
}

std::string_view Entry::string(char (&scratch)[24]) const {
  if (is_inline()) {
    const Layout parts = layout();
    return {parts.value, parts.value_size};
  }
  if (is_integer()) return {scratch, format_integer(integer(), scratch)};
  CHECK(kind() == EntryKind::kShared);
  return shared_view();
}

SharedBytes Entry::shared() const {
  if (kind() != EntryKind::kShared) return SharedBytes();
  // A second handle is made from the entry's own, which is given back.
  SharedBytes own = SharedBytes::adopt(pointer());
  SharedBytes handle = own;
  static_cast<void>(own.release());
  return handle;
}

std::string_view Entry::packed() const {
  CHECK(is_packed());
  const Layout parts = layout();
  return {parts.value, parts.value_size};
}

Object* Entry::object() const {
  CHECK(kind() == EntryKind::kObject);
  return static_cast<Object*>(pointer());
}

size_t Entry::footprint() const {
  const size_t own = malloc_usable_size(base());
  if (kind() == EntryKind::kShared) return own + shared().heap_bytes();
  if (kind() == EntryKind::kObject) return own + object()->footprint();
  return own;
}

}  // namespace rondo
