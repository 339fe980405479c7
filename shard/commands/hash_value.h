// The hash of a key, packed or not, as the hash commands see it. Used by the thread that executes
// for the shard.
#pragma once

#include <cstddef>
#include <string_view>

#include "shard/call.h"
#include "shard/commands/collection.h"
#include "shard/hash_object.h"

namespace rondo {

// For reading. A field whose time has come is not there, but size() counts it until it is removed.
// Valid until the next change of the keyspace.
class HashView {
 public:
  // REQUIRES: the entry is a hash, or false, which is an empty hash.
  HashView(const Entry& entry, int64_t now_ms) : entry_(entry), now_ms_(now_ms) {}

  size_t size() const;
  size_t live_size() const;  // Of fields that are there. Linear when some have an expiry.
  bool may_expire() const;   // Whether any field may have an expiry.
  // False when there is no such field.
  bool get(std::string_view field, Item& value) const;
  // The same; the expiry becomes a time or kNoExpiry. Nothing is written when there is none.
  bool get(std::string_view field, Item& value, int64_t& expire_at_ms) const;
  // Calls visit(field, value) for all, as Items.
  template <class Visit>
  void for_each(Visit&& visit) const;
  // Calls visit(field, value, expire_at_ms) for all, also those whose time has come.
  template <class Visit>
  void for_each_stored(Visit&& visit) const;
  // Whether an entry of the object is there.
  bool is_live(const HashField& field) const {
    return !field.has_expiry() || field.expire_at_ms() > now_ms_;
  }

  bool is_packed() const { return entry_.is_packed(); }
  PackedView packed() const { return PackedView(entry_.packed()); }
  // Elements for each field of a packed hash.
  static size_t stride(const PackedView& elements) {
    return elements.form() == PackedForm::kExpiring ? 3 : 2;
  }
  // REQUIRES: it is neither empty nor packed.
  const HashObject& object() const { return *static_cast<const HashObject*>(entry_.object()); }

 private:
  bool is_due(int64_t expire_at_ms) const {
    return expire_at_ms != kNoExpiry && expire_at_ms <= now_ms_;
  }

  Entry entry_;
  int64_t now_ms_;
};

// For changes; see CollectionEdit. A hash that grows beyond the limits of packed ones becomes an
// object and stays one, and a packed one with a field that expires is packed in threes.
class HashEdit {
 public:
  explicit HashEdit(Call& call);

  Error open() { return collection_.open(); }
  bool exists() const { return collection_.exists(); }
  HashView view() const { return HashView(collection_.entry(), now_ms_); }
  // True when the field is new. The expiry is a time, kNoExpiry, or kKeepExpiry.
  bool set(std::string_view field, std::string_view value, int64_t expire_at_ms = kNoExpiry);
  // Sets fields and values in turns; returns how many fields are new.
  size_t set_all(Args pairs);
  // REQUIRES: there is the field.
  void set_expiry(std::string_view field, int64_t expire_at_ms);
  bool erase(std::string_view field);  // False when there was none.
  void finish(Args change, Event event);
  bool has_listeners() const { return collection_.has_listeners(); }

 private:
  bool may_pack(std::string_view text) const {
    return static_cast<int64_t>(text.size()) <= limits_.value_bytes_max;
  }
  bool create_all(Args pairs);
  bool set_packed(std::string_view field, std::string_view value, int64_t expire_at_ms);
  bool set_object(std::string_view field, std::string_view value, int64_t expire_at_ms);
  bool overwrite_packed(size_t value_at, std::string_view value, int64_t expire_at_ms);
  bool become_expiring();
  void unpack();
  HashObject& object() { return static_cast<HashObject&>(collection_.object()); }

  Keyspace& keyspace_;
  const Key key_;
  CollectionEdit collection_;
  const PackedLimits limits_;
  const int64_t now_ms_;
  bool expires_ = false;       // The keyspace has to be told of an expiry,
  bool drops_expiry_ = false;  // or, if that was the last one of the hash, that there is none.
};

template <class Visit>
void HashView::for_each(Visit&& visit) const {
  for_each_stored([&](const Item& field, const Item& value, int64_t expire_at_ms) {
    if (!is_due(expire_at_ms)) visit(field, value);
  });
}

template <class Visit>
void HashView::for_each_stored(Visit&& visit) const {
  constexpr size_t kStep = 1024;
  if (!entry_) return;
  if (is_packed()) {
    const PackedView elements = packed();
    const bool expiring = stride(elements) == 3;
    for (size_t at = elements.begin(); at < elements.end();) {
      const size_t value_at = elements.next(at);
      const size_t next = elements.next(value_at);
      const int64_t at_ms = expiring ? elements.at(next).number : 0;
      visit(elements.at(at), elements.at(value_at), at_ms == 0 ? kNoExpiry : at_ms);
      at = expiring ? elements.next(next) : next;
    }
    return;
  }
  uint64_t cursor = 0;
  do {
    cursor = object().scan(cursor, kStep, [&](const HashField& field) {
      visit(Item::of(field.name()), Item::of(field.value()), field.expire_at_ms());
    });
  } while (cursor != 0);
}

}  // namespace rondo
