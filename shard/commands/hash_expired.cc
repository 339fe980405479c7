#include "shard/commands/hash_expired.h"

#include <string>
#include <string_view>
#include <vector>

#include "shard/field_sweep.h"

namespace rondo {

namespace {

// Who removes all fields that have expired looks at all of them; more than that are left to the
// sweep.
constexpr size_t kWalkMax = 512;

}  // namespace

bool remove_expired_fields(Call& call, Args fields, size_t step) {
  Shard& shard = call.shard();
  HashEdit hash(call);
  if (shard.keeps_expired() || hash.open() || !hash.view().may_expire()) return false;
  std::vector<std::string_view> change = {"HDEL", call[1]};
  for (size_t i = 0; i < fields.size(); i += step) {
    Item value;
    if (!hash.view().get(fields[i], value) && hash.erase(fields[i])) change.push_back(fields[i]);
  }
  const size_t removed = change.size() - 2;
  if (removed == 0) return false;
  shard.stats().expired_fields += removed;
  hash.finish(change, events::kHexpired);
  // What time did is no change by a client.
  shard.count_as_one();
  return true;
}

void remove_expired_fields(Call& call, const HashView& hash) {
  if (!hash.may_expire() || hash.size() > kWalkMax) return;
  std::vector<std::string> names;
  hash.for_each_stored([&](const Item& field, const Item&, int64_t expire_at_ms) {
    if (expire_at_ms != kNoExpiry && expire_at_ms <= call.now_ms()) {
      names.push_back(field.to_string());
    }
  });
  if (names.empty()) return;
  const std::vector<std::string_view> fields(names.begin(), names.end());
  remove_expired_fields(call, fields);
}

Error open_without_expired(Call& call, HashEdit& hash, Args fields, size_t step) {
  if (Error error = hash.open()) return error;
  if (!hash.view().may_expire() || !remove_expired_fields(call, fields, step)) return {};
  return hash.open();
}

}  // namespace rondo
