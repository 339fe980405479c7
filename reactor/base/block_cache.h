// BlockCache: large blocks of the heap that were freed a moment ago, for whoever needs one of that
// size next. The allocator is told to give the pages of what is freed back to the kernel at once
// (server/allocator.h), and new pages cost several times what it takes to fill them: a server that
// overwrites values of 200 kB would spend most of its time on that. What nobody wanted for some
// tenths of a second is freed after all.
//
// One for the process, or none (current()); any thread may call anything but next_generation().
// No locks: a place is emptied by an exchange of its pointer and filled by a compare-and-swap, so
// each block has one owner at any time. Blocks are those of std::malloc and std::free, and are as
// large as malloc_usable_size() says.
#pragma once

#include <malloc.h>

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <cstdlib>

#include "reactor/base/sliced_free.h"

namespace rondo {

class BlockCache {
 public:
  // Smaller blocks share pages, which stay as long as one of them is in use. Larger ones cost more
  // to fill than to get.
  static constexpr size_t kBytesMin = 128 * 1024;
  static constexpr size_t kBytesMax = 2 * 1024 * 1024;
  static constexpr size_t kHeldMax = 16 * 1024 * 1024;
  static constexpr size_t kPlaces = 64;

  BlockCache() = default;
  BlockCache(const BlockCache&) = delete;
  BlockCache& operator=(const BlockCache&) = delete;
  ~BlockCache() {
    if (current() == this) current() = nullptr;
    for (Place& place : places_)
      std::free(place.block.load(std::memory_order_acquire));
  }

  // Set before other threads start.
  static BlockCache*& current() {
    static BlockCache* current = nullptr;
    return current;
  }

  // What std::malloc and std::free do, for blocks of at least kBytesMin bytes; `bytes` of free() is
  // what malloc_usable_size() says.
  static void* allocate(size_t bytes) {
    void* block = current() == nullptr ? nullptr : current()->take(bytes);
    return block != nullptr ? block : std::malloc(bytes);
  }
  static void free(void* block, size_t bytes) {
    if (current() != nullptr && current()->give(block, bytes)) return;
    SlicedFree::free(block, bytes, [](void* freed, size_t) { std::free(freed); });
  }

  // A block of at least so many bytes, and not many more; null when there is none.
  void* take(size_t bytes) {
    if (bytes > kBytesMax) return nullptr;
    const size_t most = bytes + (bytes <= kFineMax ? kFineStep : kCoarseStep);
    for (Place& place : places_) {
      const size_t held = place.bytes.load(std::memory_order_relaxed);
      if (held < bytes || held > most) continue;
      void* block = empty(place);
      if (block == nullptr) continue;
      // Another block may have come into this place meanwhile.
      const size_t usable = malloc_usable_size(block);
      if (usable >= bytes && usable <= most) return block;
      std::free(block);
    }
    return nullptr;
  }

  // False: the block is not kept, and still the caller's.
  bool give(void* block, size_t bytes) {
    if (bytes < kBytesMin || bytes > kBytesMax) return false;
    if (held_.fetch_add(bytes, std::memory_order_relaxed) + bytes <= kHeldMax) {
      for (Place& place : places_) {
        void* none = nullptr;
        if (place.block.load(std::memory_order_relaxed) != nullptr) continue;
        if (!place.block.compare_exchange_strong(none, block, std::memory_order_release)) continue;
        place.generation.store(generation_.load(std::memory_order_relaxed),
                               std::memory_order_relaxed);
        place.bytes.store(bytes, std::memory_order_relaxed);
        return true;
      }
    }
    held_.fetch_sub(bytes, std::memory_order_relaxed);
    return false;
  }

  // Called by one thread, several times a second: the blocks that were here at the last call
  // already are free_one()'s now.
  void next_generation() { generation_.fetch_add(1, std::memory_order_relaxed); }
  // Frees one block that nobody wanted; false: there is none.
  bool free_one() {
    if (held_.load(std::memory_order_relaxed) == 0) return false;
    const uint32_t now = generation_.load(std::memory_order_relaxed);
    for (Place& place : places_) {
      if (place.block.load(std::memory_order_relaxed) == nullptr) continue;
      if (now - place.generation.load(std::memory_order_relaxed) < 2) continue;
      void* block = empty(place);
      if (block == nullptr) continue;
      std::free(block);
      return true;
    }
    return false;
  }

  // Bytes of all blocks.
  size_t held() const { return held_.load(std::memory_order_relaxed); }

 private:
  // mimalloc makes blocks in these steps; who takes one wastes no more than with a new one.
  static constexpr size_t kFineStep = 64 * 1024;
  static constexpr size_t kFineMax = 512 * 1024;
  static constexpr size_t kCoarseStep = 512 * 1024;

  // `bytes` and `generation` say about `block` what was so a moment ago: they are hints.
  struct Place {
    std::atomic<void*> block = nullptr;
    std::atomic<size_t> bytes = 0;
    std::atomic<uint32_t> generation = 0;
  };

  void* empty(Place& place) {
    void* block = place.block.exchange(nullptr, std::memory_order_acquire);
    if (block != nullptr) held_.fetch_sub(malloc_usable_size(block), std::memory_order_relaxed);
    return block;
  }

  std::atomic<size_t> held_ = 0;
  std::atomic<uint32_t> generation_ = 0;
  Place places_[kPlaces];
};

}  // namespace rondo
