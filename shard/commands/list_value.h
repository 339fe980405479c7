// A list as the commands see it, whether it is packed in its entry or a ListObject. Used by the
// thread that executes for the shard.
#pragma once

#include <algorithm>
#include <cstddef>
#include <span>
#include <string_view>

#include "shard/commands/collection.h"
#include "shard/list_limits.h"
#include "shard/list_object.h"

namespace rondo {

// For reading. Valid until the next change of the keyspace, and what it gives out no longer than
// the view itself: nodes that are compressed are read through its own ListScratch.
class ListView {
 public:
  // REQUIRES: the entry is a list, or false, which is an empty list.
  explicit ListView(const Entry& entry) {
    if (!entry) return;
    if (entry.is_packed()) {
      packed_ = entry.packed();
    } else {
      object_ = static_cast<const ListObject*>(entry.object());
    }
  }

  size_t size() const;
  // REQUIRES for these two: index < size(). Items, and nodes, are valid until another is asked for.
  Item at(size_t index) const;
  ListPlace seek(size_t index) const;

  // The first element that is equal.
  bool find(const PackedElement& wanted, size_t& index) const;

  // A packed list is one node.
  size_t nodes() const { return object_ != nullptr ? object_->nodes() : packed_.empty() ? 0 : 1; }
  PackedView node(size_t i) const { return is_packed() ? packed() : object().node(i, scratch_); }

  // Calls visit(Item) for `count` elements from `index` on, or back from there. REQUIRES: there are
  // so many.
  template <class Visit>
  void visit_forward(size_t index, size_t count, Visit&& visit) const;
  template <class Visit>
  void visit_backward(size_t index, size_t count, Visit&& visit) const;

  bool is_packed() const { return object_ == nullptr; }
  // REQUIRES: it is packed, and not empty.
  PackedView packed() const { return PackedView(packed_); }
  // REQUIRES: it is not packed.
  const ListObject& object() const { return *object_; }

 private:
  std::string_view packed_;  // Empty: it is an object, or an empty list.
  const ListObject* object_ = nullptr;
  mutable ListScratch scratch_;
};

// For changes; see CollectionEdit. A list that grows beyond its limits becomes an object; one that
// has shrunk to half of them, and to one node, is packed again.
class ListEdit {
 public:
  // `limits` are those of a shard, which are there all the time.
  ListEdit(Keyspace& keyspace, const Key& key, const ListLimits& limits)
      : collection_(keyspace, key, Type::kList), limits_(limits) {}

  // Elements that are too large for a node; Redis has no name for it, since its limit is higher.
  static Error check_sizes(Args elements);

  Error open() { return collection_.open(); }
  bool exists() const { return collection_.exists(); }
  ListView view() const { return ListView(collection_.entry()); }

  // One after the other, so that the last one is the outermost; returns how many there are then.
  // REQUIRES: !elements.empty().
  size_t push(ListEnd end, Args elements);
  // Erases all but these; counts as a change even when nothing goes.
  void keep(size_t index, size_t count);
  // REQUIRES for these two: there are so many.
  void erase(size_t index, size_t count);
  void erase_end(ListEnd end, size_t count) {
    erase(end == ListEnd::kLeft ? 0 : view().size() - count, count);
  }
  void set(size_t index, std::string_view element);
  // It becomes number `index`. REQUIRES: index <= size.
  void insert(size_t index, std::string_view element);
  // The elements equal to `wanted`, at most `limit`, from one end; returns how many there were.
  size_t remove(std::string_view wanted, size_t limit, ListEnd from);

  void finish(Args change, Event event) { collection_.finish(change, event, view().size() == 0); }
  // After changes that leave something in it.
  void finish_filled(Args change, Event event) { collection_.finish(change, event, false); }
  bool has_listeners() const { return collection_.has_listeners(); }

 private:
  // Makes it an object if a packed list would not take `elements` as well.
  void make_room(Args elements);
  void push_packed(ListEnd end, std::span<const PackedElement> elements);
  void push_all_packed(ListEnd end, Args elements);
  size_t remove_packed(const PackedElement& wanted, size_t limit, ListEnd from);
  void unpack();
  // Packs an object that has become small.
  void shrink();
  ListObject& object() { return static_cast<ListObject&>(collection_.object()); }

  CollectionEdit collection_;
  const ListLimits& limits_;
};

template <class Visit>
void ListView::visit_forward(size_t index, size_t count, Visit&& visit) const {
  if (count == 0) return;
  ListPlace place = seek(index);
  for (;;) {
    const PackedView elements = node(place.node);
    for (size_t at = place.offset; at < elements.end(); at = elements.next(at)) {
      visit(elements.at(at));
      if (--count == 0) return;
    }
    place = {place.node + 1, PackedView::kHeaderBytes};
  }
}

template <class Visit>
void ListView::visit_backward(size_t index, size_t count, Visit&& visit) const {
  if (count == 0) return;
  ListPlace place = seek(index);
  for (;;) {
    const PackedView elements = node(place.node);
    for (size_t at = place.offset;; at = elements.previous(at)) {
      visit(elements.at(at));
      if (--count == 0) return;
      if (at == elements.begin()) break;
    }
    --place.node;
    const PackedView before = node(place.node);
    place.offset = before.previous(before.end());
  }
}

}  // namespace rondo
