// ListDirectory: the nodes of a large list in their order, in one array with free places on both
// sides. An element is looked for by adding up counts that stand next to each other in memory, and
// nodes come and go at both ends in amortised constant time; in the middle the shorter side moves.
//
// Owned by one ListObject, whose MemoryAccount it is given; its thread. It does not own the blocks
// of the nodes.
#pragma once

#include <malloc.h>

#include <cstddef>
#include <cstdint>

#include "reactor/base/check.h"
#include "shard/list_node.h"
#include "shard/memory.h"

namespace rondo {

class ListDirectory {
 public:
  explicit ListDirectory(MemoryAccount& account) : account_(account) {}
  ListDirectory(const ListDirectory&) = delete;
  ListDirectory& operator=(const ListDirectory&) = delete;
  ~ListDirectory();

  size_t size() const { return size_; }
  ListNode& operator[](size_t i) {
    DCHECK(i < size_);
    return nodes_[first_ + i];
  }
  const ListNode& operator[](size_t i) const {
    DCHECK(i < size_);
    return nodes_[first_ + i];
  }

  size_t footprint() const { return nodes_ == nullptr ? 0 : malloc_usable_size(nodes_); }

  // The node that was number `at` is the next one then. References to nodes end here.
  ListNode& insert(size_t at, const ListNode& node);
  void erase(size_t at, size_t count);

 private:
  // Room for one more at the front, or the back.
  void reserve(bool at_front);
  void rebuild(size_t capacity, bool at_front);

  MemoryAccount& account_;
  ListNode* nodes_ = nullptr;
  size_t first_ = 0;
  size_t size_ = 0;
  size_t capacity_ = 0;
};

}  // namespace rondo
