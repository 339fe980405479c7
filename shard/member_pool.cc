#include "shard/member_pool.h"

#include <malloc.h>

#include <algorithm>

namespace rondo {

MemberPool::~MemberPool() {
  while (!free_chunks()) {
  }
}

void* MemberPool::allocate(size_t bytes) {
  if (!is_pooled(bytes)) return account_.allocate(bytes);
  const size_t index = class_of(bytes);
  Class& blocks = classes_[index];
  if (blocks.last == nullptr || blocks.used == blocks.last->capacity) {
    add_chunk(blocks, size_of(index));
  }
  ++blocks.count;
  return block_at(blocks.last, blocks.used++, size_of(index));
}

void* MemberPool::last(void* block, size_t bytes) const {
  if (!is_pooled(bytes)) return block;
  const size_t index = class_of(bytes);
  const Class& blocks = classes_[index];
  CHECK(blocks.count > 0);
  return block_at(blocks.last, blocks.used - 1, size_of(index));
}

void MemberPool::release_last(void* block, size_t bytes) {
  if (!is_pooled(bytes)) return account_.release(block);
  Class& blocks = classes_[class_of(bytes)];
  CHECK(blocks.count > 0);
  --blocks.count;
  if (--blocks.used == 0) drop_chunk(blocks);
}

// A quarter of what there is, so that little is unused in small pools as in large ones; in the
// smallest ones half of it, as chunks have a header.
void MemberPool::add_chunk(Class& blocks, size_t size) {
  const size_t most = (kChunkBytesMax - sizeof(Chunk)) / size;
  const size_t half = std::min(blocks.count / 2 + kBlocksMin, kBlocksHalf);
  const size_t wanted = std::min(std::max(blocks.count / 4, half), most);
  auto* chunk = static_cast<Chunk*>(account_.allocate(sizeof(Chunk) + wanted * size));
  chunk->previous = blocks.last;
  // What the allocator gives on top is used as well.
  chunk->capacity = (malloc_usable_size(chunk) - sizeof(Chunk)) / size;
  blocks.last = chunk;
  blocks.used = 0;
}

void MemberPool::drop_chunk(Class& blocks) {
  Chunk* chunk = blocks.last;
  blocks.last = chunk->previous;
  blocks.used = blocks.last == nullptr ? 0 : blocks.last->capacity;
  account_.release(chunk);
}

bool MemberPool::free_chunks() {
  size_t freed = 0;
  for (Class& blocks : classes_) {
    while (blocks.last != nullptr) {
      if (freed >= kChunkBytesMax / 2) return false;
      freed += malloc_usable_size(blocks.last);
      blocks.count -= blocks.used;
      drop_chunk(blocks);
    }
  }
  return true;
}

size_t MemberPool::pooled_blocks() const {
  size_t sum = 0;
  for (const Class& blocks : classes_)
    sum += blocks.count;
  return sum;
}

size_t MemberPool::footprint() const {
  size_t sum = 0;
  for (const Class& blocks : classes_) {
    for (Chunk* chunk = blocks.last; chunk != nullptr; chunk = chunk->previous)
      sum += malloc_usable_size(chunk);
  }
  return sum;
}

void MemberPool::verify() const {
  for (size_t i = 0; i < kClasses; ++i) {
    const Class& blocks = classes_[i];
    CHECK((blocks.last != nullptr) == (blocks.count > 0));
    size_t count = blocks.used;
    for (Chunk* chunk = blocks.last; chunk != nullptr; chunk = chunk->previous) {
      CHECK(sizeof(Chunk) + chunk->capacity * size_of(i) <= malloc_usable_size(chunk));
      if (chunk != blocks.last) count += chunk->capacity;
    }
    CHECK(count == blocks.count);
    if (blocks.last != nullptr) CHECK(blocks.used > 0 && blocks.used <= blocks.last->capacity);
  }
}

}  // namespace rondo
