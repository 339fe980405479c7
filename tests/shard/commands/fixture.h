// CommandFixture: the data commands without sockets, threads or clocks. It holds one or more shards
// in one thread, finds a command's row, routes it as the server does, and returns the reply.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "protocol/reply.h"
#include "protocol/slot.h"
#include "shard/call.h"
#include "shard/command.h"

namespace rondo {

// The rows of all data commands, subcommands instead of their containers.
std::vector<const Command*> all_rows();
// The row that executes these arguments, or null.
const Command* find_row(const std::vector<std::string>& args);

class CommandFixture {
 public:
  explicit CommandFixture(int shards = 1, Resp version = Resp::k2);

  // Executes one command and returns the bytes of its reply.
  std::string run_args(const std::vector<std::string>& args);
  // The same for words separated by single spaces; in the result a space stands for each CRLF and
  // the last one is dropped: run("GET k") is "$1 v".
  std::string run(std::string_view words);

  // Executes with argument `index` in a block of its own, as the parser delivers big arguments.
  std::string run_with_owner(const std::vector<std::string>& args, size_t index);

  // Written by every run: where the reply of the last command went, for tests of sharing.
  const OutBuffer& last_reply() const { return out_; }

  void select(int db) { db_ = db; }
  void set_version(Resp version) { version_ = version; }
  void advance_ms(int64_t ms);
  int64_t now_ms() const { return now_ms_; }
  int shards() const { return static_cast<int>(shards_.size()); }
  Shard& shard(int index) { return *shards_[static_cast<size_t>(index)]; }
  Shard& shard_of(std::string_view key);
  // Calls verify() on every shard.
  void verify() const;

 private:
  using Words = std::vector<std::string_view>;

  Error execute(const Command& row, const Words& args, Reply& reply);
  Error execute_split(const Command& row, const Words& args, Reply& reply);
  Error execute_on(Shard& shard, const Command& row, const Words& args, Reply& reply);

  int64_t now_ms_ = 1'900'000'000'000;
  int db_ = 0;
  Resp version_;
  std::vector<std::unique_ptr<Shard>> shards_;
  std::vector<Shard*> pointers_;
  std::vector<uint16_t> partition_map_;
  ShardView view_;
  OutBuffer out_;
  size_t owner_index_ = 0;  // 0: none.
};

}  // namespace rondo
