#include "server/commands/slowlog.h"

#include <algorithm>

#include "protocol/number.h"
#include "server/commands/gather.h"
#include "server/commands/help.h"

namespace rondo {
namespace {

constexpr size_t kEntriesDefault = 10;

// Each core keeps slowlog-max-len entries, so the newest ones of all are among them.
size_t entries_max(const Core& core) {
  return static_cast<size_t>(core.config().slowlog_max_len);
}

class GetEntries : public Gather {
 public:
  GetEntries(Core& home, size_t count) : count_(count), found_(home) {}

  void run(Core& core) override {
    const auto& entries = core.slowlog().entries();
    const auto count = static_cast<ptrdiff_t>(std::min(count_, entries.size()));
    found_.of(core).assign(entries.begin(), entries.begin() + count);
  }

  Error reply(Core& home, Session&, Reply& reply) override {
    std::vector<SlowlogEntry> all;
    found_.for_each([&](std::vector<SlowlogEntry>& entries) {
      std::move(entries.begin(), entries.end(), std::back_inserter(all));
    });
    std::sort(all.begin(), all.end(),
              [](const SlowlogEntry& a, const SlowlogEntry& b) { return a.id > b.id; });
    if (const size_t most = std::min(count_, entries_max(home)); all.size() > most) {
      all.resize(most);
    }
    reply.array(all.size());
    for (const SlowlogEntry& entry : all) {
      reply.array(6);
      reply.integer(static_cast<int64_t>(entry.id));
      reply.integer(entry.unix_seconds);
      reply.integer(entry.duration_us);
      reply.array(entry.args.size());
      for (const std::string& arg : entry.args)
        reply.bulk(arg);
      reply.bulk(entry.peer);
      reply.bulk(entry.name);
    }
    return {};
  }

 private:
  const size_t count_;
  PerCore<std::vector<SlowlogEntry>> found_;
};

class CountEntries : public Gather {
 public:
  explicit CountEntries(Core& home) : counts_(home) {}
  void run(Core& core) override { counts_.of(core) = core.slowlog().size(); }
  Error reply(Core& home, Session&, Reply& reply) override {
    size_t sum = 0;
    counts_.for_each([&](size_t count) { sum += count; });
    reply.integer(static_cast<int64_t>(std::min(sum, entries_max(home))));
    return {};
  }

 private:
  PerCore<size_t> counts_;
};

class ResetEntries : public Gather {
 public:
  void run(Core& core) override { core.slowlog().reset(); }
  Error reply(Core&, Session&, Reply& reply) override {
    reply.ok();
    return {};
  }
};

Error slowlog_get(ServerCall& call) {
  size_t count = kEntriesDefault;
  if (call.size() > 3) {
    return unknown_subcommand("SLOWLOG", call[1]);
  }
  if (call.size() == 3) {
    const auto wanted = parse_integer(call[2]);
    if (!wanted || *wanted < -1) return "ERR count should be greater than or equal to -1";
    count = *wanted == -1 ? entries_max(call.core) : static_cast<size_t>(*wanted);
  }
  return start_gather(call, std::make_unique<GetEntries>(call.core, count));
}

Error slowlog_len(ServerCall& call) {
  return start_gather(call, std::make_unique<CountEntries>(call.core));
}

Error slowlog_reset(ServerCall& call) {
  return start_gather(call, std::make_unique<ResetEntries>());
}

constexpr std::string_view kHelp[] = {
    "GET [<count>]",
    "    Return top <count> entries from the slowlog (default: 10, -1 mean all).",
    "    Entries are made of:",
    "    id, timestamp, time in microseconds, arguments array, client IP and port,",
    "    client name",
    "LEN",
    "    Return the length of the slowlog.",
    "RESET",
    "    Reset the slowlog.",
};

Error slowlog_help(ServerCall& call) {
  reply_help(call.reply, "SLOWLOG", kHelp);
  return {};
}

constexpr uint32_t kFlags = kAdmin | kLoading | kStale;

const Command kSubcommands[] = {
    {.name = "slowlog|get",
     .arity = -2,
     .flags = kFlags,
     .route = Route::kConnection,
     .serve = slowlog_get,
     .tips = "request_policy:all_nodes nondeterministic_output",
     .group = "server",
     .since = "2.2.12",
     .summary = "Shows the newest slow commands.",
     .complexity = "O(N), N the number of entries",
     .syntax = "[count:integer]"},
    {.name = "slowlog|help",
     .arity = 2,
     .flags = kLoading | kStale,
     .route = Route::kConnection,
     .serve = slowlog_help,
     .group = "server",
     .since = "6.2.0",
     .summary = "Lists the subcommands.",
     .complexity = "O(1)"},
    {.name = "slowlog|len",
     .arity = 2,
     .flags = kFlags,
     .route = Route::kConnection,
     .serve = slowlog_len,
     .tips = "request_policy:all_nodes response_policy:agg_sum nondeterministic_output",
     .group = "server",
     .since = "2.2.12",
     .summary = "Counts the entries.",
     .complexity = "O(1)"},
    {.name = "slowlog|reset",
     .arity = 2,
     .flags = kFlags,
     .route = Route::kConnection,
     .serve = slowlog_reset,
     .tips = "request_policy:all_nodes response_policy:all_succeeded",
     .group = "server",
     .since = "2.2.12",
     .summary = "Forgets all entries.",
     .complexity = "O(N), N the number of entries"},
};

const Command kRows[] = {
    {.name = "slowlog",
     .arity = -2,
     .subcommands = kSubcommands,
     .group = "server",
     .since = "2.2.12",
     .summary = "Shows the slow commands of late.",
     .complexity = "Depends on the subcommand."},
};

}  // namespace

std::span<const Command> slowlog_commands() {
  return kRows;
}

}  // namespace rondo
