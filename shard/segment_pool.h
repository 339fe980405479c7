// SegmentPool: the memory of the large segments of one table. Owned by that table, touched only by
// the thread that executes for its shard.
//
// All segments of a table grow from one size to the next at about the same time, as the hash
// spreads, so the blocks of a size are given up one here and one there, and an allocator cannot use
// the pages between them for anything else: in a table half way from 80 to 96 buckets that was 7
// bytes for each key. So blocks of one size stand side by side in chunks, and there are never
// holes: who frees a block moves the last block of its size into its place first, and tells the
// directory.
//
//   chunk   [ block ][ block ] ...     as many as fit kChunkBytes
//
// The first kSingles blocks of a size have an allocation each, so that a table of a few segments
// takes no more than they need. Chunks of all sizes are of about one size, so that the allocator
// can make one out of another.
//
// It counts its own memory, so it must stand on the heap.
#pragma once

#include <cstddef>
#include <cstdint>

#include "shard/memory.h"
#include "shard/segment.h"

namespace rondo {

class SegmentPool {
 public:
  // The sizes that are pooled, in buckets.
  static constexpr uint32_t kBucketsMin = 64;
  static constexpr uint32_t kBucketsMax = 128;
  static constexpr uint32_t kBucketsStep = 16;
  static bool is_pooled(uint32_t buckets) {
    return buckets >= kBucketsMin && buckets <= kBucketsMax && buckets % kBucketsStep == 0;
  }

  explicit SegmentPool(MemoryAccount& account);
  SegmentPool(const SegmentPool&) = delete;
  SegmentPool& operator=(const SegmentPool&) = delete;
  // Frees everything.
  ~SegmentPool();

  // REQUIRES for these: is_pooled(buckets). A block of empty buckets.
  Bucket* allocate(uint32_t buckets);
  // The block that has to be moved into the place of the one that will be released; it may be that
  // one. REQUIRES: there is a block of this size.
  Bucket* last(uint32_t buckets) const;
  // Frees last(buckets), after the move.
  void release_last(uint32_t buckets);
  // How many blocks of this size there are, and the one of a number below that.
  size_t count(uint32_t buckets) const { return class_of(buckets).used; }
  Bucket* block(uint32_t buckets, size_t index) const;

  // Frees one allocation with all its blocks; true when there was none. For freeing everything.
  bool free_chunk();

  // Heap bytes of all this.
  size_t footprint() const { return bytes_; }

 private:
  static constexpr size_t kChunkBytes = 56 * 1024;
  static constexpr size_t kSingles = 64;
  static constexpr size_t kClasses = (kBucketsMax - kBucketsMin) / kBucketsStep + 1;

  // All blocks of one size: those before `used` in the order of the chunks.
  struct Class {
    Bucket** chunks = nullptr;
    size_t capacity = 0;  // Of that array.
    size_t used = 0;
  };

  static size_t per_chunk(uint32_t buckets) { return kChunkBytes / (buckets * sizeof(Bucket)); }
  // How many chunks `used` blocks need.
  static size_t chunks_for(size_t used, uint32_t buckets) {
    if (used <= kSingles) return used;
    return kSingles + (used - kSingles + per_chunk(buckets) - 1) / per_chunk(buckets);
  }
  const Class& class_of(uint32_t buckets) const {
    CHECK(is_pooled(buckets));
    return classes_[(buckets - kBucketsMin) / kBucketsStep];
  }
  Class& class_of(uint32_t buckets) {
    return const_cast<Class&>(static_cast<const SegmentPool*>(this)->class_of(buckets));
  }

  void add_chunk(Class& blocks, size_t at, uint32_t buckets);
  void drop_chunk(Class& blocks, size_t at);
  void resize_list(Class& blocks, size_t kept, size_t capacity);
  void charge(void* memory);  // What the account was charged.
  void release(void* memory);

  MemoryAccount& account_;
  size_t bytes_ = 0;
  Class classes_[kClasses];
};

}  // namespace rondo
