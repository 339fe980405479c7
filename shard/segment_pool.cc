#include "shard/segment_pool.h"

#include <malloc.h>

#include <algorithm>
#include <cstring>

namespace rondo {

namespace {

constexpr size_t kListMin = 4;  // Chunks that a list has places for at least.

}  // namespace

SegmentPool::SegmentPool(MemoryAccount& account) : account_(account) {
  bytes_ = malloc_usable_size(this);
  account_.charge(bytes_);
}

SegmentPool::~SegmentPool() {
  while (!free_chunk()) {
  }
  account_.refund(bytes_);
}

void SegmentPool::charge(void* memory) {
  bytes_ += malloc_usable_size(memory);
}

void SegmentPool::release(void* memory) {
  bytes_ -= malloc_usable_size(memory);
  account_.release(memory);
}

Bucket* SegmentPool::block(uint32_t buckets, size_t index) const {
  const Class& blocks = class_of(buckets);
  CHECK(index < blocks.used);
  if (index < kSingles) return blocks.chunks[index];
  const size_t behind = index - kSingles;
  const size_t per = per_chunk(buckets);
  return blocks.chunks[kSingles + behind / per] + behind % per * buckets;
}

Bucket* SegmentPool::allocate(uint32_t buckets) {
  Class& blocks = class_of(buckets);
  const size_t chunks = chunks_for(blocks.used, buckets);
  if (chunks_for(blocks.used + 1, buckets) > chunks) add_chunk(blocks, chunks, buckets);
  ++blocks.used;
  Bucket* made = last(buckets);
  std::memset(static_cast<void*>(made), 0, buckets * sizeof(Bucket));
  return made;
}

Bucket* SegmentPool::last(uint32_t buckets) const {
  return block(buckets, class_of(buckets).used - 1);
}

void SegmentPool::release_last(uint32_t buckets) {
  Class& blocks = class_of(buckets);
  CHECK(blocks.used > 0);
  const size_t chunks = chunks_for(blocks.used, buckets);
  --blocks.used;
  if (chunks_for(blocks.used, buckets) < chunks) drop_chunk(blocks, chunks - 1);
}

void SegmentPool::add_chunk(Class& blocks, size_t at, uint32_t buckets) {
  if (at == blocks.capacity) resize_list(blocks, at, std::max(kListMin, at * 2));
  const size_t count = at < kSingles ? 1 : per_chunk(buckets);
  blocks.chunks[at] =
      static_cast<Bucket*>(account_.allocate_lines(count * buckets * sizeof(Bucket)));
  charge(blocks.chunks[at]);
}

// The one at `at`, which is the last one.
void SegmentPool::drop_chunk(Class& blocks, size_t at) {
  release(blocks.chunks[at]);
  if (at == 0) {
    resize_list(blocks, 0, 0);
  } else if (blocks.capacity > kListMin && at <= blocks.capacity / 4) {
    resize_list(blocks, at, blocks.capacity / 2);
  }
}

void SegmentPool::resize_list(Class& blocks, size_t kept, size_t capacity) {
  Bucket** list = nullptr;
  if (capacity > 0) {
    list = static_cast<Bucket**>(account_.allocate(capacity * sizeof(Bucket*)));
    charge(list);
    std::copy_n(blocks.chunks, kept, list);
  }
  if (blocks.chunks != nullptr) release(blocks.chunks);
  blocks.chunks = list;
  blocks.capacity = capacity;
}

bool SegmentPool::free_chunk() {
  for (size_t i = 0; i < kClasses; ++i) {
    Class& blocks = classes_[i];
    if (blocks.used == 0) continue;
    const uint32_t buckets = kBucketsMin + static_cast<uint32_t>(i) * kBucketsStep;
    const size_t chunks = chunks_for(blocks.used, buckets);
    do {
      --blocks.used;
    } while (chunks_for(blocks.used, buckets) == chunks);
    drop_chunk(blocks, chunks - 1);
    return false;
  }
  return true;
}

}  // namespace rondo
