#include "shard/commands/set_builder.h"

#include <algorithm>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "protocol/number.h"
#include "shard/packed_integers.h"

namespace rondo {

void SetBuilder::add(const Item& member) {
  char digits[24];
  object_->insert(make_key(member.text(digits)));
}

void SetBuilder::remove(const Item& member) {
  char digits[24];
  object_->erase(make_key(member.text(digits)));
}

// Calls visit(text).
template <class Visit>
void SetBuilder::for_each(Visit&& visit) const {
  constexpr size_t kStep = 1024;
  uint64_t cursor = 0;
  do {
    cursor = object_->scan(cursor, kStep, [&](const Item& member) {
      char digits[24];
      visit(member.text(digits));
    });
  } while (cursor != 0);
}

bool SetBuilder::all_integers() const {
  bool all = true;
  for_each([&](std::string_view text) { all = all && parse_integer(text); });
  return all;
}

bool SetBuilder::all_at_most(size_t bytes) const {
  bool all = true;
  for_each([&](std::string_view text) { all = all && text.size() <= bytes; });
  return all;
}

std::string SetBuilder::packed_integers() const {
  std::vector<int64_t> integers;
  integers.reserve(size());
  for_each([&](std::string_view text) { integers.push_back(*parse_integer(text)); });
  std::sort(integers.begin(), integers.end());
  return pack_integers(integers);
}

std::string SetBuilder::packed() const {
  // Copies, because short texts are in no memory of their own.
  std::vector<std::string> texts;
  texts.reserve(size());
  for_each([&](std::string_view text) { texts.emplace_back(text); });
  const std::vector<PackedElement> elements(texts.begin(), texts.end());
  return pack(Type::kSet, elements);
}

DetachedValue SetBuilder::finish(const ShardLimits& limits) {
  const auto count = static_cast<int64_t>(std::min(size(), PackedView::kCountMax + 1));
  const bool packs = count <= static_cast<int64_t>(PackedView::kCountMax);
  if (packs && count <= limits.set_integers_max && all_integers()) {
    return {DetachedValue::Packed{packed_integers()}, kNoExpiry};
  }
  const auto bytes_max = static_cast<size_t>(std::max<int64_t>(limits.set.value_bytes_max, 0));
  if (packs && count <= limits.set.entries_max && all_at_most(bytes_max)) {
    std::string bytes = packed();
    if (bytes.size() <= PackedView::kBytesMax) {
      return {DetachedValue::Packed{std::move(bytes)}, kNoExpiry};
    }
  }
  return {std::move(object_), kNoExpiry};
}

}  // namespace rondo
