// SlicedFree: large blocks of memory that are given back to the kernel a part at a time, because
// for half a gigabyte that takes tens of milliseconds, page by page. A thread has one or none
// (current()); without one a block is freed at once. Owned by what that thread runs, used by it
// only, and destroyed when nothing can be freed on that thread any more.
#pragma once

#include <sys/mman.h>
#include <unistd.h>

#include <cstddef>
#include <cstdint>
#include <utility>
#include <vector>

namespace rondo {

// Gives the whole pages of [begin, end) back. They stay mapped; what is in them is lost.
inline void give_back_pages(char* begin, char* end) {
  static const auto page = static_cast<uintptr_t>(sysconf(_SC_PAGESIZE));
  const auto first = (reinterpret_cast<uintptr_t>(begin) + page - 1) / page * page;
  const auto last = reinterpret_cast<uintptr_t>(end) / page * page;
  // It is advice: that it may fail changes nothing.
  if (first < last) madvise(reinterpret_cast<void*>(first), last - first, MADV_DONTNEED);
}

class SlicedFree {
 public:
  // A smaller block is freed where it is dropped.
  static constexpr size_t kBytesMin = 1024 * 1024;
  static constexpr size_t kSliceBytes = 512 * 1024;
  // How a block is freed in the end.
  using Release = void (*)(void* block, size_t bytes);

  SlicedFree() = default;
  SlicedFree(const SlicedFree&) = delete;
  SlicedFree& operator=(const SlicedFree&) = delete;
  ~SlicedFree() {
    if (current() == this) current() = nullptr;
    for (const Block& block : blocks_)
      block.release(block.memory, block.bytes);
  }

  static SlicedFree*& current() {
    static thread_local SlicedFree* current = nullptr;
    return current;
  }
  // Frees a block of so many bytes that nobody refers to: now or, if it is large, in slices.
  static void free(void* memory, size_t bytes, Release release) {
    if (bytes < kBytesMin || current() == nullptr) {
      release(memory, bytes);
    } else {
      current()->blocks_.push_back(Block{static_cast<char*>(memory), bytes, bytes, release});
    }
  }

  // Frees for some tens of microseconds; true: more to do.
  bool free_slice() {
    if (blocks_.empty()) return false;
    Block& last = blocks_.back();
    if (last.kept > kSliceBytes) {
      char* const end = last.memory + last.kept;
      last.kept -= kSliceBytes;
      // The first page may hold what the allocator knows of the block.
      give_back_pages(last.memory + last.kept, end);
      return true;
    }
    const Block block = last;
    blocks_.pop_back();
    block.release(block.memory, block.bytes);
    return !blocks_.empty();
  }
  bool empty() const { return blocks_.empty(); }

 private:
  struct Block {
    char* memory;
    size_t bytes;
    size_t kept;  // Bytes at the front whose pages were not given back yet.
    Release release;
  };

  std::vector<Block> blocks_;
};

}  // namespace rondo
