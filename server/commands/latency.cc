#include "server/commands/latency.h"

#include <fmt/format.h>

#include <algorithm>
#include <set>

#include "server/commands/command_entry.h"
#include "server/commands/gather.h"
#include "server/commands/help.h"
#include "server/latency.h"

namespace rondo {
namespace {

// The events of all cores as one, for a function that writes the reply.
class GatherEvents : public Gather {
 public:
  using Write = Error (*)(const LatencyMonitor& events, std::string_view event, Core& home,
                          Reply& reply);
  GatherEvents(Core& home, std::string_view event, Write write)
      : event_(event), write_(write), events_(home) {}

  void run(Core& core) override { events_.of(core) = core.latency(); }
  Error reply(Core& home, Session&, Reply& reply) override {
    LatencyMonitor all;
    events_.for_each([&](const LatencyMonitor& events) { all.merge(events); });
    return write_(all, event_, home, reply);
  }

 private:
  const std::string event_;
  const Write write_;
  PerCore<LatencyMonitor> events_;
};

Error gather_events(ServerCall& call, GatherEvents::Write write) {
  const std::string_view event = call.size() > 2 ? call[2] : std::string_view();
  return start_gather(call, std::make_unique<GatherEvents>(call.core, event, write));
}

Error write_latest(const LatencyMonitor& all, std::string_view, Core&, Reply& reply) {
  reply.array(all.events().size());
  for (const auto& [name, event] : all.events()) {
    reply.array(4);
    reply.bulk(name);
    reply.integer(event.samples.back().unix_seconds);
    reply.integer(event.samples.back().ms);
    reply.integer(event.max_ms);
  }
  return {};
}

Error write_history(const LatencyMonitor& all, std::string_view name, Core&, Reply& reply) {
  const auto at = all.events().find(name);
  if (at == all.events().end()) {
    reply.array(0);
    return {};
  }
  reply.array(at->second.samples.size());
  for (const LatencySample& sample : at->second.samples) {
    reply.array(2);
    reply.integer(sample.unix_seconds);
    reply.integer(sample.ms);
  }
  return {};
}

Error write_graph(const LatencyMonitor& all, std::string_view name, Core& home, Reply& reply) {
  const auto at = all.events().find(name);
  if (at == all.events().end()) {
    return Error(fmt::format("ERR No samples available for event '{}'", name.substr(0, 128)));
  }
  reply.verbatim("txt", latency_graph(name, at->second, home.now_ms() / 1000));
  return {};
}

Error write_doctor(const LatencyMonitor& all, std::string_view, Core& home, Reply& reply) {
  const int64_t threshold_ms = home.config().latency_monitor_threshold;
  std::string text;
  if (threshold_ms == 0) {
    text =
        "I'm sorry, Dave, I can't do that. Latency monitoring is disabled in this Redis instance. "
        "You may use \"CONFIG SET latency-monitor-threshold <milliseconds>.\" in order to enable "
        "it.\n";
  } else if (all.events().empty()) {
    text =
        "Dave, no latency spike was observed during the lifetime of this Redis instance, not "
        "in the slightest bit. I honestly think you ought to sit down calmly, take a stress "
        "pill, and think things over.\n";
  } else {
    text = fmt::format(
        "Dave, I have observed latency spikes (of {} milliseconds and more) in this "
        "instance.\n\n",
        threshold_ms);
    size_t number = 0;
    for (const auto& [name, event] : all.events()) {
      int64_t sum = 0;
      for (const LatencySample& sample : event.samples)
        sum += sample.ms;
      const auto count = static_cast<int64_t>(event.samples.size());
      const int64_t span = event.samples.back().unix_seconds - event.samples.front().unix_seconds;
      text += fmt::format(
          "{}. {}: {} latency spikes (average {}ms, period {:.2f} sec). Worst all "
          "time event {}ms.\n",
          ++number, name, count, sum / count,
          count > 1 ? static_cast<double>(span) / static_cast<double>(count - 1) : 0.0,
          event.max_ms);
    }
    text += "\nSLOWLOG GET names the commands; LATENCY GRAPH shows one event over time.\n";
  }
  reply.verbatim("txt", text);
  return {};
}

Error latency_latest(ServerCall& call) {
  return gather_events(call, write_latest);
}
Error latency_history(ServerCall& call) {
  return gather_events(call, write_history);
}
Error latency_graph_command(ServerCall& call) {
  return gather_events(call, write_graph);
}
Error latency_doctor(ServerCall& call) {
  return gather_events(call, write_doctor);
}

class ResetEvents : public Gather {
 public:
  ResetEvents(Core& home, std::vector<std::string> names)
      : names_(std::move(names)), removed_(home) {}

  void run(Core& core) override {
    LatencyMonitor& monitor = core.latency();
    for (const auto& [name, event] : monitor.events()) {
      const bool named = std::find(names_.begin(), names_.end(), name) != names_.end();
      if (names_.empty() || named) removed_.of(core).insert(name);
    }
    for (const std::string& name : removed_.of(core))
      monitor.reset(name);
  }

  Error reply(Core&, Session&, Reply& reply) override {
    std::set<std::string> all;
    removed_.for_each([&](std::set<std::string>& names) { all.merge(names); });
    reply.integer(static_cast<int64_t>(all.size()));
    return {};
  }

 private:
  const std::vector<std::string> names_;
  PerCore<std::set<std::string>> removed_;
};

Error latency_reset(ServerCall& call) {
  std::vector<std::string> names;
  for (size_t i = 2; i < call.size(); ++i)
    names.emplace_back(call[i]);
  return start_gather(call, std::make_unique<ResetEvents>(call.core, std::move(names)));
}

// The durations of each command that was called, by its number.
class GatherHistograms : public Gather {
 public:
  GatherHistograms(Core& home, std::vector<uint16_t> ids) : ids_(std::move(ids)), found_(home) {}

