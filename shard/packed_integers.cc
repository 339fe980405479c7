#include "shard/packed_integers.h"

#include <algorithm>

namespace rondo {

namespace {

template <class Integer>
Integer load(const char* at) {
  Integer value;
  std::memcpy(&value, at, sizeof(value));
  return value;
}

// Halves a range without branches that depend on the data: they would be coin tosses.
template <class Integer>
size_t search(const char* integers, size_t count, int64_t value) {
  size_t from = 0;
  while (count > 1) {
    const size_t half = count / 2;
    from += load<Integer>(integers + (from + half - 1) * sizeof(Integer)) < value ? half : 0;
    count -= half;
  }
  if (count == 1 && load<Integer>(integers + from * sizeof(Integer)) < value) ++from;
  return from;
}

}  // namespace

int64_t PackedIntegers::read(const char* at, size_t width) {
  if (width == 2) return load<int16_t>(at);
  return width == 4 ? load<int32_t>(at) : load<int64_t>(at);
}

size_t PackedIntegers::lower_bound(int64_t value) const {
  if (width_ == 2) return search<int16_t>(integers_, count_, value);
  if (width_ == 4) return search<int32_t>(integers_, count_, value);
  return search<int64_t>(integers_, count_, value);
}

void PackedIntegers::widen(char* value, size_t count, size_t width, size_t wider, size_t skip) {
  char* integers = value + PackedView::kHeaderBytes;
  // From the last one on: each goes to where nothing is left to read.
  for (size_t i = count; i-- > 0;)
    write(integers + (i + skip) * wider, wider, read(integers + i * width, width));
}

bool PackedIntegers::is_sound(std::string_view bytes) {
  if (bytes.size() < PackedView::kHeaderBytes) return false;
  const PackedView view(bytes);
  if (view.type() != Type::kSet || view.form() != PackedForm::kIntegers) return false;
  const size_t body = bytes.size() - PackedView::kHeaderBytes;
  const size_t count = view.count();
  if (count == 0) return false;
  if (body != 2 * count && body != 4 * count && body != 8 * count) return false;
  const PackedIntegers integers(bytes);
  for (size_t i = 1; i < count; ++i) {
    if (integers.at(i - 1) >= integers.at(i)) return false;
  }
  return true;
}

std::string pack_integers(const std::vector<int64_t>& integers) {
  CHECK(!integers.empty());
  // They ascend, so the widest is at one of the ends.
  const size_t width = std::max(PackedIntegers::width_of(integers.front()),
                                PackedIntegers::width_of(integers.back()));
  std::string bytes(PackedView::kHeaderBytes + integers.size() * width, '\0');
  PackedView::write_header(bytes.data(), Type::kSet, PackedForm::kIntegers, integers.size());
  char* at = bytes.data() + PackedView::kHeaderBytes;
  for (const int64_t value : integers) {
    PackedIntegers::write(at, width, value);
    at += width;
  }
  return bytes;
}

}  // namespace rondo
