#include "shard/commands/list_value.h"

#include <array>
#include <cstdint>
#include <memory>
#include <utility>

namespace rondo {

size_t ListView::size() const {
  if (object_ != nullptr) return object_->size();
  return packed_.empty() ? 0 : packed().count();
}

ListPlace ListView::seek(size_t index) const {
  if (is_packed()) return {0, packed().seek(index)};
  return object().seek(index, scratch_);
}

Item ListView::at(size_t index) const {
  const ListPlace place = seek(index);
  return node(place.node).at(place.offset);
}

bool ListView::find(const PackedElement& wanted, size_t& index) const {
  index = 0;
  for (size_t i = 0; i < nodes(); ++i) {
    const PackedView elements = node(i);
    const size_t found = elements.find(wanted, elements.begin(), 1);
    if (found == elements.end()) {
      index += elements.count();
      continue;
    }
    for (size_t at = elements.begin(); at < found; at = elements.next(at))
      ++index;
    return true;
  }
  return false;
}

Error ListEdit::check_sizes(Args elements) {
  for (const std::string_view element : elements) {
    if (element.size() > ListNode::kElementBytesMax) [[unlikely]]
      return "ERR element exceeds the maximum size of elements of a list (4 GiB)";
  }
  return {};
}

// As Redis counts it: the bytes of the elements without their heads. Packed values have limits of
// their own besides, which many short elements meet first.
void ListEdit::make_room(Args elements) {
  constexpr size_t kOverheadMax = 10;
  size_t bytes = PackedView::kHeaderBytes;
  size_t count = elements.size();
  if (exists()) {
    if (!collection_.is_packed()) return;
    const PackedView packed = collection_.packed();
    bytes = packed.end();
    count += packed.count();
  }
  for (const std::string_view element : elements)
    bytes += element.size();
  const size_t bytes_at_most = bytes + kOverheadMax * elements.size();
  if (limits_.admit(bytes, count) && bytes_at_most <= PackedView::kBytesMax) return;
  unpack();
}

void ListEdit::unpack() {
  auto object = std::make_unique<ListObject>(limits_);
  if (exists()) object->adopt(collection_.packed().bytes());
  collection_.become(std::move(object));
}

void ListEdit::push_packed(ListEnd end, std::span<const PackedElement> elements) {
  if (!exists()) {
    collection_.create(elements);
    return;
  }
  const size_t at = end == ListEnd::kLeft ? PackedView::kHeaderBytes : collection_.packed().end();
  collection_.splice({at, 0, 0, elements});
}

size_t ListEdit::push(ListEnd end, Args elements) {
  make_room(elements);
  if (exists() && !collection_.is_packed()) {
    ListObject& list = object();
    for (const std::string_view element : elements)
      list.push(end, element);
    return list.size();
  }
  if (elements.size() == 1) {
    const PackedElement element(elements[0]);
    push_packed(end, {&element, 1});
  } else {
    push_all_packed(end, elements);
  }
  return collection_.packed().count();
}

void ListEdit::push_all_packed(ListEnd end, Args elements) {
  constexpr size_t kBatch = 32;
  std::array<PackedElement, kBatch> batch;
  while (!elements.empty()) {
    const size_t count = std::min(kBatch, elements.size());
    for (size_t i = 0; i < count; ++i)
      batch[end == ListEnd::kLeft ? count - 1 - i : i] = PackedElement(elements[i]);
    push_packed(end, {batch.data(), count});
    elements = elements.subspan(count);
  }
}

void ListEdit::erase(size_t index, size_t count) {
  if (count == 0) return;
  if (!collection_.is_packed()) {
    object().erase(index, count);
    shrink();
    return;
  }
  const PackedView elements = collection_.packed();
  CHECK(index <= elements.count() && count <= elements.count() - index);
  const size_t begin = elements.seek(index);
  size_t end = begin;
  if (count == 1) {
    end = elements.next(begin);
  } else {
    end = elements.seek(index + count);
  }
  collection_.splice({begin, end - begin, count, {}});
}

void ListEdit::keep(size_t index, size_t count) {
  if (count == view().size()) {
    // Nothing goes, but the value is changed.
    collection_.is_packed() ? collection_.splice({collection_.packed().end()})
                            : static_cast<void>(collection_.object());
    return;
  }
  const size_t behind = view().size() - index - count;
  if (behind > 0) erase(index + count, behind);
  if (index > 0) erase(0, index);
}

void ListEdit::set(size_t index, std::string_view element) {
  make_room({&element, 1});
  if (collection_.is_packed()) {
    const PackedView elements = collection_.packed();
    const size_t at = elements.seek(index);
    const PackedElement packed(element);
    collection_.splice({at, elements.next(at) - at, 1, {&packed, 1}});
    return;
  }
  const ListPlace place = view().seek(index);
  object().set(place, element);
  shrink();
}

void ListEdit::insert(size_t index, std::string_view element) {
  if (index == view().size()) {
    push(ListEnd::kRight, {&element, 1});
    return;
  }
  make_room({&element, 1});
  if (collection_.is_packed()) {
    const PackedElement packed(element);
    collection_.splice({collection_.packed().seek(index), 0, 0, {&packed, 1}});
    return;
  }
  const ListPlace place = view().seek(index);
  object().insert(place, element);
}

size_t ListEdit::remove(std::string_view wanted, size_t limit, ListEnd from) {
  if (!exists()) return 0;
  const PackedElement packed(wanted);
  if (collection_.is_packed()) return remove_packed(packed, limit, from);
  size_t node = 0;
  if (!view().object().find_node(packed, from, node)) return 0;
  const size_t removed = object().remove(packed, limit, from, node);
  shrink();
  return removed;
}

size_t ListEdit::remove_packed(const PackedElement& wanted, size_t limit, ListEnd from) {
  const PackedView elements = collection_.packed();
  const size_t found = count_equal(elements, wanted);
  if (found == 0) return 0;
  const size_t skip = from == ListEnd::kRight && found > limit ? found - limit : 0;
  size_t size = elements.end();
  char* value = collection_.splice(size, 0, 0);
  const size_t removed = filter_packed(value, size, wanted, skip, limit);
  collection_.splice({size, collection_.packed().end() - size, removed, {}});
  return removed;
}

void ListEdit::shrink() {
  const ListView list = view();
  if (list.nodes() != 1) return;
  const PackedView elements = list.node(0);
  if (!limits_.admit_half(elements.end(), elements.count())) return;
  collection_.repack(elements.bytes());
}

}  // namespace rondo
