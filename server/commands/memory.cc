#include "server/commands/memory.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <malloc.h>
#include <sys/resource.h>
#include <unistd.h>

#include <algorithm>
#include <charconv>

#include "server/commands/gather.h"
#include "server/commands/help.h"
#include "shard/commands/object.h"

// Present when the allocator is mimalloc, which is a matter of linking.
extern "C" {
void mi_collect(bool force) __attribute__((weak));
void mi_stats_print_out(void (*out)(const char* text, void* arg), void* arg) __attribute__((weak));
}

namespace rondo {

ProcessMemory read_process_memory() {
  ProcessMemory memory;
  const auto page = static_cast<uint64_t>(sysconf(_SC_PAGESIZE));
  memory.system = static_cast<uint64_t>(sysconf(_SC_PHYS_PAGES)) * page;
  // "total resident ...", in pages. Kept open: opening it costs more than reading it.
  static const int file = open("/proc/self/statm", O_RDONLY | O_CLOEXEC);
  char text[128];
  const ssize_t size = pread(file, text, sizeof text, 0);
  const std::string_view line(text, size > 0 ? static_cast<size_t>(size) : 0);
  const size_t from = line.find(' ') + 1;
  uint64_t pages = 0;
  std::from_chars(line.data() + from, line.data() + line.size(), pages);
  memory.resident = pages * page;
  rusage usage = {};
  getrusage(RUSAGE_SELF, &usage);
  // The kernel counts the peak in batches, so it can lag behind.
  memory.resident_peak = std::max(static_cast<uint64_t>(usage.ru_maxrss) * 1024, memory.resident);
  return memory;
}

const char* allocator_name() {
  return mi_collect != nullptr ? "mimalloc" : "libc";
}

namespace {

struct MemoryPart {
  uint64_t data = 0;
  uint64_t clients = 0;
  uint64_t keys = 0;
};

class GatherMemory : public Gather {
 public:
  using Write = void (*)(const MemoryPart& all, const ProcessMemory& process, Reply& reply);
  GatherMemory(Core& home, Write write) : write_(write), parts_(home) {}

  void run(Core& core) override {
    MemoryPart& part = parts_.of(core);
    part.data = core.shard().memory_bytes();
    core.sessions().for_each([&](Session& session) { part.clients += session.memory_bytes(); });
    for (int i = 0; i < core.shard().databases(); ++i)
      part.keys += core.shard().db(i).size();
  }

  Error reply(Core&, Session&, Reply& reply) override {
    MemoryPart all;
    parts_.for_each([&](const MemoryPart& part) {
      all.data += part.data;
      all.clients += part.clients;
      all.keys += part.keys;
    });
    write_(all, read_process_memory(), reply);
    return {};
  }

 private:
  const Write write_;
  PerCore<MemoryPart> parts_;
};

double ratio(uint64_t part, uint64_t whole) {
  return whole == 0 ? 0 : static_cast<double>(part) / static_cast<double>(whole);
}

void write_stats(const MemoryPart& all, const ProcessMemory& process, Reply& reply) {
  const uint64_t total = all.data + all.clients;
  const auto number = [&](const char* name, uint64_t value) {
    reply.bulk(name);
    reply.integer(static_cast<int64_t>(value));
  };
  const auto fraction = [&](const char* name, double value) {
    reply.bulk(name);
    reply.real(value);
  };
  const uint64_t more = process.resident > total ? process.resident - total : 0;
  reply.map(21);
  number("peak.allocated", process.resident_peak);
  number("total.allocated", total);
  number("startup.allocated", 0);
  number("replication.backlog", 0);
  number("clients.slaves", 0);
  number("clients.normal", all.clients);
  number("cluster.links", 0);
  number("aof.buffer", 0);
  number("lua.caches", 0);
  number("functions.caches", 0);
  number("overhead.total", all.clients);
  number("keys.count", all.keys);
  number("keys.bytes-per-key", all.keys == 0 ? 0 : all.data / all.keys);
  number("dataset.bytes", all.data);
  fraction("dataset.percentage", ratio(all.data, total) * 100);
  fraction("peak.percentage", ratio(process.resident, process.resident_peak) * 100);
  number("allocator.allocated", total);
  number("allocator.active", process.resident);
  number("allocator.resident", process.resident);
  fraction("fragmentation", ratio(process.resident, total));
  number("fragmentation.bytes", more);
}

void write_doctor(const MemoryPart& all, const ProcessMemory& process, Reply& reply) {
  constexpr uint64_t kTooLittle = 5ull << 20;
  constexpr uint64_t kWaste = 10ull << 20;
  const uint64_t total = all.data + all.clients;
  std::string text;
  if (total < kTooLittle) {
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
    if (all.clients > all.data / 4) {
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
