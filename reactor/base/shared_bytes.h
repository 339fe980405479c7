// SharedBytes: one heap block of bytes with a reference count, for values and arguments that are
// too large to copy. A handle is one pointer. Handles may live on different threads: the count is
// atomic, and bytes are written only by a holder for whom unique() is true.
//
//   +-------------------+--------+------------+------------------+
//   | count 4, unused 4 | size 8 | capacity 8 | bytes (capacity) |
//   +-------------------+--------+------------+------------------+
#pragma once

#include <atomic>
#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <new>
#include <string_view>
#include <utility>

#include "reactor/base/check.h"

namespace rondo {

class SharedBytes {
 public:
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

  // `size` bytes, not initialised, with room to grow to `capacity` in place.
  static SharedBytes allocate(size_t size, size_t capacity = 0) {
    if (capacity < size) capacity = size;
    void* memory = std::malloc(sizeof(Block) + capacity);
    CHECK(memory != nullptr);
    SharedBytes handle;
    handle.block_ = new (memory) Block{{1}, size, capacity};
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

  // Heap bytes of the block, without what the allocator adds.
  size_t footprint() const { return sizeof(Block) + block_->capacity; }

  // True when this is the only handle: then, and only then, the bytes may be changed.
  bool unique() const { return block_->count.load(std::memory_order_acquire) == 1; }

  // REQUIRES: unique().
  char* mutable_data() {
    DCHECK(unique());
    return block_->bytes();
  }

  // REQUIRES: unique(), size <= capacity(). Bytes past the old size are not initialised.
  void resize(size_t size) {
    CHECK(size <= block_->capacity);
    block_->size = size;
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
    size_t size;
    size_t capacity;
    char* bytes() { return reinterpret_cast<char*>(this + 1); }
  };

  void drop() {
    if (block_ && block_->count.fetch_sub(1, std::memory_order_acq_rel) == 1) {
      block_->~Block();
      std::free(block_);
    }
  }

  Block* block_ = nullptr;
};

}  // namespace rondo
