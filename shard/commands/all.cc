#include "shard/commands/all.h"

#include "shard/commands/blocking_lists.h"
#include "shard/commands/blocking_sorted_sets.h"
#include "shard/commands/counters.h"
#include "shard/commands/databases.h"
#include "shard/commands/dump.h"
#include "shard/commands/expiry.h"
#include "shard/commands/hash_counters.h"
#include "shard/commands/hash_expiry.h"
#include "shard/commands/hash_expiry_values.h"
#include "shard/commands/hash_fields.h"
#include "shard/commands/hash_iteration.h"
#include "shard/commands/iteration.h"
#include "shard/commands/keys.h"
#include "shard/commands/lcs.h"
#include "shard/commands/list_ends.h"
#include "shard/commands/list_ranges.h"
#include "shard/commands/list_search.h"
#include "shard/commands/object.h"
#include "shard/commands/set_algebra.h"
#include "shard/commands/set_members.h"
#include "shard/commands/set_random.h"
#include "shard/commands/sort.h"
#include "shard/commands/sorted_set_algebra.h"
#include "shard/commands/sorted_set_counts.h"
#include "shard/commands/sorted_set_iteration.h"
#include "shard/commands/sorted_set_members.h"
#include "shard/commands/sorted_set_pop.h"
#include "shard/commands/sorted_set_ranges.h"
#include "shard/commands/string_batches.h"
#include "shard/commands/string_bytes.h"
#include "shard/commands/strings.h"

namespace rondo {

std::span<const std::span<const Command>> data_command_families() {
  static const std::span<const Command> families[] = {
      string_commands(),
      string_byte_commands(),
      string_batch_commands(),
      counter_commands(),
      lcs_commands(),
      expiry_commands(),
      key_commands(),
      dump_commands(),
      iteration_commands(),
      database_commands(),
      object_commands(),
      hash_field_commands(),
      hash_counter_commands(),
      hash_iteration_commands(),
      hash_expiry_commands(),
      hash_expiry_value_commands(),
      set_member_commands(),
      set_random_commands(),
      set_algebra_commands(),
      list_end_commands(),
      blocking_list_commands(),
      list_range_commands(),
      list_search_commands(),
      sorted_set_member_commands(),
      sorted_set_range_commands(),
      sorted_set_count_commands(),
      sorted_set_pop_commands(),
      blocking_sorted_set_commands(),
      sorted_set_algebra_commands(),
      sorted_set_iteration_commands(),
      sort_commands(),
  };
  return families;
}

}  // namespace rondo
