#include "server/commands/memory.h"

#include <fmt/format.h>
#include <malloc.h>

#include <algorithm>
#include <string>
#include <utility>
#include <vector>

#include "server/commands/gather.h"
#include "server/commands/help.h"
#include "server/memory_use.h"
#include "shard/commands/object.h"

// Present when the allocator is mimalloc, which is a matter of linking.
extern "C" {
void mi_collect(bool force) __attribute__((weak));
void mi_stats_print_out(void (*out)(const char* text, void* arg), void* arg) __attribute__((weak));
}

namespace rondo {

const char* allocator_name() {
  return mi_collect != nullptr ? "mimalloc" : "libc";
}

namespace {

class GatherMemory : public Gather {
 public:
  using Write = void (*)(const MemoryUse& use, const ProcessMemory& process, Reply& reply);
  GatherMemory(Core& home, Write write) : write_(write), parts_(home) {}

  void run(Core& core) override { parts_.of(core) = memory_use(core); }

  Error reply(Core&, Session&, Reply& reply) override {
    MemoryUse all;
    parts_.for_each([&](const MemoryUse& part) { all.add(part); });
    write_(all, read_process_memory(), reply);
    return {};
  }

 private:
  const Write write_;
  PerCore<MemoryUse> parts_;
};

// The pairs of a map, counted before they are written.
class Figures {
 public:
  void add(std::string name, uint64_t value) { add(std::move(name), value, 0, false); }
  void add(std::string name, double value) { add(std::move(name), 0, value, true); }

  void write(Reply& reply, const MemoryUse& use) const {
    const auto has_keys = [](const MemoryUse::Database& db) { return db.keys != 0; };
    const auto& databases = use.databases;
    const auto maps = std::count_if(databases.begin(), databases.end(), has_keys);
    reply.map(figures_.size() + static_cast<size_t>(maps));
    for (const Figure& figure : figures_) {
      reply.bulk(figure.name);
      if (figure.is_fraction) {
        reply.real(figure.fraction);
      } else {
        reply.integer(static_cast<int64_t>(figure.number));
      }
    }
    // Expiries are in the entries, so they have no table.
    for (size_t i = 0; i < databases.size(); ++i) {
      if (!has_keys(databases[i])) continue;
      reply.bulk(fmt::format("db.{}", i));
      reply.map(2);
      reply.bulk("overhead.hashtable.main");
      reply.integer(static_cast<int64_t>(databases[i].table));
      reply.bulk("overhead.hashtable.expires");
      reply.integer(0);
    }
  }

