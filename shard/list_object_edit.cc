// Changes in the middle of a large list.
#include <algorithm>

#include "shard/list_object.h"

namespace rondo {

namespace {

// Where a node was split: the one before it, both halves, one of its own for a new element, and the
// one behind it become one node at the least.
constexpr size_t kJoinedMax = 4;

}  // namespace

void ListObject::set(ListPlace place, const PackedElement& element) {
  ListNode& node = open(place.node);
  const PackedView elements = node.view();
  const size_t removed = elements.next(place.offset) - place.offset;
  if (node.count() == 1 ||
      limits_.admit(node.bytes() - removed + element.size(Type::kList), node.count())) {
    node.splice(account_, {place.offset, removed, 1, {&element, 1}}, limits_.bytes_max);
    note_change(place.node);
    return;
  }
  erase_within(place.node, place.offset, 1);
  insert(place, element);
}

void ListObject::insert(ListPlace place, const PackedElement& element) {
  ++size_;
  const size_t i = place.node;
  const bool at_begin = place.offset == PackedView::kHeaderBytes;
  const bool at_end = place.offset == directory_[i].bytes();
  if (fits(directory_[i], element)) {
    insert_into(i, place.offset, element);
  } else if (at_begin && i > 0 && fits(directory_[i - 1], element)) {
    insert_into(i - 1, directory_[i - 1].bytes(), element);
  } else if (at_end && i + 1 < nodes() && fits(directory_[i + 1], element)) {
    insert_into(i + 1, PackedView::kHeaderBytes, element);
  } else if (at_begin || at_end) {
    add_node(at_begin ? i : i + 1, element);
  } else {
    split(i, place.offset);
    if (fits(directory_[i], element)) {
      insert_into(i, directory_[i].bytes(), element);
    } else if (fits(directory_[i + 1], element)) {
      insert_into(i + 1, PackedView::kHeaderBytes, element);
    } else {
      add_node(i + 1, element);
    }
    // The halves may be small.
    const size_t first = i > 0 ? i - 1 : 0;
    join(first, std::min(first + kJoinedMax + 1, nodes()));
  }
  open_ends(kJoinedMax);
  note_change(std::min(i, nodes() - 1));
}

void ListObject::split(size_t node, size_t offset) {
  const PackedView elements = open(node).view();
  size_t count = 0;
  for (size_t at = offset; at < elements.end(); at = elements.next(at))
    ++count;
  const size_t bytes = elements.end() - offset;
  ListNode tail = ListNode::create(account_, bytes);
  tail.append(account_, elements.bytes().substr(offset), count, limits_.bytes_max);
  directory_[node].splice(account_, {offset, bytes, count, {}}, limits_.bytes_max);
  directory_.insert(node + 1, tail);
}

void ListObject::join(size_t first, size_t end) {
  if (first >= end) return;
  ListScratch scratch;
  bool opened = false;  // Whether the node at `to` was compressed before.
  size_t to = first;
  for (size_t i = first + 1; i < end; ++i) {
    ListNode& left = directory_[to];
    ListNode& right = directory_[i];
    const size_t bytes = right.bytes() - PackedView::kHeaderBytes;
    if (!limits_.admit(left.bytes() + bytes, left.count() + right.count())) {
      if (opened) compress(left);
      opened = false;
      directory_[++to] = right;
      continue;
    }
    opened = opened || left.is_compressed();
    const std::string_view elements = right.view(scratch).bytes();
    open(to).append(account_, elements.substr(PackedView::kHeaderBytes), right.count(),
                    limits_.bytes_max);
    right.release(account_);
    scratch.forget();
  }
  if (opened) compress(directory_[to]);
  directory_.erase(to + 1, end - to - 1);
}

bool ListObject::find_node(const PackedElement& wanted, ListEnd from, size_t& node) const {
  ListScratch scratch;
  for (size_t i = 0; i < nodes(); ++i) {
    node = from == ListEnd::kLeft ? i : nodes() - 1 - i;
    const PackedView elements = this->node(node, scratch);
    if (elements.find(wanted, elements.begin(), 1) != elements.end()) return true;
  }
  return false;
}

size_t ListObject::filter(ListNode& node, const PackedElement& wanted, size_t limit, ListEnd from) {
  const bool was_compressed = node.is_compressed();
  if (was_compressed || (from == ListEnd::kRight && limit < node.count())) {
    ListScratch scratch;
    const size_t found = count_equal(node.view(scratch), wanted);
    if (found == 0) return 0;
    if (was_compressed) node.decompress(account_);
    const size_t skip = from == ListEnd::kRight && found > limit ? found - limit : 0;
    node.filter(account_, wanted, skip, limit);
    if (was_compressed) compress(node);
    return std::min(found, limit);
  }
  return node.filter(account_, wanted, 0, limit);
}

size_t ListObject::remove(const PackedElement& wanted, size_t limit, ListEnd from, size_t node) {
  const bool left = from == ListEnd::kLeft;
  const size_t nodes_before = nodes();
  size_t removed = 0;
  size_t at = node;
  size_t kept = node;  // Where the next node that is not empty has its place.
  for (; at < nodes() && removed < limit; left ? ++at : --at) {
    ListNode& here = directory_[at];
    removed += filter(here, wanted, limit - removed, from);
    if (here.count() == 0) {
      here.release(account_);
      continue;
    }
    directory_[kept] = here;
    left ? ++kept : --kept;
  }
  // The numbers wrapped around when the first node was done.
  const size_t gap = left ? kept : at + 1;
  const size_t empty = left ? at - kept : kept - at;
  directory_.erase(gap, empty);
  if (left) {
    join(node > 0 ? node - 1 : 0, std::min(kept + 1, nodes()));
  } else {
    const size_t end = std::min(node - empty + 2, nodes());
    join(gap > 0 ? gap - 1 : 0, end);
  }
  size_ -= removed;
  open_ends(nodes_before - nodes());
  return removed;
}

}  // namespace rondo
