#include "shard/list_node.h"

#include <malloc.h>

#include <algorithm>
#include <cstring>

namespace rondo {

namespace {

// So few bytes are moved rather than a block rebuilt.
constexpr size_t kMovedMax = 256;
// A block this small is never exchanged for a smaller one.
constexpr size_t kSmallBlock = 128;
constexpr size_t kSpareMin = 16;

}  // namespace

ListNode ListNode::create(MemoryAccount& account, size_t bytes) {
  const size_t size = PackedView::kHeaderBytes + bytes;
  ListNode node;
  node.block_ = static_cast<char*>(account.allocate(size));
  const size_t usable = malloc_usable_size(node.block_);
  CHECK(size <= UINT32_MAX);
  node.capacity_ = static_cast<uint32_t>(std::min<size_t>(usable, UINT32_MAX));
  node.end_ = PackedView::kHeaderBytes;
  node.write_header();
  return node;
}

ListNode ListNode::copy_of(MemoryAccount& account, std::string_view packed) {
  ListNode node = create(account, packed.size() - PackedView::kHeaderBytes);
  std::memcpy(node.block_, packed.data(), packed.size());
  node.end_ = static_cast<uint32_t>(packed.size());
  node.count_ = static_cast<uint16_t>(PackedView(packed).count());
  return node;
}

void ListNode::write_header() {
  PackedView::write_header(value(), Type::kList, PackedForm::kElements, count_);
}

void ListNode::set_count(size_t count) {
  CHECK(count <= PackedView::kCountMax);
  count_ = static_cast<uint16_t>(count);
}

ListNode ListNode::clone(MemoryAccount& account) const {
  if (!is_compressed()) return copy_of(account, view().bytes());
  ListNode copy = *this;
  copy.block_ = static_cast<char*>(account.allocate(capacity_));
  std::memcpy(copy.block_, block_, capacity_);
  return copy;
}

bool ListNode::compress(MemoryAccount& account) {
  CHECK(may_compress());
  size_t size = 0;
  char* block = compress_list(account, view().bytes(), size);
  if (block == nullptr) {
    keep_plain();
    return false;
  }
  end_ = static_cast<uint32_t>(bytes());
  begin_ = 0;
  capacity_ = static_cast<uint32_t>(size);
  account.release(block_);
  block_ = block;
  state_ = State::kCompressed;
  return true;
}

void ListNode::decompress(MemoryAccount& account) {
  CHECK(is_compressed());
  const size_t size = bytes();
  auto* block = static_cast<char*>(account.allocate(size));
  decompress_list({block_, capacity_}, block, size);
  account.release(block_);
  block_ = block;
  capacity_ = static_cast<uint32_t>(std::min<size_t>(malloc_usable_size(block), UINT32_MAX));
  state_ = State::kPlain;
}

void ListNode::splice(MemoryAccount& account, const PackedSplice& splice, size_t bytes_max) {
  size_t inserted = 0;
  for (const PackedElement& element : splice.inserted)
    inserted += element.size(Type::kList);
  CHECK(splice.removed_count <= count_);
  resize(account, splice.offset, splice.removed, inserted, bytes_max);
  set_count(count_ + splice.inserted.size() - splice.removed_count);
  write_header();
  char* at = value() + splice.offset;
  for (const PackedElement& element : splice.inserted)
    at = element.write(at, Type::kList);
}

void ListNode::resize(MemoryAccount& account, size_t offset, size_t removed, size_t inserted,
                      size_t bytes_max) {
  CHECK(!is_compressed());
  state_ = State::kPlain;
  CHECK(offset >= PackedView::kHeaderBytes);
  CHECK(offset + removed <= bytes());
  const size_t head = offset - PackedView::kHeaderBytes;
  const size_t tail = bytes() - offset - removed;
  if (inserted <= removed) {
    const size_t by = removed - inserted;
    const size_t size = bytes() - by;
    if (capacity_ > kSmallBlock && size < capacity_ / 4) {
      rebuild(account, offset, removed, inserted, size + size / 4);
    } else if (head < tail) {
      std::memmove(value() + PackedView::kHeaderBytes + by, value() + PackedView::kHeaderBytes,
                   head);
      begin_ += static_cast<uint32_t>(by);
    } else {
      std::memmove(value() + offset + inserted, value() + offset + removed, tail);
      end_ -= static_cast<uint32_t>(by);
    }
    return;
  }
  const size_t by = inserted - removed;
  const bool at_front = head < tail;
  const size_t smaller = std::min(head, tail);
  const size_t larger = std::max(head, tail);
  // Moving the larger side again and again would make a queue slow: then its block is rebuilt, and
  // gets its free bytes where they are needed.
  const bool may_move_larger = larger <= kMovedMax || smaller >= larger / 8;
  if ((at_front ? front() : back()) >= by) {
    grow_by_moving(offset + removed, by, at_front);
  } else if (may_move_larger && (at_front ? back() : front()) >= by) {
    grow_by_moving(offset + removed, by, !at_front);
  } else {
    const size_t size = bytes() + by;
    CHECK(size <= UINT32_MAX);
    const size_t wanted = std::min(size + size / 4 + kSpareMin, bytes_max);
    rebuild(account, offset, removed, inserted, std::max(size, wanted));
  }
}

// `by` more bytes before `offset`.
void ListNode::grow_by_moving(size_t offset, size_t by, bool at_front) {
  if (at_front) {
    char* from = value() + PackedView::kHeaderBytes;
    std::memmove(from - by, from, offset - PackedView::kHeaderBytes);
    begin_ -= static_cast<uint32_t>(by);
  } else {
    std::memmove(value() + offset + by, value() + offset, bytes() - offset);
    end_ += static_cast<uint32_t>(by);
  }
}

// The free bytes of the new block are on the side where the change was.
void ListNode::rebuild(MemoryAccount& account, size_t offset, size_t removed, size_t inserted,
                       size_t capacity) {
  const size_t size = bytes() - removed + inserted;
  const size_t tail = bytes() - offset - removed;
  auto* block = static_cast<char*>(account.allocate(capacity));
  const size_t usable = std::min<size_t>(malloc_usable_size(block), UINT32_MAX);
  const bool at_front = offset - PackedView::kHeaderBytes < tail;
  const size_t begin = at_front ? usable - size : 0;
  std::memcpy(block + begin, value(), offset);
  std::memcpy(block + begin + offset + inserted, value() + offset + removed, tail);
  account.release(block_);
  block_ = block;
  begin_ = static_cast<uint32_t>(begin);
  end_ = static_cast<uint32_t>(begin + size);
  capacity_ = static_cast<uint32_t>(usable);
}

void ListNode::append(MemoryAccount& account, std::string_view elements, size_t count,
                      size_t bytes_max) {
  const size_t offset = bytes();
  resize(account, offset, 0, elements.size(), bytes_max);
  std::memcpy(value() + offset, elements.data(), elements.size());
  set_count(count_ + count);
  write_header();
}

size_t ListNode::filter(MemoryAccount& account, const PackedElement& wanted, size_t skip,
                        size_t limit) {
  CHECK(!is_compressed());
  size_t size = bytes();
  const size_t removed = filter_packed(value(), size, wanted, skip, limit);
  set_count(count_ - removed);
  // What is behind the rest is taken off the end.
  resize(account, size, bytes() - size, 0, 0);
  write_header();
  return removed;
}

size_t count_equal(const PackedView& elements, const PackedElement& wanted) {
  size_t found = 0;
  size_t at = elements.find(wanted, elements.begin(), 1);
  while (at != elements.end()) {
    ++found;
    at = elements.find(wanted, elements.next(at), 1);
  }
  return found;
}

size_t filter_packed(char* value, size_t& size, const PackedElement& wanted, size_t skip,
                     size_t limit) {
  const PackedView elements({value, size});
  size_t removed = 0;
  size_t to = elements.begin();
  // Elements before `from` are done; what is kept between two removed ones is moved in one go.
  size_t from = elements.begin();
  size_t at = from;
  while (removed < limit) {
    at = elements.find(wanted, at, 1);
    if (at == elements.end()) break;
    const size_t next = elements.next(at);
    if (skip > 0) {
      --skip;
    } else {
      std::memmove(value + to, value + from, at - from);
      to += at - from;
      from = next;
      ++removed;
    }
    at = next;
  }
  std::memmove(value + to, value + from, size - from);
  size = to + (size - from);
  return removed;
}

}  // namespace rondo
