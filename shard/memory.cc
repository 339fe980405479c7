#include "shard/memory.h"

namespace rondo {

void* MemoryAccount::allocate_lines(size_t bytes) {
  constexpr size_t kLine = 64;
  CHECK(bytes > 0 && bytes % kLine == 0);
  // Allocators with size classes place blocks of these sizes on cache lines anyway, but add a line
  // to the size when asked to, which would cost the next larger class. So ask only if need be.
  void* block = std::malloc(bytes);
  if (reinterpret_cast<uintptr_t>(block) % kLine != 0) {
    std::free(block);
    block = std::aligned_alloc(kLine, bytes);
  }
  CHECK(block != nullptr);
  used_ += malloc_usable_size(block);
  return block;
}

}  // namespace rondo
