#include "shard/list_object.h"

#include <malloc.h>

#include <algorithm>

namespace rondo {

namespace {

// How many nodes free_some() frees for each element of its budget, the other way round: a node is
// quickly freed, but its memory has to be fetched into the cache.
constexpr size_t kElementsPerNode = 8;

}  // namespace

ListObject::ListObject(const ListLimits& limits)
    : Object(Type::kList), directory_(account_), limits_(limits) {}

ListObject::~ListObject() {
  drop_nodes(0, nodes());
}

size_t ListObject::footprint() const {
  return malloc_usable_size(const_cast<ListObject*>(this)) + account_.used();
}

bool ListObject::free_some(size_t budget) {
  const size_t count = std::min(nodes(), budget / kElementsPerNode + 1);
  drop_nodes(nodes() - count, count);
  return nodes() == 0;
}

std::unique_ptr<Object> ListObject::clone() const {
  auto copy = std::make_unique<ListObject>(limits_);
  for (size_t i = 0; i < nodes(); ++i) {
    copy->directory_.insert(i, directory_[i].clone(copy->account_));
  }
  copy->size_ = size_;
  return copy;
}

size_t ListObject::find_node_of(size_t& index) const {
  CHECK(index < size_);
  size_t node = 0;
  size_t first = 0;  // The index of the node's first element.
  if (index < size_ / 2) {
    while (index - first >= directory_[node].count())
      first += directory_[node++].count();
  } else {
    node = nodes() - 1;
    first = size_ - directory_[node].count();
    while (index < first)
      first -= directory_[--node].count();
  }
  index -= first;
  return node;
}

ListPlace ListObject::seek(size_t index, ListScratch& scratch) const {
  const size_t node = find_node_of(index);
  return {node, this->node(node, scratch).seek(index)};
}

void ListObject::adopt(std::string_view packed) {
  CHECK(size_ == 0);
  const PackedView elements(packed);
  if (elements.count() == 1 || limits_.admit(packed.size(), elements.count())) {
    directory_.insert(0, ListNode::copy_of(account_, packed));
    size_ = elements.count();
    return;
  }
  // It was packed under other limits.
  for (size_t at = elements.begin(); at < elements.end(); at = elements.next(at)) {
    char digits[24];
    push(ListEnd::kRight, elements.at(at).text(digits));
  }
}

void ListObject::add_node(size_t at, const PackedElement& element) {
  ListNode& node = directory_.insert(at, ListNode::create(account_, element.size(Type::kList)));
  node.splice(account_, {PackedView::kHeaderBytes, 0, 0, {&element, 1}}, limits_.bytes_max);
}

void ListObject::insert_into(size_t node, size_t offset, const PackedElement& element) {
  open(node).splice(account_, {offset, 0, 0, {&element, 1}}, limits_.bytes_max);
}

void ListObject::push(ListEnd end, const PackedElement& element) {
  ++size_;
  const bool left = end == ListEnd::kLeft;
  if (nodes() > 0) {
    const size_t last = left ? 0 : nodes() - 1;
    const ListNode& node = directory_[last];
    // In a queue the other end of a nearly full node is emptied all the time. A new node is cheaper
    // than to move the elements of one in its largest block again and again.
    const bool slides = node.capacity() >= limits_.bytes_max &&
                        node.bytes() > limits_.bytes_max - limits_.bytes_max / 8 &&
                        !node.has_room(end, element.size(Type::kList));
    if (fits(node, element) && !slides) {
      insert_into(last, left ? PackedView::kHeaderBytes : node.bytes(), element);
      return;
    }
  }
  add_node(left ? 0 : nodes(), element);
  compress_behind(end);
}

void ListObject::drop_nodes(size_t first, size_t count) {
  for (size_t i = first; i < first + count; ++i) {
    size_ -= directory_[i].count();
    directory_[i].release(account_);
  }
  if (count > 0) directory_.erase(first, count);
}

void ListObject::erase_within(size_t node, size_t offset, size_t count) {
  const PackedView elements = open(node).view();
  size_t end = offset;
  for (size_t i = 0; i < count; ++i)
    end = elements.next(end);
  directory_[node].splice(account_, {offset, end - offset, count, {}}, limits_.bytes_max);
  size_ -= count;
}

void ListObject::erase(size_t index, size_t count) {
  if (count == 0) return;
  CHECK(index < size_ && count <= size_ - index);
  size_t node = find_node_of(index);
  if (index > 0) {
    // The rest of a node whose first elements stay.
    const size_t here = std::min(count, directory_[node].count() - index);
    erase_within(node, open(node).view().seek(index), here);
    count -= here;
    note_change(node);
    ++node;
  }
  size_t whole = 0;
  for (size_t i = node; count > 0 && directory_[i].count() <= count; ++i, ++whole)
    count -= directory_[i].count();
  drop_nodes(node, whole);
  if (whole > 0) open_ends(whole);
  if (count > 0) {
    erase_within(node, PackedView::kHeaderBytes, count);
    note_change(node);
  }
}

void ListObject::verify() const {
  size_t elements = 0;
  size_t bytes = directory_.footprint();
  ListScratch scratch;
  for (size_t i = 0; i < nodes(); ++i) {
    const ListNode& node = directory_[i];
    bytes += node.footprint();
    elements += node.count();
    CHECK(node.count() > 0);
    const PackedView elements = node.view(scratch);
    CHECK(node.count() == elements.count());
    CHECK(elements.type() == Type::kList);
    CHECK(PackedView::is_sound(elements.bytes()));
    const bool is_at_end = i < plain_nodes() || nodes() - 1 - i < plain_nodes();
    CHECK(!is_at_end || !node.is_compressed());
    CHECK(!node.is_compressed() || node.capacity() <= node.bytes() - node.bytes() / 4);
    CHECK(node.count() == 1 || limits_.admit(node.bytes(), node.count()));
  }
  CHECK(elements == size_);
  CHECK(bytes == account_.used());
}

}  // namespace rondo
