// What the commands of all collections share: looking one up, changing it where it is, and writing
// its items. Used by the thread that executes for the shard.
#pragma once

#include <cstddef>
#include <memory>
#include <span>
#include <string_view>

#include "protocol/error.h"
#include "shard/call.h"
#include "shard/entry.h"
#include "shard/packed.h"

namespace rondo {

// The collection of type `type` at argument `index`; `entry` is false when the key is absent. An
// error when the key holds something else.
Error find_collection(Call& call, size_t index, Type type, Entry& entry);

inline void reply_item(Reply& reply, const Item& item) {
  if (item.is_integer()) {
    reply.bulk_integer(item.number);
  } else {
    reply.bulk(std::string_view(item.bytes, item.size));
  }
}

// One command's change of one collection: open(), then any number of changes, then finish() if
// there were any. No other key of the keyspace may come or go in between.
class CollectionEdit {
 public:
  CollectionEdit(Keyspace& keyspace, const Key& key, Type type)
      : keyspace_(keyspace), key_(key), type_(type) {}
  CollectionEdit(const CollectionEdit&) = delete;
  CollectionEdit& operator=(const CollectionEdit&) = delete;
  ~CollectionEdit() { CHECK(!changed_); }

  // An error when the key holds something else. Everything below REQUIRES that it succeeded. Once
  // more after somebody else changed the key.
  Error open();

  bool exists() const { return static_cast<bool>(place_); }
  // A false handle for an absent key. Valid until the next change.
  Entry entry() const { return place_ ? Entry(place_.word()) : Entry(); }
  bool is_packed() const { return exists() && object_ == nullptr; }
  PackedView packed() const { return PackedView(entry().packed()); }
  // For changes: the object counts as changed. REQUIRES: exists(), !is_packed().
  Object& object() {
    DCHECK(object_ != nullptr);
    changed_ = true;
    return *object_;
  }
  // The same for a change that may turn out to be none; `change(object)` tells
  // whether it was one.
  template <class Change>
  bool try_change(Change&& change) {
    const bool changed = change(*object_);
    changed_ = changed_ || changed;
    return changed;
  }

  // Makes the key. REQUIRES: !exists().
  void create(std::span<const PackedElement> elements);
  // The same for a value's bytes in any form.
  void create(std::string_view bytes);
  // REQUIRES for these three: is_packed().
  void splice(const PackedSplice& splice);
  // `removed` bytes at `offset` make room for `inserted` ones that are not initialised. Returns the
  // value's bytes; its count is for the caller to write.
  char* splice(size_t offset, size_t removed, size_t inserted);
  void replace(std::string_view bytes);  // With a value in any form; not a view of the old one.
  // The value becomes `object`; the key is made if it is absent.
  void become(std::unique_ptr<Object> object);

  // The object's place is taken by the packed value `bytes`. REQUIRES: exists(), !is_packed().
  void repack(std::string_view bytes);

  // Tells the door what was done: `change` is a command that repeats it. A collection without
  // elements is removed.
  void finish(Args change, Event event, bool is_empty);
  bool has_listeners() const { return keyspace_.has_listeners(); }

 private:
  Keyspace& keyspace_;
  const Key key_;
  const Type type_;
  Place place_;
  Object* object_ = nullptr;  // Null: it is packed, or absent.
  size_t footprint_ = 0;      // Of the object, as far as the keyspace has counted it.
  bool created_ = false;
  bool changed_ = false;
};

}  // namespace rondo
