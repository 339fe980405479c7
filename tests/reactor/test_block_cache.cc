#include "reactor/base/block_cache.h"

#include <cstring>
#include <string>
#include <thread>
#include <vector>

#include "reactor/base/prng.h"
#include "reactor/base/shared_bytes.h"
#include "tests/testing.h"

namespace rondo {
namespace {

constexpr size_t kBytes = 200'000;

TEST_CASE("a block that was freed is given to the next who needs one of its size") {
  BlockCache cache;
  CHECK(cache.take(kBytes) == nullptr);
  void* block = std::malloc(kBytes);
  const size_t usable = malloc_usable_size(block);
  CHECK(cache.give(block, usable));
  CHECK(cache.held() == usable);
  CHECK(cache.take(usable + 1) == nullptr);
  CHECK(cache.take(usable / 2) == nullptr);  // That would waste half of it.
  CHECK(cache.take(kBytes) == block);
  CHECK(cache.held() == 0);
  CHECK(cache.take(kBytes) == nullptr);
  std::free(block);
}

TEST_CASE("small and very large blocks, and too many of them, are not kept") {
  BlockCache cache;
  for (const size_t bytes : {BlockCache::kBytesMin / 2, BlockCache::kBytesMax * 2}) {
    void* block = std::malloc(bytes);
    CHECK_FALSE(cache.give(block, malloc_usable_size(block)));
    std::free(block);
  }
  size_t kept = 0;
  for (size_t i = 0; i < 2 * BlockCache::kPlaces; ++i) {
    const size_t bytes = i % 2 == 0 ? BlockCache::kBytesMin : BlockCache::kBytesMax / 2;
    void* block = std::malloc(bytes);
    if (cache.give(block, malloc_usable_size(block))) {
      ++kept;
    } else {
      std::free(block);
    }
    CHECK(cache.held() <= BlockCache::kHeldMax);
  }
  CHECK(kept > 0);
  CHECK(kept <= BlockCache::kPlaces);
}

TEST_CASE("what nobody wanted for a generation is freed, one block at a time") {
  BlockCache cache;
  for (int i = 0; i < 3; ++i) {
    void* block = std::malloc(kBytes);
    CHECK(cache.give(block, malloc_usable_size(block)));
  }
  CHECK_FALSE(cache.free_one());
  cache.next_generation();
  CHECK_FALSE(cache.free_one());
  void* young = std::malloc(kBytes);
  CHECK(cache.give(young, malloc_usable_size(young)));
  cache.next_generation();
  for (int i = 0; i < 3; ++i)
    CHECK(cache.free_one());
  CHECK_FALSE(cache.free_one());
  CHECK(cache.take(kBytes) == young);
  CHECK(cache.held() == 0);
  std::free(young);
}

TEST_CASE("values use it where there is one") {
  BlockCache cache;
  CHECK(BlockCache::current() == nullptr);
  BlockCache::current() = &cache;
  const char* where = nullptr;
  {
    const SharedBytes bytes = SharedBytes::copy_of(std::string(kBytes, 'a'));
    where = bytes.data();
  }
  CHECK(cache.held() >= kBytes);
  {
    const SharedBytes bytes = SharedBytes::copy_of(std::string(kBytes, 'b'));
    CHECK(bytes.data() == where);
    CHECK(bytes.view() == std::string(kBytes, 'b'));
    CHECK(cache.held() == 0);
  }
  BlockCache::current() = nullptr;
  SharedBytes::allocate(kBytes);
}

TEST_CASE("whatever size is asked for, a block that was made for it does") {
  BlockCache cache;
  for (size_t bytes = BlockCache::kBytesMin; bytes <= BlockCache::kBytesMax / 2;
       bytes += bytes / 64) {
    void* block = std::malloc(bytes);
    CHECK(cache.give(block, malloc_usable_size(block)));
    CHECK(cache.take(bytes) == block);
    std::free(block);
  }
}

// Each block is written as a whole by whoever has it: two owners would see each other's bytes.
TEST_CASE("a block has one owner at a time, whatever the threads do") {
  BlockCache cache;
  const auto work = [&](uint64_t seed) {
    Prng prng(seed);
    for (int step = 0; step < 3000; ++step) {
      const size_t bytes = BlockCache::kBytesMin + prng.below(4) * 20'000;
      void* block = cache.take(bytes);
      if (block == nullptr) block = std::malloc(bytes);
      auto* words = static_cast<uint64_t*>(block);
      const uint64_t mark = seed << 32 | static_cast<uint64_t>(step);
      words[0] = words[bytes / 16] = mark;
      if (step % 64 == 0) std::this_thread::yield();
      REQUIRE(words[0] == mark);
      REQUIRE(words[bytes / 16] == mark);
      if (!cache.give(block, malloc_usable_size(block))) std::free(block);
      if (seed == 1 && step % 16 == 0) cache.next_generation();
      if (step % 8 == 0) cache.free_one();
    }
  };
  std::vector<std::thread> threads;
  for (uint64_t seed = 1; seed <= 3; ++seed)
    threads.emplace_back(work, seed);
  for (std::thread& thread : threads)
    thread.join();
  CHECK(cache.held() <= BlockCache::kHeldMax);
}

}  // namespace
}  // namespace rondo
