// Tests of reactor/base/shared_bytes.h and reactor/base/sliced_free.h.
#include "reactor/base/shared_bytes.h"

#include <memory>
#include <string>
#include <vector>

#include "tests/testing.h"

namespace rondo {
namespace {

constexpr size_t kLarge = 3 * SharedBytes::kMappedMin;

TEST_CASE("small blocks are on the heap, large ones have a mapping of their own") {
  const SharedBytes small = SharedBytes::allocate(100, SharedBytes::kMappedMin - 1);
  CHECK_FALSE(small.mapped());
  CHECK(small.size() == 100);
  CHECK(small.capacity() == SharedBytes::kMappedMin - 1);
  CHECK(small.heap_bytes() >= small.footprint());
  const SharedBytes large = SharedBytes::allocate(100, SharedBytes::kMappedMin);
  CHECK(large.mapped());
  CHECK(large.size() == 100);
  CHECK(large.capacity() >= SharedBytes::kMappedMin);
  CHECK(large.heap_bytes() == large.footprint());
}

TEST_CASE("a mapping grows with its bytes, and what it grows over is zero") {
  SharedBytes bytes = SharedBytes::copy_of(std::string(kLarge, 'a'));
  for (size_t size = kLarge; size < 20 * kLarge; size += size / 3) {
    bytes.grow(size);
    CHECK(bytes.capacity() >= size);
    bytes.resize(size);
  }
  CHECK(bytes.unique());
  const std::string_view view = bytes.view();
  CHECK(view.substr(0, kLarge).find_first_not_of('a') == std::string_view::npos);
  CHECK(view.substr(kLarge).find_first_not_of('\0') == std::string_view::npos);
}

TEST_CASE("a block on the heap grows into a mapping, and to its capacity in place") {
  SharedBytes bytes = SharedBytes::copy_of("hello", 1000);
  const char* const data = bytes.data();
  bytes.grow(900);
  CHECK(bytes.data() == data);
  bytes.grow(2000);
  CHECK_FALSE(bytes.mapped());
  bytes.grow(kLarge);
  CHECK(bytes.mapped());
  CHECK(bytes.view() == "hello");
  bytes.resize(6);
  CHECK(bytes.view() == std::string_view("hello\0", 6));
}

TEST_CASE("handles share a mapping, which survives being a bare pointer") {
  SharedBytes one = SharedBytes::copy_of(std::string(kLarge, 'x'));
  SharedBytes other = one;
  CHECK_FALSE(one.unique());
  void* released = one.release();
  other = SharedBytes();
  one = SharedBytes::adopt(released);
  CHECK(one.unique());
  CHECK(one.view().back() == 'x');
}

TEST_CASE("large blocks are freed in slices where a thread has a place for them") {
  auto slices = std::make_unique<SlicedFree>();
  CHECK(SlicedFree::current() == nullptr);
  SharedBytes::copy_of(std::string(kLarge, 'x'));  // Freed at once.
  SlicedFree::current() = slices.get();
  SharedBytes::allocate(1000);
  CHECK(slices->empty());
  {
    const SharedBytes bytes = SharedBytes::copy_of(std::string(kLarge, 'x'));
    const SharedBytes other = bytes;
  }
  CHECK_FALSE(slices->empty());
  size_t steps = 1;
  while (slices->free_slice())
    ++steps;
  CHECK(steps >= kLarge / SlicedFree::kSliceBytes);
  CHECK(slices->empty());
  CHECK_FALSE(slices->free_slice());
  SharedBytes::allocate(kLarge);
  CHECK_FALSE(slices->empty());
  slices.reset();  // Frees the rest.
  CHECK(SlicedFree::current() == nullptr);
}

TEST_CASE("each block is released once, with its size, when its pages are gone") {
  static std::vector<std::pair<void*, size_t>> released;
  released.clear();
  const auto release = [](void* block, size_t bytes) {
    released.emplace_back(block, bytes);
    std::free(block);
  };
  SlicedFree slices;
  SlicedFree::current() = &slices;
  void* small = std::malloc(10);
  SlicedFree::free(small, 10, release);
  CHECK(released.size() == 1);
  std::vector<void*> blocks;
  for (size_t i = 0; i < 3; ++i) {
    blocks.push_back(std::malloc(kLarge + i));
    std::memset(blocks.back(), 1, kLarge + i);
    SlicedFree::free(blocks.back(), kLarge + i, release);
  }
  CHECK(released.size() == 1);
  while (slices.free_slice()) {
  }
  REQUIRE(released.size() == 4);
  for (size_t i = 0; i < 3; ++i) {
    CHECK(released[3 - i].first == blocks[i]);
    CHECK(released[3 - i].second == kLarge + i);
  }
}

}  // namespace
}  // namespace rondo
