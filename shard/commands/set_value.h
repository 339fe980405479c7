// Sets in their three forms, for the commands: a set of integers and a packed set are bytes in
// their entry (shard/packed_integers.h, shard/packed.h), a large one is a SetObject. Used by the
// thread that executes for the shard.
#pragma once

#include <cstddef>
#include <memory>
#include <string>
#include <string_view>
#include <utility>

#include "shard/call.h"
#include "shard/commands/collection.h"
#include "shard/packed_integers.h"
#include "shard/set_object.h"

namespace rondo {

// For reading. Valid until the next change of what it was made of.
class SetView {
 public:
  // How many members of an object a walk looks at before it asks whether to go on.
  static constexpr size_t kWalkStep = 64;

  SetView() = default;  // An empty set.
  // REQUIRES: the entry is a set, or false, which is an empty set.
  explicit SetView(const Entry& entry);
  explicit SetView(const DetachedValue& value);  // REQUIRES: it is a set.

  size_t size() const;
  bool contains(std::string_view member) const;
  bool contains(const Item& member) const;
  // Calls visit(Item) for all; the Item is valid during the call.
  template <class Visit>
  void for_each(Visit&& visit) const;
  // The same while visit(Item) returns true.
  template <class Visit>
  void walk(Visit&& visit) const;
  // A member chosen at random, whose bytes may be in `scratch`. REQUIRES: size() > 0.
  Item random(Prng& prng, char (&scratch)[8]) const;

  bool is_packed() const { return object_ == nullptr; }
  bool is_integers() const { return !packed_.empty() && form() == PackedForm::kIntegers; }
  // REQUIRES: it is in that form, and not empty.
  PackedIntegers integers() const { return PackedIntegers(packed_); }
  PackedView elements() const { return PackedView(packed_); }
  const SetObject& object() const { return *object_; }

 private:
  PackedForm form() const { return PackedView(packed_).form(); }

  std::string_view packed_;  // Empty: it is an object, or an empty set.
  const SetObject* object_ = nullptr;
};

// For changes; see CollectionEdit. A set takes the smallest form that suits it when it is made, and
// a larger one when a member comes that does not suit it; it never goes back.
class SetEdit {
 public:
  SetEdit(Shard& shard, Keyspace& keyspace, const Key& key)
      : collection_(keyspace, key, Type::kSet), limits_(shard.limits()) {}
  explicit SetEdit(Call& call) : SetEdit(call.shard(), call.keyspace(), call.key(1)) {}

  Error open() { return collection_.open(); }
  bool exists() const { return collection_.exists(); }
  SetView view() const { return SetView(collection_.entry()); }
  // False when it is there. `expected` is about how many members come: it chooses the form of a
  // new set.
  bool add(std::string_view member, size_t expected = 1);
  bool erase(std::string_view member);  // False when there was none.
  // The set becomes a packed value with other members. REQUIRES: it is packed.
  void replace(std::string_view bytes) { collection_.replace(bytes); }
  void become(std::unique_ptr<SetObject> object) { collection_.become(std::move(object)); }
  void finish(Args change, Event event);
  bool has_listeners() const { return collection_.has_listeners(); }

 private:
  bool is_integers() const { return collection_.packed().form() == PackedForm::kIntegers; }
  bool may_pack(std::string_view member, size_t count) const;
  void create(std::string_view member, size_t expected);
  bool add_integer(int64_t value);
  bool add_element(std::string_view member);
  bool erase_integer(std::string_view member);
  bool erase_element(std::string_view member);
  bool insert(std::string_view member);  // Into an object.
  void become_elements();
  void become_object();

  CollectionEdit collection_;
  const ShardLimits& limits_;
};

template <class Visit>
void SetView::for_each(Visit&& visit) const {
  walk([&](const Item& member) {
    visit(member);
    return true;
  });
}

template <class Visit>
void SetView::walk(Visit&& visit) const {
  if (object_ != nullptr) {
    uint64_t cursor = 0;
    bool goes_on = true;
    do {
      cursor = object_->scan(cursor, kWalkStep,
                             [&](const Item& member) { goes_on = goes_on && visit(member); });
    } while (cursor != 0 && goes_on);
  } else if (is_integers()) {
    const PackedIntegers all = integers();
    for (size_t i = 0; i < all.count(); ++i) {
      if (!visit(Item{nullptr, 0, all.at(i)})) return;
    }
  } else if (!packed_.empty()) {
    const PackedView all = elements();
    for (size_t at = all.begin(); at < all.end(); at = all.next(at)) {
      if (!visit(all.at(at))) return;
    }
  }
}

}  // namespace rondo
