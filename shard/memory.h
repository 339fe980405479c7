// MemoryAccount: the heap of one shard, counted exactly as the allocator hands it out: what
// malloc_usable_size() says, not what was asked for. One per shard, touched only by the thread that
// executes for that shard, so the counter is a plain number. Memory is charged where it is
// allocated and refunded where it is freed; a value that moves to another shard is refunded here
// and charged there (see detached_value.h).
#pragma once

#include <malloc.h>

#include <cstddef>
#include <cstdint>
#include <cstdlib>

#include "reactor/base/block_cache.h"
#include "reactor/base/check.h"

namespace rondo {

class MemoryAccount {
 public:
  // Blocks are aligned to 16 bytes, which allocators promise only from 16 bytes on.
  static constexpr size_t kBytesMin = 16;

  MemoryAccount() = default;
  MemoryAccount(const MemoryAccount&) = delete;
  MemoryAccount& operator=(const MemoryAccount&) = delete;

  void* allocate(size_t bytes) {
    void* block = nullptr;
    if (bytes < BlockCache::kBytesMin) [[likely]] {
      block = std::malloc(bytes < kBytesMin ? kBytesMin : bytes);
    } else {
      block = BlockCache::allocate(bytes);
    }
    CHECK(block != nullptr);
    used_ += malloc_usable_size(block);
    return block;
  }

  // Bytes that begin on a cache line. REQUIRES: bytes is a multiple of 64.
  void* allocate_lines(size_t bytes);

  void release(void* block) {
    const size_t bytes = malloc_usable_size(block);
    refund(bytes);
    if (bytes < BlockCache::kBytesMin) [[likely]] {
      std::free(block);
    } else {
      BlockCache::free(block, bytes);
    }
  }

  // For blocks that others allocate and free: values that came in, objects that grew.
  void charge(size_t bytes) { used_ += bytes; }
  void refund(size_t bytes) {
    CHECK(bytes <= used_);
    used_ -= bytes;
  }

  size_t used() const { return used_; }

 private:
  size_t used_ = 0;
};

}  // namespace rondo
