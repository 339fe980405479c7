#include "shard/graveyard.h"

#include <algorithm>
#include <utility>

#include "shard/entry_write.h"

namespace rondo {

Graveyard::~Graveyard() {
  while (free_slice()) {
  }
}

void Graveyard::add(Table<EntryPolicy>&& table) {
  const size_t keys = table.size();
  tables_.push_back({std::make_unique<Table<EntryPolicy>>(std::move(table)), keys});
}

size_t Graveyard::pending() const {
  size_t sum = blocks_.size() + objects_.size();
  for (const DeadTable& dead : tables_)
    sum += dead.keys;
  return sum;
}

void Graveyard::add_entry(uint64_t word) {
  EntryWriter writer(account_);
  const EntryKind kind = Entry(word).kind();
  if (kind == EntryKind::kShared) add_block(writer.take_shared(word));
  if (kind == EntryKind::kObject) add_object(writer.take_object(word));
  writer.release(word);
}

void Graveyard::add_block(SharedBytes block) {
  // A block that a reply still refers to is freed by whoever drops it last.
  if (block.capacity() < kBlockBytesMin || !block.unique()) return;
  account_.charge(block.heap_bytes());
  const size_t bytes = block.capacity();
  blocks_.push_back(Block{std::move(block), bytes});
}

void Graveyard::add_object(std::unique_ptr<Object> object) {
  ++objects_met_;
  if (object->free_some(kSmallElements)) return;
  const size_t bytes = object->footprint();
  account_.charge(bytes);
  objects_.push_back(DeadObject{std::move(object), bytes});
}

bool Graveyard::free_slice() {
  if (!blocks_.empty()) {
    free_block_part();
  } else if (!objects_.empty()) {
    free_object_part();
  } else if (!tables_.empty()) {
    free_table_part();
  }
  return !empty();
}

void Graveyard::free_table_part() {
  const auto dispose = [this](uint64_t word) { add_entry(word); };
  // An object is worth hundreds of strings, so a bucket with objects ends the slice.
  const size_t before = objects_met_;
  for (size_t i = 0; i < kSliceBuckets && objects_met_ == before; ++i) {
    if (tables_.back().table->drain(1, dispose)) {
      freed_ += tables_.back().keys;
      tables_.pop_back();
      return;
    }
  }
}

void Graveyard::free_object_part() {
  DeadObject& dead = objects_.back();
  const bool done = dead.object->free_some(kSliceElements);
  const size_t left = done ? 0 : dead.object->footprint();
  CHECK(left <= dead.charged);
  account_.refund(dead.charged - left);
  dead.charged = left;
  if (!done) return;
  objects_.pop_back();
  ++freed_;
}

// Freeing a block of half a gigabyte takes the kernel tens of milliseconds, page by page. So its
// pages are given back from the end first, a part at a time: nobody reads the bytes any more.
void Graveyard::free_block_part() {
  Block& block = blocks_.back();
  if (block.kept > kSliceBytes) {
    char* const end = block.bytes.mutable_data() + block.kept;
    block.kept -= kSliceBytes;
    give_back_pages(block.bytes.mutable_data() + block.kept, end);
    return;
  }
  account_.refund(block.bytes.heap_bytes());
  blocks_.pop_back();
  ++freed_;
}

}  // namespace rondo
