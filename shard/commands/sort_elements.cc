#include "shard/commands/sort_elements.h"

#include <algorithm>
#include <optional>

#include "protocol/number.h"
#include "shard/commands/list_value.h"
#include "shard/commands/set_value.h"
#include "shard/commands/sorted_set_value.h"

namespace rondo {

namespace {

// LIMIT's numbers as a part of `size` elements.
SortElements::Range limit_range(const SortOptions& options, size_t size) {
  const auto length = static_cast<int64_t>(size);
  const int64_t start = std::clamp<int64_t>(options.limit_start, 0, length);
  const int64_t left = length - start;
  const int64_t count = options.limit_count < 0 ? left : std::min(options.limit_count, left);
  return {static_cast<size_t>(start), static_cast<size_t>(start + count)};
}

}  // namespace

bool read_sort_number(std::string_view text, double& number) {
  // What strtod() sees: no blanks at the front, and nothing behind a zero byte.
  text = text.substr(0, text.find('\0'));
  number = 0;
  if (text.empty()) return true;
  const size_t begin = text.find_first_not_of(" \t\n\v\f\r");
  if (begin == std::string_view::npos) return false;
  const std::optional<double> parsed = parse_double(text.substr(begin));
  if (!parsed) return false;
  number = *parsed;
  return true;
}

void SortElements::add(const Item& item) {
  char digits[24];
  const std::string_view text = item.text(digits);
  elements_.push_back({.index = elements_.size(), .offset = buffer_.size(), .size = text.size()});
  buffer_ += text;
}

void SortElements::load_list(const Entry& entry, const SortOptions& options) {
  const ListView list(entry);
  const auto visit = [this](const Item& item) { add(item); };
  range_ = limit_range(options, list.size());
  if (options.sorts) {
    list.visit_forward(0, list.size(), visit);
    return;
  }
  const size_t count = range_.end - range_.first;
  if (count > 0 && options.descending) {
    list.visit_backward(list.size() - 1 - range_.first, count, visit);
  } else {
    list.visit_forward(range_.first, count, visit);
  }
  range_ = {0, count};
}

void SortElements::load_sorted_set(const Entry& entry, const SortOptions& options) {
  const SortedSetView set(entry);
  const auto visit = [this](const Item& member, double) { add(member); };
  range_ = limit_range(options, set.size());
  if (options.sorts) {
    set.for_each(visit);
    return;
  }
  const size_t count = range_.end - range_.first;
  if (count > 0 && options.descending) {
    set.visit_back({set.size() - range_.end, count}, visit);
  } else if (count > 0) {
    set.visit({range_.first, count}, visit);
  }
  range_ = {0, count};
}

void SortElements::load(const Entry& entry, const SortOptions& options) {
  if (!entry) return;
  if (entry.type() == Type::kList) {
    load_list(entry, options);
  } else if (entry.type() == Type::kZset) {
    load_sorted_set(entry, options);
  } else {
    const SetView set(entry);
    range_ = limit_range(options, set.size());
    set.for_each([this](const Item& item) { add(item); });
  }
}

bool SortElements::weigh(size_t i, std::string_view weight, bool alpha) {
  Element& element = elements_[i];
  element.has_weight = true;
  if (!alpha) return read_sort_number(weight, element.score);
  element.weight_offset = buffer_.size();
  element.weight_size = weight.size();
  buffer_ += weight;
  return true;
}

int SortElements::compare(const Element& a, const Element& b, const SortOptions& options) const {
  if (!options.alpha) {
    if (a.score != b.score) return a.score > b.score ? 1 : -1;
    return view(a.offset, a.size).compare(view(b.offset, b.size));
  }
  if (options.by.empty()) return view(a.offset, a.size).compare(view(b.offset, b.size));
  if (!a.has_weight || !b.has_weight) return int{a.has_weight} - int{b.has_weight};
  return view(a.weight_offset, a.weight_size).compare(view(b.weight_offset, b.weight_size));
}

void SortElements::sort(const SortOptions& options) {
  // Elements that are equal stay in their order.
  const auto before = [&](const Element& a, const Element& b) {
    const int order = compare(a, b, options);
    if (order != 0) return options.descending ? order > 0 : order < 0;
    return a.index < b.index;
  };
  if (range_.end < elements_.size()) {
    std::partial_sort(elements_.begin(), elements_.begin() + static_cast<int64_t>(range_.end),
                      elements_.end(), before);
  } else {
    std::sort(elements_.begin(), elements_.end(), before);
  }
}

}  // namespace rondo