  void run(Core& core) override {
    for (const uint16_t id : ids_) {
      const CommandStats& stats = core.stats().commands[id];
      if (stats.latency) found_.of(core).emplace(id, *stats.latency);
    }
  }

  Error reply(Core&, Session&, Reply& reply) override {
    std::map<uint16_t, Histogram> all;
    found_.for_each([&](const std::map<uint16_t, Histogram>& found) {
      for (const auto& [id, histogram] : found)
        all[id].add(histogram);
    });
    reply.map(all.size());
    for (const auto& [id, histogram] : all) {
      reply.bulk(CommandTable::instance().row(id).name);
      reply.map(2);
      reply.bulk("calls");
      reply.integer(static_cast<int64_t>(histogram.count()));
      reply.bulk("histogram_usec");
      write_buckets(histogram, reply);
    }
    return {};
  }

 private:
  // Cumulative counts at powers of two, from the first that has any to the last that adds some.
  static void write_buckets(const Histogram& histogram, Reply& reply) {
    std::vector<std::pair<int64_t, uint64_t>> buckets;
    const uint64_t total = histogram.count();
    uint64_t seen = 0;
    for (int64_t us = 1; us <= int64_t{1} << 30 && seen < total; us *= 2) {
      const auto cycles = static_cast<uint64_t>(static_cast<double>(us) * cycles_per_us());
      const uint64_t below = histogram.count_below(cycles);
      if (below > seen) buckets.emplace_back(us, below);
      seen = below;
    }
    reply.map(buckets.size());
    for (const auto& [us, count] : buckets) {
      reply.integer(us);
      reply.integer(static_cast<int64_t>(count));
    }
  }

  const std::vector<uint16_t> ids_;
  PerCore<std::map<uint16_t, Histogram>> found_;
};

Error latency_histogram(ServerCall& call) {
  const CommandTable& table = CommandTable::instance();
  std::vector<uint16_t> ids;
  const auto add = [&](const Command& row) {
    ids.push_back(table.id(row));
    for (const Command& sub : row.subcommands)
      ids.push_back(table.id(sub));
  };
  if (call.size() == 2) {
    for (const Command* row : table.commands())
      add(*row);
  }
  for (size_t i = 2; i < call.size(); ++i) {
    if (const Command* row = find_full_name(call[i])) add(*row);
  }
  return start_gather(call, std::make_unique<GatherHistograms>(call.core, std::move(ids)));
}

constexpr std::string_view kHelp[] = {
    "DOCTOR",
    "    Return a human readable latency analysis report.",
    "GRAPH <event>",
    "    Return an ASCII latency graph for the <event> class.",
    "HISTORY <event>",
    "    Return time-latency samples for the <event> class.",
    "LATEST",
    "    Return the latest latency samples for all events.",
    "RESET [<event> ...]",
    "    Reset latency data of one or more <event> classes.",
    "    (default: reset all data for all event classes)",
    "HISTOGRAM [COMMAND ...]",
    "    Return a cumulative distribution of latencies in the format of a histogram for the "
    "specified command names.",
    "    If no commands are specified then all histograms are replied.",
};

Error latency_help(ServerCall& call) {
  reply_help(call.reply, "LATENCY", kHelp);
  return {};
}

constexpr Command row(std::string_view name, std::string_view syntax, int arity,
                      Error (*serve)(ServerCall&), std::string_view since,
                      std::string_view summary) {
  return {.name = name,
          .arity = arity,
          .flags = kAdmin | kNoscript | kLoading | kStale,
          .route = Route::kConnection,
          .serve = serve,
          .group = "server",
          .since = since,
          .summary = summary,
          .complexity = "O(N), N the number of samples or commands",
          .syntax = syntax};
}

const Command kSubcommands[] = {
    with_tips(
        row("latency|doctor", "", 2, latency_doctor, "2.8.13", "Says in words what was slow."),
        "nondeterministic_output request_policy:all_nodes response_policy:special"),
    with_tips(row("latency|graph", "event", 3, latency_graph_command, "2.8.13",
                  "Draws the samples of an event."),
              "nondeterministic_output request_policy:all_nodes response_policy:special"),
    {.name = "latency|help",
     .arity = 2,
     .flags = kLoading | kStale,
     .route = Route::kConnection,
     .serve = latency_help,
     .group = "server",
     .since = "2.8.13",
     .summary = "Lists the subcommands.",
     .complexity = "O(1)"},
    with_tips(row("latency|histogram", "[command...]", -2, latency_histogram, "7.0.0",
                  "Shows how long commands took, as cumulative counts."),
              "nondeterministic_output request_policy:all_nodes response_policy:special"),
    with_tips(row("latency|history", "event", 3, latency_history, "2.8.13",
                  "Lists the samples of an event."),
              "nondeterministic_output request_policy:all_nodes response_policy:special"),
    with_tips(row("latency|latest", "", 2, latency_latest, "2.8.13",
                  "Shows the last sample of every event."),
              "nondeterministic_output request_policy:all_nodes response_policy:special"),
    with_tips(row("latency|reset", "[event...]", -2, latency_reset, "2.8.13", "Forgets events."),
              "request_policy:all_nodes response_policy:agg_sum"),
};

const Command kRows[] = {
    {.name = "latency",
     .arity = -2,
     .subcommands = kSubcommands,
     .group = "server",
     .since = "2.8.13",
     .summary = "Shows what was slow, and how long commands take.",
     .complexity = "Depends on the subcommand."},
};

}  // namespace

std::span<const Command> latency_commands() {
  return kRows;
}

}  // namespace rondo
