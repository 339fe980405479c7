#include "server/allocator.h"

#include <mimalloc.h>

#include <cstdlib>
#include <cstring>
#include <vector>

#include "reactor/base/block_cache.h"
#include "server/memory_use.h"
#include "tests/testing.h"

#pragma weak mi_option_set

namespace rondo {
namespace {

TEST_CASE("pages that are freed at once go back to the system, whatever was set up") {
  if (mi_option_set == nullptr) return;  // A sanitizer's allocator.
  set_up_allocator();
  CHECK(BlockCache::current() != nullptr);
  BlockCache::current() = nullptr;  // Not for the other tests.
  constexpr size_t kBlocks = 2000;
  constexpr size_t kBytes = 16 * 1024;
  for (int round = 0; round < 3; ++round) {
    std::vector<void*> blocks;
    for (size_t i = 0; i < kBlocks; ++i) {
      blocks.push_back(std::malloc(kBytes));
      std::memset(blocks.back(), 1, kBytes);
    }
    const uint64_t before = read_process_memory().resident;
    {
      const FreeingAtOnce at_once;
      for (void* block : blocks)
        std::free(block);
    }
    const uint64_t after = read_process_memory().resident;
    CHECK(after + kBlocks * kBytes * 3 / 4 < before);
  }
}

}  // namespace
}  // namespace rondo
