// MemberPool: the memory of the members of one large sorted set, or of the fields of one large
// hash. Owned by the object of that, touched only by the thread that executes for its shard.
//
// Allocators round the block of a short member, 23 bytes, up to 32. Here blocks of up to
// kPooledBytesMax bytes are rounded up to 8, and those of one size stand side by side in chunks:
//
//   chunk   [ the chunk before 8 ][ blocks that fit 8 ][ block ][ block ] ...
//
// There are never holes: who frees a block moves the last block of its size into its place first,
// and tells those who refer to it. So what is used is what is needed, whatever came and went, and
// needs no list of free blocks. Chunks grow with the pool from two blocks to kChunkBytesMax bytes.
// Longer blocks are the allocator's.
#pragma once

#include <cstddef>
#include <cstdint>

#include "shard/memory.h"

namespace rondo {

class MemberPool {
 public:
  static constexpr size_t kPooledBytesMax = 128;

  explicit MemberPool(MemoryAccount& account) : account_(account) {}
  MemberPool(const MemberPool&) = delete;
  MemberPool& operator=(const MemberPool&) = delete;
  // Frees the chunks. REQUIRES: long blocks were released.
  ~MemberPool();

  void* allocate(size_t bytes);
  // The block that has to be moved into the place of `block`, which has `bytes` bytes and will be
  // released; `block` itself when nothing has to move.
  void* last(void* block, size_t bytes) const;
  // Frees last(block, bytes), after the move.
  void release_last(void* block, size_t bytes);

  static bool is_pooled(size_t bytes) { return bytes <= kPooledBytesMax; }
  // Whether a block of the one size will do for the other. REQUIRES: is_pooled(bytes).
  static bool are_alike(size_t bytes, size_t other) {
    return is_pooled(other) && class_of(bytes) == class_of(other);
  }
  // Frees one large chunk with all its blocks, or several small ones; true when none is left. For
  // freeing everything.
  bool free_chunks();

  // Blocks in chunks, and the heap bytes of the chunks. They walk over all chunks.
  size_t pooled_blocks() const;
  size_t footprint() const;
  // Checks every invariant; CHECK-fails on a violation.
  void verify() const;

 private:
  static constexpr size_t kStep = 8;
  static constexpr size_t kClasses = kPooledBytesMax / kStep;
  static constexpr size_t kBlocksMin = 2;    // In the first chunk.
  static constexpr size_t kBlocksHalf = 16;  // Chunks up to this are half of what there is.
  static constexpr size_t kChunkBytesMax = 32 * 1024;

  struct Chunk {
    Chunk* previous;
    size_t capacity;
  };
  // All blocks of one size.
  struct Class {
    Chunk* last = nullptr;
    size_t used = 0;   // Blocks of the last chunk; the others are full.
    size_t count = 0;  // Blocks of all.
  };

  static size_t class_of(size_t bytes) { return (bytes - 1) / kStep; }
  static size_t size_of(size_t index) { return (index + 1) * kStep; }
  static char* block_at(Chunk* chunk, size_t index, size_t size) {
    return reinterpret_cast<char*>(chunk) + sizeof(Chunk) + index * size;
  }
  void add_chunk(Class& blocks, size_t size);
  void drop_chunk(Class& blocks);

  MemoryAccount& account_;
  Class classes_[kClasses];
};

}  // namespace rondo
