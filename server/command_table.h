// CommandTable: all rows of all families by name and by number. Built once before the cores start,
// read by all of them. It holds copies of the families' rows, one behind the other, so that a row's
// number is its place.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "shard/command.h"

namespace rondo {

class CommandTable {
 public:
  static const CommandTable& instance();

  // The row named `name` in any case, or null. A container (CLIENT) is found by its own name.
  const Command* find(std::string_view name) const;
  // The row for these arguments: a subcommand's row when the container has one of that name.
  // Null with an error text when there is no such command.
  const Command* resolve(std::span<const std::string_view> args, Error& error) const;

  // Every row, subcommands included, has a number: ids are dense from 0.
  uint16_t id(const Command& row) const { return static_cast<uint16_t>(&row - rows_.data()); }
  const Command& row(uint16_t id) const { return rows_[id]; }
  size_t size() const { return rows_.size(); }
  // Top-level rows in the order of the families.
  std::span<const Command* const> commands() const { return top_; }

 private:
  CommandTable();
  void add(std::span<const Command> family);
  void index();

  // Open addressing by name. `head` is the first 8 bytes in lower case, zero-padded; with the size
  // that is the whole name of most commands, so finding one is a few integer operations.
  struct Bucket {
    uint64_t head = 0;
    uint64_t size = 0;
    const Command* row = nullptr;
  };
  static uint64_t head_of(std::string_view name);
  static size_t hash_of(uint64_t head, size_t size) {
    const uint64_t mixed = (head ^ size) * 0x9e3779b97f4a7c15;
    return static_cast<size_t>(mixed >> 40);
  }
  std::vector<Command> rows_;
  std::vector<const Command*> top_;
  std::vector<Bucket> buckets_;
};

// Whether the command needs all shards: by its route, or with these arguments.
inline bool needs_all_shards(const Command& row, Args args) {
  return row.route == Route::kAllShards || (row.needs_all_shards && row.needs_all_shards(args));
}

// Positions of the keys in `args`, by the row's specification. Empty when it has none.
Error key_positions(const Command& row, std::span<const std::string_view> args,
                    std::vector<int>& positions);

}  // namespace rondo
