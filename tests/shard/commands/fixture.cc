#include "tests/shard/commands/fixture.h"

#include <algorithm>
#include <cstdlib>
#include <map>

#include "protocol/errors.h"
#include "shard/commands/all.h"
#include "shard/commands/object.h"
#include "shard/scan_cursor.h"

namespace rondo {

namespace {

std::string lower(std::string_view text) {
  std::string result(text);
  for (char& c : result) {
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c + 32);
  }
  return result;
}

std::map<std::string, const Command*> index_rows() {
  std::map<std::string, const Command*> index;
  const auto add = [&](std::span<const Command> rows) {
    for (const Command& row : rows) {
      CHECK(index.emplace(std::string(row.name), &row).second);
    }
  };
  for (const std::span<const Command> family : data_command_families()) {
    add(family);
    for (const Command& row : family)
      add(row.subcommands);
  }
  add(memory_usage_rows());
  add(debug_object_rows());
  return index;
}

const std::map<std::string, const Command*>& row_index() {
  static const std::map<std::string, const Command*> index = index_rows();
  return index;
}

}  // namespace

std::vector<const Command*> all_rows() {
  std::vector<const Command*> rows;
  for (const auto& [name, row] : row_index()) {
    if (row->run != nullptr) rows.push_back(row);
  }
  return rows;
}

const Command* find_row(const std::vector<std::string>& args) {
  const auto& index = row_index();
  if (args.size() > 1) {
    const auto found = index.find(lower(args[0]) + "|" + lower(args[1]));
    if (found != index.end()) return found->second;
  }
  const auto found = index.find(lower(args[0]));
  return found != index.end() && found->second->run != nullptr ? found->second : nullptr;
}

CommandFixture::CommandFixture(int shards, Resp version) : version_(version) {
  for (int i = 0; i < shards; i++) {
    shards_.push_back(std::make_unique<Shard>(
        ShardOptions{.index = i, .shard_count = shards, .seed = static_cast<uint64_t>(i) + 1}));
    pointers_.push_back(shards_.back().get());
  }
  partition_map_.resize(kPartitions);
  for (int partition = 0; partition < kPartitions; partition++) {
    partition_map_[static_cast<size_t>(partition)] = static_cast<uint16_t>(partition % shards);
  }
  view_ = {.shards = pointers_, .partition_map = partition_map_.data()};
  advance_ms(0);
}

void CommandFixture::advance_ms(int64_t ms) {
  now_ms_ += ms;
  const Time now{.unix_us = now_ms_ * 1000, .mono_ns = now_ms_ * 1'000'000};
  for (Shard* shard : pointers_)
    shard->set_time(now);
}

Shard& CommandFixture::shard_of(std::string_view key) {
  return view_.of_key(key);
}

void CommandFixture::verify() const {
  for (const Shard* shard : pointers_)
    shard->verify();
}

std::string CommandFixture::run_args(const std::vector<std::string>& args) {
  out_.clear();
  Reply reply(out_, version_);
  const Command* row = find_row(args);
  if (row == nullptr) {
    reply.error("ERR unknown command");
    return out_.to_string();
  }
  const auto size = static_cast<int>(args.size());
  if (row->arity >= 0 ? size != row->arity : size < -row->arity) {
    reply.error("ERR wrong number of arguments for '" + std::string(row->name) + "' command");
    return out_.to_string();
  }
  const Words words(args.begin(), args.end());
  if (const Error error = execute(*row, words, reply)) {
    CHECK(out_.empty());  // A handler writes a reply or returns an error, never both.
    reply.error(error.text());
  }
  return out_.to_string();
}

