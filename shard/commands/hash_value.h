// The hash of a key, packed or not, as the hash commands see it. Used by the thread that executes
// for the shard.
#pragma once

#include <cstddef>
#include <string_view>

#include "shard/call.h"
#include "shard/commands/collection.h"
#include "shard/hash_object.h"

namespace rondo {

// For reading. Valid until the next change of the keyspace.
class HashView {
 public:
  // REQUIRES: the entry is a hash, or false, which is an empty hash.
  explicit HashView(const Entry& entry) : entry_(entry) {}

  size_t size() const;
  // False when there is no such field.
  bool get(std::string_view field, Item& value) const;
  // Calls visit(field, value) for all, as Items.
  template <class Visit>
  void for_each(Visit&& visit) const;

  bool is_packed() const { return entry_.is_packed(); }
  PackedView packed() const { return PackedView(entry_.packed()); }
  // REQUIRES: it is neither empty nor packed.
  const HashObject& object() const { return *static_cast<const HashObject*>(entry_.object()); }

 private:
  Entry entry_;
};

// For changes; see CollectionEdit. A hash that grows beyond the limits of packed ones becomes an
// object and stays one.
class HashEdit {
 public:
  explicit HashEdit(Call& call);

  Error open() { return collection_.open(); }
  HashView view() const { return HashView(collection_.entry()); }
  bool set(std::string_view field, std::string_view value);  // True when the field is new.
  // Sets fields and values in turns; returns how many fields are new.
  size_t set_all(Args pairs);
  bool erase(std::string_view field);  // False when there was none.
  void finish(Args change, Event event);
  bool has_listeners() const { return collection_.has_listeners(); }

 private:
  bool may_pack(std::string_view text) const {
    return static_cast<int64_t>(text.size()) <= limits_.value_bytes_max;
  }
  bool create_all(Args pairs);
  bool set_packed(std::string_view field, std::string_view value);
  void unpack();
  HashObject& object() { return static_cast<HashObject&>(collection_.object()); }

  CollectionEdit collection_;
  const PackedLimits limits_;
};

template <class Visit>
void HashView::for_each(Visit&& visit) const {
  constexpr size_t kStep = 1024;
  if (!entry_) return;
  if (is_packed()) {
    const PackedView elements = packed();
    for (size_t at = elements.begin(); at < elements.end();) {
      const size_t value_at = elements.next(at);
      visit(elements.at(at), elements.at(value_at));
      at = elements.next(value_at);
    }
    return;
  }
  uint64_t cursor = 0;
  do {
    cursor = object().scan(cursor, kStep, [&](const Entry& field) {
      visit(Item::of(field.key()), Item::of(HashObject::value(field)));
    });
  } while (cursor != 0);
}

}  // namespace rondo
