#include "shard/commands/dump_read.h"

#include <algorithm>
#include <cmath>
#include <string>
#include <unordered_set>
#include <utility>
#include <vector>

#include "protocol/number.h"
#include "protocol/out_buffer.h"
#include "shard/commands/collection_builder.h"
#include "shard/commands/set_builder.h"
#include "shard/commands/sorted_set_builder.h"
#include "shard/rdb/byte_reader.h"
#include "shard/rdb/foreign_packed.h"
#include "shard/rdb/value_type.h"

namespace rondo {
namespace {

using Value = std::optional<DetachedValue>;

// The strings that a value is made of, one after the other, whatever form they were packed in.
class Strings {
 public:
  explicit Strings(RdbReader& in) : in_(in) {}

  // So many plain strings follow, or pairs of them.
  bool plain(size_t strings_each) {
    uint64_t count;
    if (!in_.count(strings_each, count)) return false;
    left_ = count * strings_each;
    return true;
  }
  bool next(std::string_view& text) {
    if (left_ == 0) return false;
    if (!in_.string(text, scratch_)) return sound_ = false;
    --left_;
    return true;
  }
  bool sound() const { return sound_; }

 private:
  RdbReader& in_;
  uint64_t left_ = 0;
  bool sound_ = true;
  std::string scratch_;
};

Value make_string(std::string_view text) {
  if (text.size() >= OutBuffer::kShareBytesMin) {
    return DetachedValue(SharedBytes::copy_of(text), kNoExpiry);
  }
  if (const auto number = parse_integer(text)) return DetachedValue(*number, kNoExpiry);
  return DetachedValue(DetachedValue::Bytes{std::string(text), false}, kNoExpiry);
}

template <class Source>
bool push_all(Source& source, ListBuilder& list, bool& any) {
  std::string_view text;
  while (source.next(text)) {
    any = true;
    if (!list.push(text)) return false;
  }
  return source.sound();
}

template <class Source>
Value make_list(Source source, const ShardLimits& limits) {
  ListBuilder list(limits.list);
  bool any = false;
  if (!push_all(source, list, any) || !any) return {};
  return list.finish();
}

template <class Source>
Value make_set(Source source, const ShardLimits& limits) {
  SetBuilder set;
  std::string_view text;
  for (size_t count = 0; source.next(text); ++count) {
    set.add(Item::of(text));
    if (set.size() != count + 1) return {};
  }
  if (!source.sound() || set.size() == 0) return {};
  return set.finish(limits);
}

template <class Source>
Value make_hash(Source source, const ShardLimits& limits) {
  HashBuilder hash(limits.hash);
  std::string_view text;
  std::string field;  // The next text may use the memory of this one.
  bool any = false;
  while (source.next(text)) {
    field = text;
    if (!source.next(text) || !hash.set(field, text)) return {};
    any = true;
  }
  if (!source.sound() || !any) return {};
  return hash.finish();
}

// The largest time that leaves room for sums, some 146 million years from now.
constexpr uint64_t kExpiryMax = uint64_t{1} << 62;

// Expiries, fields and values.
Value read_expiring_hash(RdbReader& in, const ShardLimits& limits) {
  uint64_t earliest_ms;
  uint64_t count;
  if (!in.fixed64(earliest_ms) || earliest_ms > kExpiryMax || !in.count(3, count)) return {};
  HashBuilder hash(limits.hash);
  std::string field_scratch;
  std::string value_scratch;
  for (uint64_t i = 0; i < count; ++i) {
    uint64_t ttl_ms;
    std::string_view field;
    std::string_view value;
    if (!in.length(ttl_ms) || ttl_ms > kExpiryMax) return {};
    if (!in.string(field, field_scratch) || !in.string(value, value_scratch)) return {};
    // The past is the past; a field that expired at 0 would be one that never does when packed.
    const uint64_t at_ms = std::max<uint64_t>(earliest_ms + ttl_ms - 1, 1);
    if (!hash.set(field, value, ttl_ms == 0 ? kNoExpiry : static_cast<int64_t>(at_ms))) return {};
  }
  if (count == 0) return {};
  return hash.finish();
}

// A listpack of fields, values and times.
Value read_expiring_listpack(RdbReader& in, const ShardLimits& limits) {
  uint64_t earliest_ms;
  std::string scratch;
  std::string_view bytes;
  if (!in.fixed64(earliest_ms) || !in.string(bytes, scratch)) return {};
  ListpackReader source(bytes);
  HashBuilder hash(limits.hash);
  std::string_view text;
  bool any = false;
  while (source.next(text)) {
    const std::string field(text);
    if (!source.next(text)) return {};
    const std::string value(text);
    if (!source.next(text)) return {};
    const auto at_ms = parse_integer(text);
    if (!at_ms || *at_ms < 0 || static_cast<uint64_t>(*at_ms) > kExpiryMax) return {};
    if (!hash.set(field, value, *at_ms == 0 ? kNoExpiry : *at_ms)) return {};
    any = true;
  }
  if (!source.sound() || !any) return {};
  return hash.finish();
}

Value finish_sorted_set(std::vector<ScoredText> members, const ShardLimits& limits) {
  if (members.empty()) return {};
  std::unordered_set<std::string_view> names;
  names.reserve(members.size());
  for (const ScoredText& each : members) {
    if (std::isnan(each.score) || !names.insert(each.member).second) return {};
  }
  std::sort(members.begin(), members.end());
  return build_sorted_set(members, limits.zset);
}

template <class Source>
Value make_sorted_set(Source source, const ShardLimits& limits) {
  std::vector<ScoredText> members;
  std::string_view text;
  while (source.next(text)) {
    ScoredText& each = members.emplace_back();
    each.member = text;
    if (!source.next(text)) return {};
    const auto score = parse_double(text);
    if (!score) return {};
    each.score = *score;
  }
  if (!source.sound()) return {};
  return finish_sorted_set(std::move(members), limits);
}

// Members with their scores as numbers of eight bytes, or as text.
Value read_sorted_set(RdbReader& in, bool binary, const ShardLimits& limits) {
  uint64_t count;
  if (!in.count(2, count)) return {};
  std::vector<ScoredText> members;
  std::string_view text;
  std::string scratch;
  for (; count > 0; --count) {
    ScoredText& each = members.emplace_back();
    if (!in.string(text, scratch)) return {};
    each.member = text;
    if (!(binary ? in.binary_double(each.score) : in.text_double(each.score))) return {};
  }
  return finish_sorted_set(std::move(members), limits);
}

// Nodes that are ziplists, or (listpacks) of one element or a listpack each.
Value read_quicklist(RdbReader& in, bool listpacks, const ShardLimits& limits) {
  constexpr uint64_t kOneElement = 1;
  constexpr uint64_t kPacked = 2;
  uint64_t count;
  if (!in.count(1, count)) return {};
  ListBuilder list(limits.list);
  bool any = false;
  std::string scratch;
  for (; count > 0; --count) {
    uint64_t container = kPacked;
    if (listpacks && !in.length(container)) return {};
    std::string_view node;
    if (!in.string(node, scratch)) return {};
    if (container == kOneElement) {
      any = true;
      if (!list.push(node)) return {};
    } else if (container != kPacked) {
      return {};
    } else if (listpacks) {
      ListpackReader elements(node);
      if (!push_all(elements, list, any)) return {};
    } else {
      ZiplistReader elements(node);
      if (!push_all(elements, list, any)) return {};
    }
  }
  if (!any) return {};
  return list.finish();
}

// A value that is one string, which a packed form is in.
Value read_packed(RdbReader& in, RdbType type, const ShardLimits& limits) {
  std::string scratch;
  std::string_view bytes;
  if (!in.string(bytes, scratch)) return {};
  switch (type) {
    case RdbType::kString:
      return make_string(bytes);
    case RdbType::kListZiplist:
      return make_list(ZiplistReader(bytes), limits);
    case RdbType::kSetIntegers:
      return make_set(IntsetReader(bytes), limits);
    case RdbType::kSetListpack:
      return make_set(ListpackReader(bytes), limits);
    case RdbType::kHashZipmap:
      return make_hash(ZipmapReader(bytes), limits);
    case RdbType::kHashZiplist:
      return make_hash(ZiplistReader(bytes), limits);
    case RdbType::kHashListpack:
      return make_hash(ListpackReader(bytes), limits);
    case RdbType::kSortedSetZiplist:
      return make_sorted_set(ZiplistReader(bytes), limits);
    case RdbType::kSortedSetListpack:
      return make_sorted_set(ListpackReader(bytes), limits);
    default:
      return {};
  }
}

}  // namespace

std::optional<DetachedValue> read_dump(std::string_view payload, const ShardLimits& limits) {
  RdbReader in(payload, static_cast<uint64_t>(limits.string_bytes_max));
  uint8_t byte;
  if (!in.byte(byte)) return {};
  const auto type = static_cast<RdbType>(byte);
  Strings strings(in);
  switch (type) {
    case RdbType::kList:
      if (!strings.plain(1)) return {};
      return make_list(std::move(strings), limits);
    case RdbType::kSet:
      if (!strings.plain(1)) return {};
      return make_set(std::move(strings), limits);
    case RdbType::kHash:
      if (!strings.plain(2)) return {};
      return make_hash(std::move(strings), limits);
    case RdbType::kHashExpiring:
      return read_expiring_hash(in, limits);
    case RdbType::kHashListpackExpiring:
      return read_expiring_listpack(in, limits);
    case RdbType::kSortedSetText:
      return read_sorted_set(in, false, limits);
    case RdbType::kSortedSet:
      return read_sorted_set(in, true, limits);
    case RdbType::kListQuicklist:
      return read_quicklist(in, false, limits);
    case RdbType::kListQuicklist2:
      return read_quicklist(in, true, limits);
    default:
      return read_packed(in, type, limits);
  }
}

}  // namespace rondo
