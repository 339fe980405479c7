// SharedBytes: one block of bytes with a reference count, for values and arguments that are too
// large to copy. A handle is one pointer. Handles may live on different threads: the count is
// atomic, and bytes are written only by a holder for whom unique() is true.
//
//   +---------+----------+--------+------------+------------------+
//   | count 4 | mapped 4 | size 8 | capacity 8 | bytes (capacity) |
//   +---------+----------+--------+------------+------------------+
//
// A block is on the heap, or from kMappedMin bytes on a mapping of its own. A mapping grows without
// being copied, its bytes behind size() are zero and take no memory, and it is given back in slices
// (reactor/base/sliced_free.h): nothing that a value of hundreds of megabytes goes through takes
// long but for work on its bytes.
#pragma once

#include <malloc.h>
#include <sys/mman.h>
#include <unistd.h>

#include <atomic>
#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <new>
#include <string_view>
#include <utility>

#include "reactor/base/block_cache.h"
#include "reactor/base/check.h"
#include "reactor/base/sliced_free.h"

namespace rondo {

class SharedBytes {
 public:
  static constexpr size_t kMappedMin = 2 * 1024 * 1024;

  SharedBytes() = default;
  SharedBytes(const SharedBytes& other) : block_(other.block_) {
    if (block_) block_->count.fetch_add(1, std::memory_order_relaxed);
  }
  SharedBytes(SharedBytes&& other) noexcept : block_(std::exchange(other.block_, nullptr)) {}
  SharedBytes& operator=(SharedBytes other) noexcept {
    std::swap(block_, other.block_);
    return *this;
  }
  ~SharedBytes() { drop(); }

  // `size` bytes, not initialised unless mapped, with room to grow to `capacity` in place.
  static SharedBytes allocate(size_t size, size_t capacity = 0) {
    if (capacity < size) capacity = size;
    SharedBytes handle;
    if (capacity >= kMappedMin) [[unlikely]] {
      handle.block_ = map(size, capacity);
      return handle;
    }
    const size_t bytes = sizeof(Block) + capacity;
    void* memory = bytes < BlockCache::kBytesMin ? std::malloc(bytes) : BlockCache::allocate(bytes);
    CHECK(memory != nullptr);
    handle.block_ = new (memory) Block{{1}, 0, size, capacity};
    return handle;
  }

  static SharedBytes copy_of(std::string_view bytes, size_t capacity = 0) {
    SharedBytes handle = allocate(bytes.size(), capacity);
    std::memcpy(handle.block_->bytes(), bytes.data(), bytes.size());
    return handle;
  }

  explicit operator bool() const { return block_ != nullptr; }
  const char* data() const { return block_->bytes(); }
  size_t size() const { return block_->size; }
  size_t capacity() const { return block_->capacity; }
  std::string_view view() const { return {block_->bytes(), block_->size}; }
  // Bytes that size() grows over are zero.
  bool mapped() const { return block_->mapped != 0; }

  // Bytes of the block, without what the allocator adds to one on the heap.
  size_t footprint() const { return sizeof(Block) + block_->capacity; }
  // The same as the allocator counts it.
  size_t heap_bytes() const { return mapped() ? footprint() : malloc_usable_size(block_); }

  // True when this is the only handle: then, and only then, the bytes may be changed.
  bool unique() const { return block_->count.load(std::memory_order_acquire) == 1; }

  // REQUIRES: unique(). Nothing may be written behind size().
  char* mutable_data() {
    DCHECK(unique());
    return block_->bytes();
  }

  // REQUIRES: unique(), size() <= size <= capacity(). Bytes past the old size are not initialised,
  // but in a mapping they are zero.
  void resize(size_t size) {
    CHECK(size <= block_->capacity);
    CHECK(size >= block_->size);
    block_->size = size;
  }

  // Makes room for `capacity` bytes. They are copied only if the block is not a mapping.
  // REQUIRES: unique().
  void grow(size_t capacity) {
    if (capacity <= block_->capacity) return;
    if (!mapped()) {
      SharedBytes larger = allocate(block_->size, capacity);
      std::memcpy(larger.block_->bytes(), block_->bytes(), block_->size);
      *this = std::move(larger);
      return;
    }
    const size_t total = mapping_bytes(capacity);
    void* moved = ::mremap(block_, footprint(), total, MREMAP_MAYMOVE);
    CHECK(moved != MAP_FAILED);
    block_ = static_cast<Block*>(moved);
    block_->capacity = total - sizeof(Block);
  }

  // Gives the reference away as a bare pointer, for a packed layout; adopt() takes it back.
  void* release() { return std::exchange(block_, nullptr); }
  static SharedBytes adopt(void* released) {
    SharedBytes handle;
    handle.block_ = static_cast<Block*>(released);
    return handle;
  }

 private:
  struct Block {
    std::atomic<uint32_t> count;
    uint32_t mapped;
    size_t size;
    size_t capacity;
    char* bytes() { return reinterpret_cast<char*>(this + 1); }
  };

  static size_t mapping_bytes(size_t capacity) {
    static const auto page = static_cast<size_t>(sysconf(_SC_PAGESIZE));
    return (sizeof(Block) + capacity + page - 1) / page * page;
  }

  static Block* map(size_t size, size_t capacity) {
    const size_t total = mapping_bytes(capacity);
    void* memory =
        ::mmap(nullptr, total, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    CHECK(memory != MAP_FAILED);
    return new (memory) Block{{1}, 1, size, total - sizeof(Block)};
  }

  void drop() {
    if (block_ && block_->count.fetch_sub(1, std::memory_order_acq_rel) == 1) {
      if (block_->mapped == 0) [[likely]] {
        const bool large = block_->capacity >= BlockCache::kBytesMin;
        large ? BlockCache::free(block_, malloc_usable_size(block_)) : std::free(block_);
      } else {
        SlicedFree::free(block_, footprint(),
                         [](void* block, size_t bytes) { ::munmap(block, bytes); });
      }
    }
  }

  Block* block_ = nullptr;
};

}  // namespace rondo
