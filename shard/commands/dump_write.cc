#include "shard/commands/dump_write.h"

#include <algorithm>
#include <cstring>
#include <utility>

#include "shard/commands/hash_value.h"
#include "shard/commands/list_value.h"
#include "shard/commands/set_value.h"
#include "shard/commands/sorted_set_value.h"
#include "shard/rdb/byte_writer.h"
#include "shard/rdb/crc64.h"
#include "shard/rdb/value_type.h"

namespace rondo {
namespace {

constexpr int64_t kBeforeAll = 0;  // A time at which no field has expired.
constexpr size_t kVersionBytes = 2;
constexpr size_t kFooterBytes = kVersionBytes + 8;

void write_item(RdbWriter& out, const Item& item) {
  if (item.is_integer()) {
    out.integer_text(item.number);
  } else {
    out.string({item.bytes, item.size});
  }
}

void begin(RdbWriter& out, RdbType type, size_t count) {
  out.byte(static_cast<uint8_t>(type));
  out.length(count);
}

// When the first of its fields expires; kNoExpiry: none does, though one that is packed in threes
// may have had such a field.
int64_t earliest_expiry_ms(const HashView& hash) {
  int64_t earliest_ms = kNoExpiry;
  if (!hash.may_expire()) return earliest_ms;
  hash.for_each_stored([&](const Item&, const Item&, int64_t at_ms) {
    if (at_ms == kNoExpiry) return;
    earliest_ms = earliest_ms == kNoExpiry ? at_ms : std::min(earliest_ms, at_ms);
  });
  return earliest_ms;
}

void write_hash(RdbWriter& out, const HashView& hash) {
  const int64_t earliest_ms = earliest_expiry_ms(hash);
  if (earliest_ms == kNoExpiry) {
    begin(out, RdbType::kHash, hash.size());
    hash.for_each([&](const Item& field, const Item& value) {
      write_item(out, field);
      write_item(out, value);
    });
    return;
  }
  out.byte(static_cast<uint8_t>(RdbType::kHashExpiring));
  out.fixed64(static_cast<uint64_t>(earliest_ms));
  out.length(hash.size());
  hash.for_each_stored([&](const Item& field, const Item& value, int64_t at_ms) {
    out.length(at_ms == kNoExpiry ? 0 : static_cast<uint64_t>(at_ms - earliest_ms) + 1);
    write_item(out, field);
    write_item(out, value);
  });
}

// The plain forms, one string for each element: every version of Redis reads them, and makes of
// them what its own limits say.
void write_value(RdbWriter& out, const Entry& entry) {
  switch (entry.type()) {
    case Type::kString: {
      char digits[24];
      out.byte(static_cast<uint8_t>(RdbType::kString));
      out.string(entry.string(digits));
      return;
    }
    case Type::kList: {
      const ListView list(entry);
      begin(out, RdbType::kList, list.size());
      list.visit_forward(0, list.size(), [&](const Item& element) { write_item(out, element); });
      return;
    }
    case Type::kSet: {
      const SetView set(entry);
      begin(out, RdbType::kSet, set.size());
      set.for_each([&](const Item& member) { write_item(out, member); });
      return;
    }
    case Type::kZset: {
      const SortedSetView set(entry);
      begin(out, RdbType::kSortedSet, set.size());
      // From the last to the first, as Redis does: its skip list grows at the head.
      set.visit_back({0, set.size()}, [&](const Item& member, double score) {
        write_item(out, member);
        out.binary_double(score);
      });
      return;
    }
    case Type::kHash: {
      write_hash(out, HashView(entry, kBeforeAll));
      return;
    }
    case Type::kStream:
      CHECK(false && "there is no way to make a stream");
  }
}

uint64_t read_crc(std::string_view payload) {
  uint64_t crc;
  std::memcpy(&crc, payload.data() + payload.size() - sizeof(crc), sizeof(crc));
  return crc;
}

}  // namespace

std::string dump_value(const Entry& entry) {
  RdbWriter out;
  write_value(out, entry);
  const bool expiring = out.bytes()[0] == static_cast<char>(RdbType::kHashExpiring);
  out.fixed16(expiring ? kRdbVersionExpiring : kRdbVersionWritten);
  out.fixed64(crc64(0, out.bytes()));
  return std::move(out.bytes());
}

bool has_dump_footer(std::string_view payload) {
  if (payload.size() < kFooterBytes) return false;
  uint16_t version;
  std::memcpy(&version, payload.data() + payload.size() - kFooterBytes, sizeof(version));
  if (version > kRdbVersionMax) return false;
  return crc64(0, payload.substr(0, payload.size() - 8)) == read_crc(payload);
}

std::string_view without_dump_footer(std::string_view payload) {
  return payload.substr(0, payload.size() - kFooterBytes);
}

}  // namespace rondo
