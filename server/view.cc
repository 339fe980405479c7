// Running one command on a view of several shards, all held by this thread.
#include "server/core.h"
#include "server/split.h"
#include "server/transaction.h"
#include "shard/scan_cursor.h"

namespace rondo {

namespace {

// MGET, MSET, DEL and their like, key by key: each key's part runs on its own shard, in the order
// of the arguments, which matters for a key that is named twice.
void run_split_on_view(Core& core, const ShardView& view, Request& request, const Command& row,
                       Reply& reply) {
  const auto first = static_cast<size_t>(row.keys.first);
  const auto step = static_cast<size_t>(row.keys.step);
  std::vector<std::string_view> args(request.args.begin(),
                                     request.args.begin() + static_cast<long>(first));
  args.resize(first + step);
  if (row.merge == Merge::kGather) reply.array((request.args.size() - first) / step);
  int64_t sum = 0;
  bool failed = false;
  OutBuffer out;
  std::vector<size_t> ends;
  for (size_t at = first; at + step <= request.args.size(); at += step) {
    for (size_t i = 0; i < step; ++i)
      args[first + i] = request.args[at + i];
    Request one = request;
    one.args = args;
    one.hash = 0;
    one.owners = {};
    out.clear();
    out.set_limit(reply.out().room());
    ends.clear();
    Reply part(out, request.resp);
    part.collect_marks(&ends);
    failed = !core.run_on(view.of_key(args[first]), view, one, row, part) || failed;
    if (out.is_cut()) {
      reply.out().cut_off();
    } else if (row.merge == Merge::kGather) {
      CHECK(ends.size() == 1);
      reply.out().append_range(out, array_header_bytes(1), ends[0]);
    } else if (row.merge == Merge::kSum) {
      sum += part_integer(out);
    }
  }
  core.count_executed(request, row, core.lap_clock(), failed);
  if (row.merge == Merge::kSum) reply.integer(sum);
  if (row.merge == Merge::kOk) reply.ok();
}

}  // namespace

void run_on_view(Core& core, const ShardView& view, Request& request, const Command& row,
                 Reply& reply) {
  std::vector<int> positions;
  static_cast<void>(key_positions(row, request.args, positions));
  // Any shard of the view will do for what needs all of them.
  Shard* home = nullptr;
  for (Shard* shard : view.shards) {
    if (shard && !home) home = shard;
  }
  if (row.route == Route::kCursor) {
    ScanPosition position;
    const int shards = static_cast<int>(view.shards.size());
    if (parse_scan_cursor(request.args[1], shards, position)) {
      home = view.shards[static_cast<size_t>(position.shard)];
    }
  } else if (!positions.empty()) {
    home = &view.of_key(request.args[static_cast<size_t>(positions[0])]);
    bool one_shard = true;
    for (int position : positions) {
      const std::string_view key = request.args[static_cast<size_t>(position)];
      one_shard = one_shard && &view.of_key(key) == home;
    }
    if (!one_shard && row.route == Route::kSplit && is_complete_split(row, request.args)) {
      run_split_on_view(core, view, request, row, reply);
      return;
    }
  }
  CHECK(home != nullptr);
  core.execute_on(*home, view, request, row, reply);
}

}  // namespace rondo
