// ListNode: some elements of a large list that stand next to each other, packed. It is a handle of
// 24 bytes that a ListDirectory holds by value, and a block of the heap:
//
//   block   [ free ][ packed value, as shard/packed.h draws it ][ free ]
//           0       begin                                       end     capacity
//
// The free bytes on both sides are what makes a push at either end cheap: nothing moves. So a node
// that grows at its front has its free bytes there, and one that serves as a queue slides only when
// it arrives at the end of its block.
//
// A node that is not used for a while may be compressed; its block then is
//
//   block   [ what compress_list() made of the packed value ]
//           0                                               capacity
//
// with begin 0 and end, the size of the packed value, beyond the block. It can be read through a
// ListScratch, and has to be decompressed before it is changed.
//
// Owned by one ListObject, whose MemoryAccount is passed to all that allocates; its thread. Copies
// of the handle refer to the same block: whoever holds the last one calls release().
#pragma once

#include <malloc.h>

#include <cstddef>
#include <cstdint>
#include <string_view>

#include "shard/list_compression.h"
#include "shard/memory.h"
#include "shard/packed.h"

namespace rondo {

enum class ListEnd : uint8_t { kLeft, kRight };

class ListNode {
 public:
  // Larger elements do not fit a node: its places are numbers of 32 bits.
  static constexpr size_t kElementBytesMax = UINT32_MAX - 64;

  // An empty node with room for `bytes` of elements, and one with the bytes of a packed list.
  static ListNode create(MemoryAccount& account, size_t bytes);
  static ListNode copy_of(MemoryAccount& account, std::string_view packed);
  ListNode clone(MemoryAccount& account) const;  // Compressed if this one is.
  void release(MemoryAccount& account) { account.release(block_); }

  // Valid until the next change. REQUIRES: !is_compressed().
  PackedView view() const {
    CHECK(!is_compressed());
    return PackedView({block_ + begin_, bytes()});
  }
  // The same for any node, and valid only until `scratch` is used for another.
  PackedView view(ListScratch& scratch) const {
    if (!is_compressed()) [[likely]]
      return view();
    return PackedView(scratch.decompress({block_, capacity_}, bytes()));
  }
  size_t bytes() const { return end_ - begin_; }  // Of the packed value, header included.
  size_t count() const { return count_; }
  size_t capacity() const { return capacity_; }
  size_t footprint() const { return malloc_usable_size(block_); }
  // Whether `bytes` more fit at an end without moving anything.
  bool has_room(ListEnd end, size_t bytes) const {
    return (end == ListEnd::kLeft ? front() : back()) >= bytes;
  }

  bool is_compressed() const { return state_ == State::kCompressed; }
  // Whether it was not tried since it was changed, and has a size that is worth it.
  bool may_compress() const {
    return state_ == State::kPlain && bytes() >= kCompressedMin && bytes() <= kCompressedPlainMax;
  }
  // False when that saves too little. REQUIRES: may_compress().
  bool compress(MemoryAccount& account);
  // From now on may_compress() is false, until the next change.
  void keep_plain() { state_ = State::kKeptPlain; }
  void decompress(MemoryAccount& account);
  // A mark for nodes that were changed lately. Only its owner sets and looks at it.
  bool is_hot() const { return hot_; }
  void set_hot(bool hot) { hot_ = hot; }

  // Everything below REQUIRES: !is_compressed().

  // What Keyspace::edit_packed() does to a small list. When the block is too small, the new one has
  // some room to spare, but not more than `bytes_max` in all unless it is needed.
  void splice(MemoryAccount& account, const PackedSplice& splice, size_t bytes_max);

  // Adds `count` elements that are packed already.
  void append(MemoryAccount& account, std::string_view elements, size_t count, size_t bytes_max);

  // Removes those elements equal to `wanted` that come behind the first `skip` of them, at most
  // `limit`; returns how many.
  size_t filter(MemoryAccount& account, const PackedElement& wanted, size_t skip, size_t limit);

 private:
  static constexpr size_t kCompressedMin = 512;

  enum class State : uint8_t { kPlain, kKeptPlain, kCompressed };

  char* value() { return block_ + begin_; }
  size_t front() const { return begin_; }
  size_t back() const { return capacity_ - end_; }
  // Makes `removed` bytes at `offset` into `inserted` ones.
  void resize(MemoryAccount& account, size_t offset, size_t removed, size_t inserted,
              size_t bytes_max);
  void grow_by_moving(size_t offset, size_t by, bool at_front);
  void rebuild(MemoryAccount& account, size_t offset, size_t removed, size_t inserted,
               size_t capacity);
  void write_header();
  void set_count(size_t count);

  char* block_ = nullptr;
  uint32_t begin_ = 0;
  uint32_t end_ = 0;
  uint32_t capacity_ = 0;
  uint16_t count_ = 0;
  State state_ = State::kPlain;
  bool hot_ = false;
};

static_assert(sizeof(ListNode) == 24);

// How many elements are equal to `wanted`.
size_t count_equal(const PackedView& elements, const PackedElement& wanted);

// The elements of a packed value at `value`, of `size` bytes, that ListNode::filter() keeps are
// moved together. Returns how many were removed; `size` becomes the bytes of the rest. The count in
// the header is for the caller to write.
size_t filter_packed(char* value, size_t& size, const PackedElement& wanted, size_t skip,
                     size_t limit);

}  // namespace rondo
