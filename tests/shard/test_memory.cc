#include "shard/memory.h"

#include <cstring>
#include <vector>

#include "reactor/base/shared_bytes.h"
#include "tests/testing.h"

namespace rondo {
namespace {

TEST_CASE("an account counts what the allocator hands out") {
  MemoryAccount account;
  std::vector<void*> blocks;
  size_t usable = 0;
  for (size_t bytes = 0; bytes < 3'000; bytes += 7) {
    void* block = account.allocate(bytes);
    CHECK(reinterpret_cast<uintptr_t>(block) % 16 == 0);
    CHECK(malloc_usable_size(block) >= bytes);
    usable += malloc_usable_size(block);
    blocks.push_back(block);
  }
  CHECK(account.used() == usable);
  for (void* block : blocks)
    account.release(block);
  CHECK(account.used() == 0);
}

TEST_CASE("lines begin on a cache line") {
  MemoryAccount account;
  std::vector<void*> blocks;
  for (size_t lines = 1; lines <= 200; ++lines) {
    auto* block = static_cast<unsigned char*>(account.allocate_lines(lines * 64));
    CHECK(reinterpret_cast<uintptr_t>(block) % 64 == 0);
    std::memset(block, 0xff, lines * 64);
    if (lines % 2 == 0) {
      account.release(block);
    } else {
      blocks.push_back(block);
    }
  }
  for (void* block : blocks)
    account.release(block);
  CHECK(account.used() == 0);
}

TEST_CASE("a shared block counts whole") {
  const SharedBytes bytes = SharedBytes::allocate(1'000, 5'000);
  CHECK(bytes.heap_bytes() >= bytes.footprint());
  CHECK(bytes.heap_bytes() < bytes.footprint() + 5'000);
}

}  // namespace
}  // namespace rondo
