// The arguments of SORT and SORT_RO. Pure functions; any thread.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "protocol/args.h"
#include "protocol/error.h"

namespace rondo {

// A pattern of BY or GET. "#" is the element itself. Otherwise the first '*' stands for the
// element, and what follows "->" behind that is a field of a hash: "user:*->age".
class SortPattern {
 public:
  explicit SortPattern(std::string_view text);

  bool is_element() const { return text_ == "#"; }
  // Without a '*' it names nothing.
  bool has_star() const { return star_ != std::string_view::npos; }
  // The field of a hash; empty: the key holds a string.
  std::string_view field() const { return field_; }
  // Writes the key for `element`. REQUIRES: has_star().
  void write_key(std::string_view element, std::string& key) const;

 private:
  std::string_view text_;
  size_t star_;
  std::string_view behind_;  // Between the star and the field.
  std::string_view field_;
};

struct SortOptions {
  std::vector<SortPattern> by;  // At most one.
  std::vector<SortPattern> get;
  std::string_view store;
  bool stores = false;
  bool sorts = true;  // False: BY has no star, and the elements stay in their order.
  bool alpha = false;
  bool descending = false;
  int64_t limit_start = 0;
  int64_t limit_count = -1;
};

// SORT_RO has no STORE.
Error read_sort_options(Args args, bool may_store, SortOptions& options);

// For Command::find_keys: the key, and that of STORE. The patterns' keys are found by sorting.
Error sort_keys(Args args, std::vector<int>& positions);
Error sort_ro_keys(Args args, std::vector<int>& positions);
// For Command::needs_all_shards: whether a pattern leads to other keys.
bool sort_reaches_far(Args args);

}  // namespace rondo
