#include "shard/list_directory.h"

#include <algorithm>
#include <cstring>

namespace rondo {

namespace {

constexpr size_t kCapacityMin = 2;

}  // namespace

ListDirectory::~ListDirectory() {
  if (nodes_ != nullptr) account_.release(nodes_);
}

void ListDirectory::rebuild(size_t capacity, bool at_front) {
  CHECK(capacity >= size_);
  auto* nodes = static_cast<ListNode*>(account_.allocate(capacity * sizeof(ListNode)));
  const size_t first = at_front ? capacity - size_ : 0;
  if (nodes_ != nullptr) {
    std::copy_n(nodes_ + first_, size_, nodes + first);
    account_.release(nodes_);
  }
  nodes_ = nodes;
  first_ = first;
  capacity_ = capacity;
}

void ListDirectory::reserve(bool at_front) {
  const size_t free = at_front ? first_ : capacity_ - first_ - size_;
  if (free > 0) return;
  // Where half of it is free, on the other side, the same size will do: that is a queue.
  const bool grows = size_ > capacity_ / 2;
  rebuild(std::max(kCapacityMin, grows ? size_ + size_ / 2 + 1 : capacity_), at_front);
}

ListNode& ListDirectory::insert(size_t at, const ListNode& node) {
  CHECK(at <= size_);
  const ListNode kept = node;  // It may be one of these.
  const bool at_front = at < size_ - at;
  reserve(at_front);
  ListNode* begin = nodes_ + first_;
  if (at_front) {
    std::copy(begin, begin + at, begin - 1);
    --first_;
  } else {
    std::copy_backward(begin + at, begin + size_, begin + size_ + 1);
  }
  ++size_;
  return (*this)[at] = kept;
}

void ListDirectory::erase(size_t at, size_t count) {
  CHECK(at <= size_ && count <= size_ - at);
  ListNode* begin = nodes_ + first_;
  const size_t behind = size_ - at - count;
  if (at < behind) {
    std::copy_backward(begin, begin + at, begin + at + count);
    first_ += count;
  } else {
    std::copy(begin + at + count, begin + size_, begin + at);
  }
  size_ -= count;
  if (capacity_ > 8 && size_ < capacity_ / 4) rebuild(capacity_ / 2, at < behind);
}

}  // namespace rondo
