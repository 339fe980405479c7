#include "shard/commands/hash_expiry_change.h"

#include "protocol/number.h"

namespace rondo {

namespace {

constexpr Event kHexpire{"hexpire", 'h'};
constexpr Event kHpersist{"hpersist", 'h'};
constexpr Event kHdel{"hdel", 'h'};

}  // namespace

void HashExpiryChange::apply(std::string_view field) {
  if (removes()) {
    hash_.erase(field);
  } else {
    hash_.set_expiry(field, expire_at_ms_);
  }
  changed_.push_back(field);
}

void HashExpiryChange::finish() {
  if (changed_.empty()) return;
  char at_ms[kIntegerBytesMax];
  char count[kIntegerBytesMax];
  std::vector<std::string_view> change;
  if (hash_.has_listeners()) {
    const std::string_view key = call_[1];
    if (removes()) {
      change = {"HDEL", key};
    } else {
      const size_t count_bytes = format_integer(static_cast<int64_t>(changed_.size()), count);
      const std::string_view fields(count, count_bytes);
      if (expire_at_ms_ == kNoExpiry) {
        change = {"HPERSIST", key, "FIELDS", fields};
      } else {
        const size_t at_bytes = format_integer(expire_at_ms_, at_ms);
        change = {"HPEXPIREAT", key, {at_ms, at_bytes}, "FIELDS", fields};
      }
    }
    change.insert(change.end(), changed_.begin(), changed_.end());
  }
  hash_.finish(change, removes() ? kHdel : expire_at_ms_ == kNoExpiry ? kHpersist : kHexpire);
}

}  // namespace rondo
