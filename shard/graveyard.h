// Graveyard: memory that is not reachable any more and is freed in slices, so that dropping ten
// million keys or a huge value does not stop the shard. One per shard, same thread. What lies here
// still counts in the shard's MemoryAccount, since it still is in memory.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <vector>

#include "reactor/base/shared_bytes.h"
#include "shard/entry.h"
#include "shard/memory.h"
#include "shard/object.h"
#include "shard/table.h"

namespace rondo {

class Graveyard {
 public:
  // A block smaller than this is freed where it is dropped, or kept for whoever needs one next.
  static constexpr size_t kBlockBytesMin = BlockCache::kBytesMax;

  explicit Graveyard(MemoryAccount& account) : account_(account) {}
  Graveyard(const Graveyard&) = delete;
  Graveyard& operator=(const Graveyard&) = delete;
  ~Graveyard();  // Frees the rest.

  // Takes over a table with all its entries.
  void add(Table<EntryPolicy>&& table);
  // Takes over the entry of `word`, which no table holds any more; frees it now if that is quick.
  void add_entry(uint64_t word);

  // Frees for some tens of microseconds; true: more to do.
  bool free_slice();
  bool empty() const { return tables_.empty() && blocks_.empty() && objects_.empty(); }

  // Keys of tables, and values, that wait here; and how many were freed here so far.
  size_t pending() const;
  size_t freed() const { return freed_; }
  void reset_freed() { freed_ = 0; }

 private:
  // What was written in another order than it lies in memory empties its pages all at once, near
  // the end: then each entry may give a page back to the kernel, some microseconds each.
  static constexpr size_t kSliceBuckets = 8;
  static constexpr size_t kSliceElements = 32;
  // An object of so many elements is freed where it is dropped.
  static constexpr size_t kSmallElements = 256;
  static constexpr size_t kSliceBytes = 1024 * 1024;

  struct DeadTable {
    std::unique_ptr<Table<EntryPolicy>> table;
    size_t keys;  // When it came.
  };
  struct Block {
    SharedBytes bytes;
    size_t kept;  // Bytes at the front whose pages were not given back yet.
  };
  struct DeadObject {
    std::unique_ptr<Object> object;
    size_t charged;
  };

  void add_block(SharedBytes block);
  void add_object(std::unique_ptr<Object> object);
  // Each frees a part of the last one and removes it when nothing is left.
  void free_table_part();
  void free_block_part();
  void free_object_part();

  MemoryAccount& account_;
  std::vector<DeadTable> tables_;
  std::vector<Block> blocks_;
  std::vector<DeadObject> objects_;
  size_t objects_met_ = 0;  // How many add_object() was given.
  size_t freed_ = 0;
};

}  // namespace rondo