 private:
  struct Figure {
    std::string name;
    uint64_t number;
    double fraction;
    bool is_fraction;
  };
  void add(std::string name, uint64_t number, double fraction, bool is_fraction) {
    figures_.push_back({std::move(name), number, fraction, is_fraction});
  }
  std::vector<Figure> figures_;
};

void write_stats(const MemoryUse& use, const ProcessMemory& process, Reply& reply) {
  const uint64_t used = use.used();
  const uint64_t more = process.resident > used ? process.resident - used : 0;
  Figures figures;
  figures.add("peak.allocated", process.resident_peak);
  figures.add("total.allocated", used);
  figures.add("startup.allocated", use.startup);
  for (const char* none : {"replication.backlog", "clients.slaves"})
    figures.add(none, uint64_t{0});
  figures.add("clients.normal", use.clients);
  for (const char* none : {"cluster.links", "aof.buffer", "lua.caches", "functions.caches"})
    figures.add(none, uint64_t{0});
  figures.add("overhead.total", use.overhead());
  figures.add("keys.count", use.keys());
  figures.add("keys.bytes-per-key", use.keys() == 0 ? 0 : (used - use.startup) / use.keys());
  figures.add("dataset.bytes", use.dataset());
  figures.add("dataset.percentage", use.dataset_share() * 100);
  figures.add("peak.percentage", ratio(used, process.resident_peak) * 100);
  figures.add("allocator.allocated", used);
  figures.add("allocator.active", process.resident);
  figures.add("allocator.resident", process.resident);
  figures.add("allocator-fragmentation.ratio", ratio(process.resident, used));
  figures.add("allocator-fragmentation.bytes", more);
  // All that is resident is the allocator's as far as we know.
  figures.add("allocator-rss.ratio", 1.0);
  figures.add("allocator-rss.bytes", uint64_t{0});
  figures.add("rss-overhead.ratio", 1.0);
  figures.add("rss-overhead.bytes", uint64_t{0});
  figures.add("fragmentation", ratio(process.resident, used));
  figures.add("fragmentation.bytes", more);
  figures.write(reply, use);
}

void write_doctor(const MemoryUse& use, const ProcessMemory& process, Reply& reply) {
  constexpr uint64_t kTooLittle = 5ull << 20;
  constexpr uint64_t kWaste = 10ull << 20;
  const uint64_t total = use.used();
  std::string text;
  if (use.data + use.clients < kTooLittle) {
    text =
        "Hi Sam, this instance is empty or is using very little memory, my issues detector "
        "can't be used in these conditions. Please, leave for your mission on Earth and fill it "
        "with some data. The new Sam and I will be back to our programming as soon as I "
        "finished rebooting.\n";
  } else {
    if (ratio(process.resident_peak, total) > 1.5 && process.resident_peak - total > kWaste) {
      text +=
          " * Peak memory: in the past this instance used more than 150% of the memory that it "
          "uses now. The allocator keeps some of it; MEMORY PURGE may give it back.\n";
    }
    if (ratio(process.resident, total) > 1.4 && process.resident - total > kWaste) {
      text +=
          " * High fragmentation: the process has more than 140% of the memory that its data "
          "take. Other buffers, or free memory inside the allocator, are the reason.\n";
    }
    if (use.clients > use.data / 4) {
      text +=
          " * Big client buffers: connections hold more than a quarter of the memory of the "
          "data. CLIENT LIST shows which (tot-mem).\n";
    }
    text = text.empty() ? "Hi Sam, I can't find any memory issue in your instance. I can only "
                          "account for what occurs on this base.\n"
                        : "Sam, I detected a few issues in this Redis instance memory "
                          "implants:\n\n" +
                              text;
  }
  reply.verbatim("txt", text);
}

Error memory_stats(ServerCall& call) {
  return start_gather(call, std::make_unique<GatherMemory>(call.core, write_stats));
}

Error memory_doctor(ServerCall& call) {
  return start_gather(call, std::make_unique<GatherMemory>(call.core, write_doctor));
}

// Every thread has a heap of its own.
class Purge : public Gather {
 public:
  void run(Core&) override {
    if (mi_collect != nullptr)
      mi_collect(true);
    else
      malloc_trim(0);
  }
  Error reply(Core&, Session&, Reply& reply) override {
    reply.ok();
    return {};
  }
};

Error memory_purge(ServerCall& call) {
  return start_gather(call, std::make_unique<Purge>());
}

Error memory_malloc_stats(ServerCall& call) {
  std::string text;
  if (mi_stats_print_out != nullptr) {
    mi_stats_print_out(
        [](const char* line, void* all) { static_cast<std::string*>(all)->append(line); }, &text);
  } else {
    const struct mallinfo2 info = mallinfo2();
    text = fmt::format("Allocator: libc\nIn use: {} bytes\nFree: {} bytes\nMapped: {} bytes\n",
                       info.uordblks, info.fordblks, info.hblkhd);
  }
  call.reply.verbatim("txt", text);
  return {};
}

constexpr std::string_view kHelp[] = {
    "DOCTOR",
    "    Return memory problems reports.",
    "MALLOC-STATS",
    "    Return internal statistics report from the memory allocator.",
    "PURGE",
    "    Attempt to purge dirty pages for reclamation by the allocator.",
    "STATS",
    "    Return information about the memory usage of the server.",
    "USAGE <key> [SAMPLES <count>]",
    "    Return memory in bytes used by <key> and its value. Nested values are",
    "    sampled up to <count> times (default: 5, 0 means sample all).",
};

Error memory_help(ServerCall& call) {
  reply_help(call.reply, "MEMORY", kHelp);
  return {};
}

constexpr Command row(std::string_view name, uint32_t flags, Error (*serve)(ServerCall&),
                      std::string_view summary) {
  return {.name = name,
          .arity = 2,
          .flags = flags,
          .route = Route::kConnection,
          .serve = serve,
          .group = "server",
          .since = "4.0.0",
          .summary = summary,
          .complexity = "O(N), N the number of connections"};
}

std::vector<Command> make_subcommands() {
  std::vector<Command> rows = {
      with_tips(row("memory|doctor", 0, memory_doctor, "Says in words what is odd about memory."),
                "nondeterministic_output request_policy:all_shards response_policy:special"),
      row("memory|help", kLoading | kStale, memory_help, "Lists the subcommands."),
      with_tips(
          row("memory|malloc-stats", 0, memory_malloc_stats, "Shows the allocator's statistics."),
          "nondeterministic_output request_policy:all_shards response_policy:special"),
      with_tips(row("memory|purge", 0, memory_purge, "Gives free memory back to the system."),
                "request_policy:all_shards response_policy:all_succeeded"),
      with_tips(row("memory|stats", 0, memory_stats, "Shows what memory is used for."),
                "nondeterministic_output request_policy:all_shards response_policy:special"),
  };
  const auto usage = memory_usage_rows();
  rows.insert(rows.end(), usage.begin(), usage.end());
  return rows;
}

}  // namespace

std::span<const Command> memory_commands() {
  static const std::vector<Command> subcommands = make_subcommands();
  static const Command rows[] = {
      {.name = "memory",
       .arity = -2,
       .subcommands = subcommands,
       .group = "server",
       .since = "4.0.0",
       .summary = "Shows what memory is used for.",
       .complexity = "Depends on the subcommand."},
  };
  return rows;
}

}  // namespace rondo
