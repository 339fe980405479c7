#include "shard/segment_pool.h"

#include <algorithm>
#include <iterator>
#include <map>
#include <memory>
#include <vector>

#include "reactor/base/prng.h"
#include "tests/testing.h"

namespace rondo {
namespace {

uint32_t size_of_class(uint64_t index) {
  return SegmentPool::kBucketsMin + static_cast<uint32_t>(index) * SegmentPool::kBucketsStep;
}

// Blocks by the number that is in their first and last words.
using Blocks = std::map<uint64_t, Bucket*>;

void write_number(Bucket* block, uint32_t buckets, uint64_t number) {
  block[0].words[0] = number;
  block[buckets - 1].words[Bucket::kWords - 1] = number;
}

bool has_number(const Bucket* block, uint32_t buckets, uint64_t number) {
  return block[0].words[0] == number && block[buckets - 1].words[Bucket::kWords - 1] == number;
}

// Releases the block of `number`, as a table does.
void release(SegmentPool& pool, Blocks& blocks, uint32_t buckets, uint64_t number) {
  Bucket* place = blocks.at(number);
  blocks.erase(number);
  Bucket* last = pool.last(buckets);
  if (last != place) {
    const uint64_t moved = last->words[0];
    REQUIRE(blocks.at(moved) == last);
    std::copy_n(last, buckets, place);
    blocks[moved] = place;
  }
  pool.release_last(buckets);
}

TEST_CASE("which sizes are pooled") {
  CHECK_FALSE(SegmentPool::is_pooled(0));
  CHECK_FALSE(SegmentPool::is_pooled(32));
  CHECK(SegmentPool::is_pooled(64));
  CHECK_FALSE(SegmentPool::is_pooled(65));
  CHECK(SegmentPool::is_pooled(112));
  CHECK(SegmentPool::is_pooled(128));
  CHECK_FALSE(SegmentPool::is_pooled(160));
}

TEST_CASE("blocks keep what is in them while others come and go, without holes") {
  MemoryAccount account;
  {
    const auto owner = std::make_unique<SegmentPool>(account);
    SegmentPool& pool = *owner;
    const size_t empty = pool.footprint();
    std::vector<Blocks> model(5);
    Prng prng(3);
    uint64_t next = 1;
    for (const uint64_t release_percent : {20, 70, 30, 100}) {
      for (int i = 0; i < 1'500; ++i) {
        const uint64_t index = prng.below(model.size());
        const uint32_t buckets = size_of_class(index);
        Blocks& blocks = model[index];
        if (prng.below(100) < release_percent && !blocks.empty()) {
          const auto victim =
              std::next(blocks.begin(), static_cast<ptrdiff_t>(prng.below(blocks.size())));
          release(pool, blocks, buckets, victim->first);
          continue;
        }
        if (release_percent == 100) continue;
        Bucket* block = pool.allocate(buckets);
        REQUIRE(reinterpret_cast<uintptr_t>(block) % 64 == 0);
        for (uint32_t b = 0; b < buckets; ++b)
          REQUIRE(block[b].count() == 0);
        write_number(block, buckets, next);
        blocks[next++] = block;
      }
      size_t bytes = 0;
      for (size_t index = 0; index < model.size(); ++index) {
        const uint32_t buckets = size_of_class(index);
        REQUIRE(pool.count(buckets) == model[index].size());
        for (const auto& [number, block] : model[index])
          REQUIRE(has_number(block, buckets, number));
        bytes += model[index].size() * buckets * sizeof(Bucket);
      }
      CHECK(account.used() == pool.footprint());
      // For each of the sizes there may be one chunk that is not full.
      CHECK(pool.footprint() <= bytes + bytes / 16 + 6 * 60'000);
    }
    for (size_t index = 0; index < model.size(); ++index) {
      while (!model[index].empty())
        release(pool, model[index], size_of_class(index), model[index].begin()->first);
    }
    CHECK(pool.footprint() == empty);
  }
  CHECK(account.used() == 0);
}

TEST_CASE("the first blocks of a size cost what they are, and many cost hardly more") {
  MemoryAccount account;
  const auto pool = std::make_unique<SegmentPool>(account);
  for (size_t n = 1; n <= 2'000; ++n) {
    pool->allocate(80);
    const size_t bytes = n * 80 * sizeof(Bucket);
    CHECK(account.used() < bytes + bytes / 6 + 1'000);
    if (n > 1'000) CHECK(account.used() < bytes + bytes / 20);
  }
}

TEST_CASE("a pool is freed in parts") {
  MemoryAccount account;
  const auto pool = std::make_unique<SegmentPool>(account);
  const size_t empty = account.used();
  for (size_t n = 0; n < 200; ++n)
    pool->allocate(size_of_class(n % 5));
  size_t before = account.used();
  int parts = 0;
  while (!pool->free_chunk()) {
    CHECK(account.used() < before);
    CHECK(before - account.used() < 64'000);
    before = account.used();
    ++parts;
  }
  CHECK(parts > 100);
  CHECK(account.used() == empty);
}

}  // namespace
}  // namespace rondo
