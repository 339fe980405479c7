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
constexpr size_t kHeadBytes = 8;

char lower(char c) {
  return (c >= 'A' && c <= 'Z') ? static_cast<char>(c + 32) : c;
}

// `name` in lower case equals `row_name`, from byte `from` on.
bool equal_folded(std::string_view name, std::string_view row_name, size_t from = 0) {
  if (name.size() != row_name.size()) return false;
  for (size_t i = from; i < name.size(); ++i) {
    if (lower(name[i]) != row_name[i]) return false;
  }
  return true;
}

// Whether so many arguments, the names among them, are right for the command.
bool takes(const Command& row, size_t argc) {
  const auto count = static_cast<int>(argc);
  return row.arity > 0 ? count == row.arity : count >= -row.arity;
}

std::string_view after_bar(std::string_view name) {
  return name.substr(name.find('|') + 1);
}

// As much of an argument as Redis prints: up to a zero byte.
std::string_view printed(std::string_view text, size_t bytes_max) {
  text = text.substr(0, bytes_max);
  return text.substr(0, text.find('\0'));
}

}  // namespace

const CommandTable& CommandTable::instance() {
  static const CommandTable table;
  return table;
}

CommandTable::CommandTable() {
  // The copies must not move: subcommands are referred to by their containers.
  rows_.reserve(1024);
  for (const auto& family : data_command_families())
    add(family);
  for (const auto& family : server_command_families())
    add(family);
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
  while (capacity < 4 * top_.size())
    capacity *= 2;
  buckets_.resize(capacity);
  for (const Command* row : top_) {
    const uint64_t head = head_of(row->name);
    size_t at = hash_of(head, row->name.size()) & (capacity - 1);
    while (buckets_[at].row) {
      CHECK(buckets_[at].row->name != row->name);
      at = (at + 1) & (capacity - 1);
    }
    buckets_[at] = {head, row->name.size(), row};
  }
}

// Setting bit 5 of each byte folds letters, and takes nothing else in a command's name for
// another of its characters but '_' for DEL (0x7f), which no name has.
uint64_t CommandTable::head_of(std::string_view name) {
  const size_t size = std::min(name.size(), kHeadBytes);
  uint64_t head = 0;
  if (size == kHeadBytes) {
    std::memcpy(&head, name.data(), kHeadBytes);
    return head | 0x2020202020202020;
  }
  if (size >= 4) {
    uint32_t first;
    uint32_t last;
    std::memcpy(&first, name.data(), 4);
    std::memcpy(&last, name.data() + size - 4, 4);
    head = first | uint64_t{last} << (8 * (size - 4));
  } else {
    for (size_t i = 0; i < size; ++i)
      head |= uint64_t{static_cast<uint8_t>(name[i])} << (8 * i);
  }
  return head | (0x2020202020202020 & ((uint64_t{1} << (8 * size)) - 1));
}

const Command* CommandTable::find(std::string_view name) const {
  const uint64_t head = head_of(name);
  size_t at = hash_of(head, name.size()) & (buckets_.size() - 1);
  while (buckets_[at].row) {
    const Bucket& bucket = buckets_[at];
    if (bucket.head == head && bucket.size == name.size() &&
        (name.size() <= kHeadBytes || equal_folded(name, bucket.row->name, kHeadBytes))) {
      return bucket.row;
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
      shown += fmt::format("'{}' ", printed(args[i], 128 - shown.size()));
    }
    error = Error(fmt::format("ERR unknown command '{}', with args beginning with: {}",
                              printed(args[0], 128), shown));
    return nullptr;
  }
  if (row->subcommands.empty() || args.size() < 2) return row;
  // A container with a handler of its own answers what it does not list (DEBUG), and what has not
  // as many arguments.
  const bool answers = row->serve && row->arity < -1;
  for (const Command& sub : row->subcommands) {
    if (!equal_folded(args[1], after_bar(sub.name))) continue;
    return answers && !takes(sub, args.size()) ? row : &sub;
  }
  if (answers) return row;
  std::string name(row->name);
  for (char& c : name)
    c = static_cast<char>(std::toupper(static_cast<unsigned char>(c)));
  error =
      Error(fmt::format("ERR unknown subcommand '{}'. Try {} HELP.", printed(args[1], 128), name));
  return nullptr;
}

Error key_positions(const Command& row, std::span<const std::string_view> args,
                    std::vector<int>& positions) {
  positions.clear();
  if (row.find_keys) {
    Error error = row.find_keys(args, positions);
    if (error) positions.clear();
    return error;
  }
  if (row.keys.first == 0) return {};
  const int count = static_cast<int>(args.size());
  const int last = row.keys.last < 0 ? count + row.keys.last : row.keys.last;
  for (int i = row.keys.first; i <= last && i < count; i += row.keys.step)
    positions.push_back(i);
  return {};
}

}  // namespace rondo
