#include "shard/commands/sorted_set_builder.h"

#include <algorithm>
#include <memory>
#include <utility>

#include "shard/packed_score.h"
#include "shard/sorted_set_object.h"

namespace rondo {

namespace {

bool fits_packed(const std::vector<ScoredText>& members, PackedLimits limits) {
  if (static_cast<int64_t>(members.size()) > limits.entries_max) return false;
  if (members.size() * 2 > PackedView::kCountMax) return false;
  size_t bytes = 0;
  for (const ScoredText& each : members) {
    if (static_cast<int64_t>(each.member.size()) > limits.value_bytes_max) return false;
    bytes += each.member.size();
  }
  return bytes <= PackedView::kBytesMax;
}

}  // namespace

DetachedValue build_sorted_set(const std::vector<ScoredText>& members, PackedLimits limits) {
  CHECK(!members.empty());
  if (!fits_packed(members, limits)) {
    auto object = std::make_unique<SortedSetObject>();
    for (const ScoredText& each : members)
      object->insert(make_key(each.member), each.score);
    return {std::unique_ptr<Object>(std::move(object)), kNoExpiry};
  }
  std::vector<PackedScore> scores;  // Elements refer to their text.
  scores.reserve(members.size());
  std::vector<PackedElement> elements;
  elements.reserve(2 * members.size());
  for (const ScoredText& each : members) {
    scores.emplace_back(each.score);
    elements.emplace_back(each.member);
    elements.emplace_back(scores.back().text());
  }
  return {DetachedValue::Packed{pack(Type::kZset, elements)}, kNoExpiry};
}

void store_sorted_set(Call& call, const Key& key, const std::vector<ScoredText>& members,
                      Event event) {
  Keyspace& keyspace = call.keyspace_of(key.bytes, call.db());
  if (members.empty()) {
    keyspace.erase(key);
  } else {
    keyspace.put(key, build_sorted_set(members, call.shard().limits().zset), event);
  }
}

}  // namespace rondo
