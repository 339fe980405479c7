#include "server/element_limit.h"

#include <algorithm>
#include <vector>

#include "server/command_table.h"

namespace rondo {

bool has_too_large_element(const Command& row, Args args, std::span<const SharedBytes> owners,
                           size_t bytes_max) {
  if (row.route == Route::kConnection) return false;
  std::vector<int> keys;
  for (size_t i = 0; i < owners.size(); ++i) {
    if (!owners[i] || owners[i].size() <= bytes_max) continue;
    if (row.group != "string") return true;
    if (keys.empty()) static_cast<void>(key_positions(row, args, keys));
    if (std::find(keys.begin(), keys.end(), static_cast<int>(i)) != keys.end()) return true;
  }
  return false;
}

}  // namespace rondo
