#include "shard/list_compression.h"

#include <lz4.h>

#include <cstring>

namespace rondo {

char* compress_list(MemoryAccount& account, std::string_view plain, size_t& size) {
  CHECK(plain.size() <= kCompressedPlainMax);
  const size_t limit = plain.size() - plain.size() / 4;
  const std::unique_ptr<char[]> scratch(new char[limit]);
  // Zero when it does not fit. Bytes without repetitions are given up on quickly.
  const int made = LZ4_compress_default(plain.data(), scratch.get(), static_cast<int>(plain.size()),
                                        static_cast<int>(limit));
  if (made <= 0) return nullptr;
  size = static_cast<size_t>(made);
  CHECK(size <= limit);
  auto* block = static_cast<char*>(account.allocate(size));
  std::memcpy(block, scratch.get(), size);
  return block;
}

void decompress_list(std::string_view compressed, char* to, size_t size) {
  CHECK(size <= kCompressedPlainMax);
  CHECK(compressed.size() <= size);
  const int made = LZ4_decompress_safe(compressed.data(), to, static_cast<int>(compressed.size()),
                                       static_cast<int>(size));
  CHECK(made == static_cast<int>(size));
}

void ListScratch::fill(std::string_view compressed, size_t size) {
  if (size > capacity_) {
    bytes_.reset(new char[size]);
    capacity_ = size;
  }
  decompress_list(compressed, bytes_.get(), size);
  held_ = compressed.data();
}

}  // namespace rondo