std::string CommandFixture::run(std::string_view words) {
  std::vector<std::string> args(1);
  for (const char c : words) {
    if (c == ' ') {
      args.emplace_back();
    } else {
      args.back() += c;
    }
  }
  std::string shown;
  const std::string raw = run_args(args);
  for (size_t i = 0; i < raw.size(); i++) {
    const bool line_end = raw[i] == '\r' && i + 1 < raw.size() && raw[i + 1] == '\n';
    shown += line_end ? ' ' : raw[i];
    if (line_end) i++;
  }
  if (!shown.empty()) shown.pop_back();
  return shown;
}

std::string CommandFixture::run_with_owner(const std::vector<std::string>& args, size_t index) {
  owner_index_ = index;
  std::string reply = run_args(args);
  owner_index_ = 0;
  return reply;
}

Error CommandFixture::execute_on(Shard& shard, const Command& row, const Words& args,
                                 Reply& reply) {
  std::vector<SharedBytes> owners(args.size());
  Words words = args;
  if (owner_index_ != 0) {
    owners[owner_index_] = SharedBytes::copy_of(args[owner_index_]);
    words[owner_index_] = owners[owner_index_].view();
  }
  Call call(shard, db_, words, reply);
  call.set_owners(owners);
  if (row.keys.first > 0) {
    const auto first = static_cast<size_t>(row.keys.first);
    call.set_hash(first, hash_key(words[first]));
  }
  if (row.route != Route::kKey && row.route != Route::kSplit) call.set_view(&view_);
  return row.run(call);
}

Error CommandFixture::execute(const Command& row, const Words& args, Reply& reply) {
  switch (row.route) {
    case Route::kSplit:
      return execute_split(row, args, reply);
    case Route::kCursor: {
      ScanPosition position;
      if (!parse_scan_cursor(args[1], shards(), position)) return errors::kInvalidCursor;
      return execute_on(shard(position.shard), row, args, reply);
    }
    case Route::kKey:
    case Route::kCoordinated: {
      const auto first = static_cast<size_t>(row.keys.first);
      Shard& home = first > 0 ? shard_of(args[first]) : shard(0);
      return execute_on(home, row, args, reply);
    }
    case Route::kAllShards:
      return execute_on(shard(0), row, args, reply);
    case Route::kScript:
    case Route::kConnection:
      break;
  }
  CHECK(false);
  return {};
}

Error CommandFixture::execute_split(const Command& row, const Words& args, Reply& reply) {
  const auto step = static_cast<size_t>(row.keys.step);
  if ((args.size() - 1) % step != 0 || shards() == 1) {
    return execute_on(shard(0), row, args, reply);
  }
  std::map<int, Words> parts;
  std::map<int, std::vector<size_t>> positions;
  for (size_t i = 1; i < args.size(); i += step) {
    const int index = shard_of(args[i]).index();
    parts[index].resize(std::max<size_t>(parts[index].size(), 1), args[0]);
    for (size_t j = 0; j < step; j++)
      parts[index].push_back(args[i + j]);
    positions[index].push_back((i - 1) / step);
  }
  int64_t sum = 0;
  std::vector<std::string> elements((args.size() - 1) / step);
  for (const auto& [index, words] : parts) {
    OutBuffer out;
    std::vector<size_t> marks;
    Reply part(out, version_);
    part.collect_marks(&marks);
    if (Error error = execute_on(shard(index), row, words, part)) return error;
    const std::string bytes = out.to_string();
    if (row.merge == Merge::kSum) sum += std::atoll(bytes.c_str() + 1);
    if (row.merge != Merge::kGather) continue;
    CHECK(marks.size() == positions[index].size());
    size_t from = bytes.find('\n') + 1;
    for (size_t i = 0; i < marks.size(); i++) {
      elements[positions[index][i]] = bytes.substr(from, marks[i] - from);
      from = marks[i];
    }
  }
  if (row.merge == Merge::kSum) reply.integer(sum);
  if (row.merge == Merge::kOk) reply.ok();
  if (row.merge == Merge::kGather) {
    reply.array(elements.size());
    for (const std::string& element : elements)
      reply.out().append(element);
  }
  return {};
}

}  // namespace rondo
