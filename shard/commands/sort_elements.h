// SortElements: the elements that SORT works on, copied out of their collection into one buffer,
// each with what it is sorted by. Belongs to one execution of the command.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "protocol/error.h"
#include "shard/commands/sort_options.h"
#include "shard/entry.h"
#include "shard/packed.h"

namespace rondo {

class SortElements {
 public:
  struct Element {
    size_t index;   // In the order in which they came.
    size_t offset;  // In the buffer.
    size_t size;
    double score = 0;
    size_t weight_offset = 0;  // By which texts are compared; see has_weight.
    size_t weight_size = 0;
    bool has_weight = false;
  };
  // Which elements come out: [first, end).
  struct Range {
    size_t first;
    size_t end;
  };

  // Copies all elements of `entry`, or those that will come out if they are not sorted. A false
  // entry has none. REQUIRES: it is a list, a set or a sorted set.
  void load(const Entry& entry, const SortOptions& options);

  size_t size() const { return elements_.size(); }
  std::string_view text(size_t i) const { return view(elements_[i].offset, elements_[i].size); }

  // What element `i` is sorted by; an element without it comes before those with a text, and counts
  // as 0 among numbers. False when a number was needed and the text is none.
  bool weigh(size_t i, std::string_view weight, bool alpha);
  // Puts them in order; only those in the range need to be at their places.
  void sort(const SortOptions& options);

  const Range& range() const { return range_; }

 private:
  std::string_view view(size_t offset, size_t size) const {
    return std::string_view(buffer_).substr(offset, size);
  }
  void add(const Item& item);
  // What has an order of its own is loaded in it, and only as far as needed, if it is not sorted.
  void load_list(const Entry& entry, const SortOptions& options);
  void load_sorted_set(const Entry& entry, const SortOptions& options);
  // Less than 0, 0 or more, like memcmp().
  int compare(const Element& a, const Element& b, const SortOptions& options) const;

  std::string buffer_;
  std::vector<Element> elements_;
  Range range_ = {0, 0};
};

// The number that C's strtod() reads of the whole text; false when there is none. An empty text is
// 0, as it is for Redis.
bool read_sort_number(std::string_view text, double& number);

}  // namespace rondo
