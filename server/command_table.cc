#include "server/command_table.h"

#include <fmt/format.h>

#include <algorithm>
#include <cctype>
#include <cstring>

#include "protocol/errors.h"
#include "reactor/base/check.h"
#include "server/commands/all.h"
#include "server/commands/transactions.h"
#include "shard/commands/all.h"

namespace rondo {

namespace {

constexpr size_t kNameMax = 32;

// The name in lower case, zero-padded to whole words, so that comparing and hashing are a few
// integer operations. False when it is longer than any command's.
struct FoldedName {
  uint64_t words[kNameMax / 8] = {};
  size_t size = 0;
};

bool fold(std::string_view name, FoldedName& folded) {
  if (name.size() > kNameMax) return false;
  char* out = reinterpret_cast<char*>(folded.words);
  for (size_t i = 0; i < name.size(); ++i) {
    const char c = name[i];
    out[i] = (c >= 'A' && c <= 'Z') ? static_cast<char>(c + 32) : c;
  }
  folded.size = name.size();
  return true;
}

uint64_t hash_of(const FoldedName& name) {
  uint64_t hash = name.words[0] ^ (name.words[1] * 0x9e3779b97f4a7c15) ^ name.size;
  hash *= 0xff51afd7ed558ccd;
  return hash ^ (hash >> 32);
}

bool equal_folded(const FoldedName& name, std::string_view row_name) {
  return name.size == row_name.size() &&
         std::memcmp(name.words, row_name.data(), row_name.size()) == 0;
}

std::string_view after_bar(std::string_view name) { return name.substr(name.find('|') + 1); }

}  // namespace

const CommandTable& CommandTable::instance() {
  static const CommandTable table;
  return table;
}

CommandTable::CommandTable() {
  // The copies must not move: subcommands are referred to by their containers.
  rows_.reserve(1024);
  for (const auto& family : data_command_families()) add(family);
  for (const auto& family : server_command_families()) add(family);
  add(transaction_commands());
  index();
}

void CommandTable::add(std::span<const Command> family) {
  for (const Command& row : family) {
    CHECK(row.name.size() <= kNameMax);
    CHECK(rows_.size() + 1 + row.subcommands.size() <= rows_.capacity());
    const size_t at = rows_.size();
    rows_.push_back(row);
    rows_.insert(rows_.end(), row.subcommands.begin(), row.subcommands.end());
    rows_[at].subcommands = std::span<const Command>(&rows_[at] + 1, row.subcommands.size());
    top_.push_back(&rows_[at]);
  }
}

void CommandTable::index() {
  size_t capacity = 64;
  while (capacity < 4 * top_.size()) capacity *= 2;
  buckets_.resize(capacity);
  for (const Command* row : top_) {
    FoldedName name;
    CHECK(fold(row->name, name));
    size_t at = hash_of(name) & (capacity - 1);
    while (buckets_[at].row) {
      CHECK(buckets_[at].row->name != row->name);
      at = (at + 1) & (capacity - 1);
    }
    buckets_[at] = {name.words[0], row};
  }
}

const Command* CommandTable::find(std::string_view name) const {
  FoldedName folded;
  if (!fold(name, folded)) return nullptr;
  size_t at = hash_of(folded) & (buckets_.size() - 1);
  while (buckets_[at].row) {
    if (buckets_[at].prefix == folded.words[0] && equal_folded(folded, buckets_[at].row->name)) {
      return buckets_[at].row;
    }
    at = (at + 1) & (buckets_.size() - 1);
  }
  return nullptr;
}

const Command* CommandTable::resolve(std::span<const std::string_view> args, Error& error) const {
  const Command* row = find(args[0]);
  if (!row) {
    std::string shown;
    for (size_t i = 1; i < args.size() && shown.size() < 128; ++i) {
      shown += fmt::format("'{}' ", args[i].substr(0, 128 - shown.size()));
    }
    error = Error(fmt::format("ERR unknown command '{}', with args beginning with: {}",
                              args[0].substr(0, 128), shown));
    return nullptr;
  }
  if (row->subcommands.empty() || args.size() < 2) return row;
  FoldedName folded;
  if (fold(args[1], folded)) {
    for (const Command& sub : row->subcommands) {
      if (equal_folded(folded, after_bar(sub.name))) return &sub;
    }
  }
  std::string name(row->name);
  for (char& c : name) c = static_cast<char>(std::toupper(static_cast<unsigned char>(c)));
  error = Error(fmt::format("ERR unknown subcommand '{}'. Try {} HELP.", args[1].substr(0, 128),
                            name));
  return nullptr;
}

Error key_positions(const Command& row, std::span<const std::string_view> args,
                    std::vector<int>& positions) {
  positions.clear();
  if (row.find_keys) return row.find_keys(args, positions);
  if (row.keys.first == 0) return {};
  const int count = static_cast<int>(args.size());
  const int last = row.keys.last < 0 ? count + row.keys.last : row.keys.last;
  for (int i = row.keys.first; i <= last && i < count; i += row.keys.step) positions.push_back(i);
  return {};
}

}  // namespace rondo
