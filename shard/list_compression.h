// Compression of the nodes of large lists by LZ4. Neighbours in a list resemble each other (jobs of
// one class, members of one series), and in blocks of 8 KiB LZ4 finds that at some gigabytes a
// second. LZF, which dumps use, packs as tightly, but takes four times as long to read back, which
// is what a command in the middle of a list waits for.
//
// Only bytes that compress_list() made are ever read back. All the same their sizes are checked.
#pragma once

#include <cstddef>
#include <memory>
#include <string_view>

#include "shard/memory.h"

namespace rondo {

// A block with `plain` compressed, and in `size` how many bytes it takes; null when that saves less
// than a quarter. REQUIRES: plain.size() <= kCompressedPlainMax.
constexpr size_t kCompressedPlainMax = 64 * 1024;
char* compress_list(MemoryAccount& account, std::string_view plain, size_t& size);

// Writes the `size` bytes to `to` that were compressed.
void decompress_list(std::string_view compressed, char* to, size_t size);

// Where readers decompress nodes to: what it holds is valid until another node is asked for. Owned
// by one reader for the time in which the list does not change, so that a node which is asked for
// again is there already. Costs nothing as long as no node is compressed.
class ListScratch {
 public:
  ListScratch() = default;
  ListScratch(const ListScratch&) = delete;
  ListScratch& operator=(const ListScratch&) = delete;

  // The `size` bytes that were compressed.
  std::string_view decompress(std::string_view compressed, size_t size) {
    if (compressed.data() != held_) fill(compressed, size);
    return {bytes_.get(), size};
  }
  // For a reader that changes the list after all.
  void forget() { held_ = nullptr; }

 private:
  void fill(std::string_view compressed, size_t size);

  std::unique_ptr<char[]> bytes_;
  size_t capacity_ = 0;
  const char* held_ = nullptr;  // Where the compressed bytes are.
};

}  // namespace rondo
