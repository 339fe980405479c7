// CommandTable: all rows of all families by name and by number. Built once before the cores start,
// read by all of them.
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
  uint16_t id(const Command& row) const;
  const Command& row(uint16_t id) const { return *rows_[id]; }
  size_t size() const { return rows_.size(); }
  // Top-level rows in the order of the families; internal rows (their names begin with '#', which
  // no client can reach) are not among them.
  std::span<const Command* const> commands() const { return top_; }

 private:
  CommandTable();
  void add(const Command& row, bool top);
  void index();

  struct Bucket {
    uint64_t prefix = 0;  // First 8 bytes of the lower-case name, zero-padded.
    const Command* row = nullptr;
  };
  std::vector<const Command*> rows_;
  std::vector<const Command*> top_;
  std::vector<Bucket> buckets_;
  std::vector<std::pair<const Command*, uint16_t>> ids_;  // Sorted by address.
};

// Positions of the keys in `args`, by the row's specification. Empty when it has none.
Error key_positions(const Command& row, std::span<const std::string_view> args,
                    std::vector<int>& positions);

}  // namespace rondo
