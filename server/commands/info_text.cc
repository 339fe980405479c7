// The text of INFO, one function for each section.
#include <fmt/format.h>
#include <sys/resource.h>
#include <sys/utsname.h>
#include <unistd.h>

#include <climits>
#include <concepts>

#include "server/commands/info.h"
#include "server/commands/memory.h"
#include "server/config_option.h"
#include "server/core.h"
#include "server/logger.h"
#include "server/text.h"
#include "server/version.h"

namespace rondo {
namespace {

// Appends lines to a section's text.
class Lines {
 public:
  explicit Lines(std::string& text) : text_(text) {}
  void add(std::string_view name, std::string_view value) {
    text_.append(name).append(":").append(value).append("\r\n");
  }
  void add(std::string_view name, std::integral auto value) {
    const fmt::format_int digits(value);
    add(name, std::string_view(digits.data(), digits.size()));
  }
  void add_bytes(std::string_view name, uint64_t bytes) {
    add(name, bytes);
    add(std::string(name) + "_human", human_bytes(bytes));
  }
  // For what this server does not have, but tools look for.
  void add_zeros(std::initializer_list<std::string_view> names) {
    for (const std::string_view name : names)
      add(name, 0);
  }

 private:
  std::string& text_;
};

struct Context {
  Core& home;
  const InfoData& all;
  std::span<const InfoData* const> cores;
};

// What never changes is asked for once: clients ask for INFO whenever they connect.
const std::string& operating_system() {
  static const std::string text = [] {
    utsname name = {};
    uname(&name);
    return fmt::format("{} {} {}", name.sysname, name.release, name.machine);
  }();
  return text;
}

const std::string& executable() {
  static const std::string text = [] {
    char path[PATH_MAX];
    const ssize_t size = readlink("/proc/self/exe", path, sizeof path);
    return size > 0 ? std::string(path, static_cast<size_t>(size)) : std::string();
  }();
  return text;
}

void write_server(const Context& context, Lines lines) {
  static const Option* const kHz = find_option("hz");
  Core& core = context.home;
  const Server& server = core.server();
  const int64_t uptime_s = (core.now_ms() - server.started_unix_ms) / 1000;
  lines.add("redis_version", kRedisVersion);
  lines.add("rondo_version", kVersion);
  lines.add("redis_git_sha1", "00000000");
  lines.add("redis_git_dirty", 0);
  lines.add("redis_build_id", "0");
  lines.add("redis_mode", "standalone");
  lines.add("os", operating_system());
  lines.add("arch_bits", 64);
  lines.add("monotonic_clock", "POSIX clock_gettime");
  lines.add("multiplexing_api", "io_uring");
  lines.add("atomicvar_api", "c11-builtin");
  lines.add("gcc_version", fmt::format("{}.{}.{}", __GNUC__, __GNUC_MINOR__, __GNUC_PATCHLEVEL__));
  lines.add("process_id", getpid());
  lines.add("process_supervised", "no");
  lines.add("run_id", server.run_id);
  lines.add("tcp_port", server.tcp_port);
  lines.add("server_time_usec", core.now().unix_us);
  lines.add("uptime_in_seconds", uptime_s);
  lines.add("uptime_in_days", uptime_s / 86400);
  lines.add("hz", 10);
  lines.add("configured_hz", option_value(core.config(), *kHz));
  lines.add("lru_clock", core.now_ms() / 1000 & 0xffffff);
  lines.add("executable", executable());
  lines.add("config_file", core.config().config_file);
  lines.add("io_threads_active", 0);
  lines.add("threads", core.cores());
}

void write_clients(const Context& context, Lines lines) {
  const InfoData& all = context.all;
  lines.add("connected_clients", all.sessions);
  lines.add("cluster_connections", 0);
  lines.add("maxclients", context.home.config().maxclients);
  lines.add("client_recent_max_input_buffer", all.input_bytes_max);
  lines.add("client_recent_max_output_buffer", all.output_bytes_max);
  lines.add("blocked_clients", all.blocked);
  lines.add("tracking_clients", 0);
  lines.add("clients_in_timeout_table", all.timed);
  lines.add("total_blocking_keys", all.awaited_keys);
  lines.add("total_blocking_keys_on_nokey", 0);
  lines.add("monitor_clients", all.monitors);
}

void write_memory(const Context& context, Lines lines) {
  static const Option* const kPolicy = find_option("maxmemory-policy");
  const Config& config = context.home.config();
  const ProcessMemory process = read_process_memory();
  const MemoryUse& memory = context.all.memory;
  const uint64_t used = memory.used();
  lines.add_bytes("used_memory", used);
  lines.add_bytes("used_memory_rss", process.resident);
  lines.add_bytes("used_memory_peak", process.resident_peak);
  lines.add("used_memory_peak_perc",
            fmt::format("{:.2f}%", ratio(used, process.resident_peak) * 100));
  lines.add("used_memory_overhead", memory.overhead());
  lines.add("used_memory_startup", memory.startup);
  lines.add("used_memory_dataset", memory.dataset());
  lines.add("used_memory_dataset_perc", fmt::format("{:.2f}%", memory.dataset_share() * 100));
  lines.add("allocator_allocated", used);
  lines.add("allocator_active", process.resident);
  lines.add("allocator_resident", process.resident);
  lines.add_bytes("total_system_memory", process.system);
  const uint64_t lua = context.all.interpreter_bytes;
  const ScriptRegistry& scripts = context.home.server().scripts;
  lines.add_bytes("used_memory_lua", lua);
  lines.add("used_memory_vm_eval", lua);
  lines.add("used_memory_scripts_eval", scripts.bytes());
  lines.add("number_of_cached_scripts", scripts.count());
  lines.add_zeros({"number_of_functions", "number_of_libraries", "used_memory_vm_functions"});
  lines.add_bytes("used_memory_vm_total", lua);
  lines.add_zeros({"used_memory_functions"});
  lines.add_bytes("used_memory_scripts", scripts.bytes());
  lines.add_bytes("maxmemory", static_cast<uint64_t>(config.maxmemory));
  lines.add("maxmemory_policy", option_value(config, *kPolicy));
  lines.add("mem_fragmentation_ratio", fmt::format("{:.2f}", ratio(process.resident, used)));
  lines.add("mem_fragmentation_bytes",
            static_cast<int64_t>(process.resident) - static_cast<int64_t>(used));
  lines.add_zeros({"mem_not_counted_for_evict", "mem_replication_backlog",
                   "mem_total_replication_buffers", "mem_clients_slaves"});
  lines.add("mem_clients_normal", memory.clients);
  lines.add_zeros({"mem_cluster_links", "mem_aof_buffer"});
  lines.add("mem_allocator", allocator_name());
  lines.add("active_defrag_running", 0);
  lines.add("lazyfree_pending_objects", memory.pending);
  lines.add("lazyfreed_objects", memory.freed);
}

void write_persistence(const Context& context, Lines lines) {
  lines.add_zeros(
      {"loading", "async_loading", "current_cow_peak", "current_cow_size", "current_cow_size_age"});
  lines.add("current_fork_perc", "0.00");
  lines.add_zeros({"current_save_keys_processed", "current_save_keys_total"});
  lines.add("rdb_changes_since_last_save", context.all.shard.mutations);
  lines.add("rdb_bgsave_in_progress", 0);
  lines.add("rdb_last_save_time", context.home.server().started_unix_ms / 1000);
  lines.add("rdb_last_bgsave_status", "ok");
  lines.add("rdb_last_bgsave_time_sec", -1);
  lines.add("rdb_current_bgsave_time_sec", -1);
  lines.add_zeros({"rdb_saves", "rdb_last_cow_size", "rdb_last_load_keys_expired",
                   "rdb_last_load_keys_loaded", "aof_enabled", "aof_rewrite_in_progress",
                   "aof_rewrite_scheduled"});
  lines.add("aof_last_rewrite_time_sec", -1);
  lines.add("aof_current_rewrite_time_sec", -1);
  lines.add("aof_last_bgrewrite_status", "ok");
  lines.add("aof_last_write_status", "ok");
  lines.add_zeros({"aof_last_cow_size", "module_fork_in_progress", "module_fork_last_cow_size"});
}

void write_stats(const Context& context, Lines lines) {
  const CoreCounters& counters = context.all.counters;
  const RateSampler::Rates& rates = context.all.rates;
  const ShardStats& shard = context.all.shard;
  const auto kilobytes = [](double bytes) { return fmt::format("{:.2f}", bytes / 1024); };
  lines.add("total_connections_received", counters.connections_total);
  lines.add("total_commands_processed", counters.commands_total);
  lines.add("instantaneous_ops_per_sec", static_cast<int64_t>(rates.commands + 0.5));
  lines.add("total_net_input_bytes", counters.input_bytes);
  lines.add("total_net_output_bytes", counters.output_bytes);
  lines.add_zeros({"total_net_repl_input_bytes", "total_net_repl_output_bytes"});
  lines.add("instantaneous_input_kbps", kilobytes(rates.input_bytes));
  lines.add("instantaneous_output_kbps", kilobytes(rates.output_bytes));
  lines.add("instantaneous_input_repl_kbps", "0.00");
  lines.add("instantaneous_output_repl_kbps", "0.00");
  lines.add("rejected_connections", counters.rejected_connections);
  lines.add_zeros({"sync_full", "sync_partial_ok", "sync_partial_err"});
  lines.add("expired_subkeys", shard.expired_fields);
  lines.add("expired_keys", shard.expired);
  lines.add("expired_stale_perc", "0.00");
  lines.add_zeros({"expired_time_cap_reached_count", "expire_cycle_cpu_milliseconds"});
  lines.add("evicted_keys", shard.evicted);
  lines.add_zeros(
      {"evicted_clients", "total_eviction_exceeded_time", "current_eviction_exceeded_time"});
  lines.add("keyspace_hits", shard.hits);
  lines.add("keyspace_misses", shard.misses);
  const auto topics = [&](TopicKind kind) {
    return context.all.topics[static_cast<size_t>(kind)].size();
  };
  lines.add("pubsub_channels", topics(TopicKind::kChannel));
  lines.add("pubsub_patterns", topics(TopicKind::kPattern));
  lines.add("pubsubshard_channels", topics(TopicKind::kShardChannel));
  lines.add_zeros({"latest_fork_usec", "total_forks", "migrate_cached_sockets",
                   "slave_expires_tracked_keys", "active_defrag_hits", "active_defrag_misses",
                   "active_defrag_key_hits", "active_defrag_key_misses", "total_active_defrag_time",
                   "current_active_defrag_time", "tracking_total_keys", "tracking_total_items",
                   "tracking_total_prefixes", "unexpected_error_replies"});
  lines.add("total_error_replies", counters.error_replies);
  lines.add("dump_payload_sanitizations", 0);
  lines.add("total_reads_processed", counters.reads);
  lines.add("total_writes_processed", counters.writes);
  lines.add_zeros({"io_threaded_reads_processed", "io_threaded_writes_processed"});
  lines.add("client_query_buffer_limit_disconnections", counters.query_limit_disconnections);
  lines.add("client_output_buffer_limit_disconnections", counters.output_limit_disconnections);
  lines.add_zeros({"reply_buffer_shrinks", "reply_buffer_expands"});
  lines.add("log_lines_dropped", log_dropped());
}

void write_replication(const Context& context, Lines lines) {
  static const Option* const kBacklog = find_option("repl-backlog-size");
  lines.add("role", "master");
  lines.add("connected_slaves", 0);
  lines.add("master_failover_state", "no-failover");
  lines.add("master_replid", context.home.server().run_id);
  lines.add("master_replid2", "0000000000000000000000000000000000000000");
  lines.add("master_repl_offset", 0);
  lines.add("second_repl_offset", -1);
  lines.add("repl_backlog_active", 0);
  lines.add("repl_backlog_size", option_value(context.home.config(), *kBacklog));
  lines.add_zeros({"repl_backlog_first_byte_offset", "repl_backlog_histlen"});
}

std::string seconds_text(const timeval& time) {
  return fmt::format("{}.{:06}", static_cast<int64_t>(time.tv_sec),
                     static_cast<int64_t>(time.tv_usec));
}

void write_cpu(const Context&, Lines lines) {
  rusage self = {};
  rusage children = {};
  rusage thread = {};
  getrusage(RUSAGE_SELF, &self);
  getrusage(RUSAGE_CHILDREN, &children);
  getrusage(RUSAGE_THREAD, &thread);
  lines.add("used_cpu_sys", seconds_text(self.ru_stime));
  lines.add("used_cpu_user", seconds_text(self.ru_utime));
  lines.add("used_cpu_sys_children", seconds_text(children.ru_stime));
  lines.add("used_cpu_user_children", seconds_text(children.ru_utime));
  lines.add("used_cpu_sys_main_thread", seconds_text(thread.ru_stime));
  lines.add("used_cpu_user_main_thread", seconds_text(thread.ru_utime));
}

void write_modules(const Context&, Lines) {}

void write_commandstats(const Context& context, Lines lines) {
  const std::vector<CommandTotals>& commands = context.all.commands;
  for (size_t id = 0; id < commands.size(); ++id) {
    const CommandTotals& totals = commands[id];
    if (totals.calls == 0 && totals.rejected == 0 && totals.failed == 0) continue;
    const double us = static_cast<double>(totals.cycles) / cycles_per_us();
    const double us_per_call = totals.calls == 0 ? 0 : us / static_cast<double>(totals.calls);
    const Command& row = CommandTable::instance().row(static_cast<uint16_t>(id));
    lines.add(fmt::format("cmdstat_{}", row.name),
              fmt::format("calls={},usec={:.0f},usec_per_call={:.2f},rejected_calls={},"
                          "failed_calls={}",
                          totals.calls, us, us_per_call, totals.rejected, totals.failed));
  }
}

void write_errorstats(const Context& context, Lines lines) {
  for (const auto& [code, count] : context.all.errors) {
    lines.add(fmt::format("errorstat_{}", code), fmt::format("count={}", count));
  }
}

void write_latencystats(const Context& context, Lines lines) {
  const auto& percentiles = context.home.config().latency_tracking_info_percentiles;
  for (const auto& [id, histogram] : context.all.latencies) {
    std::string text;
    for (const double percentile : percentiles) {
      const double us = static_cast<double>(histogram.percentile(percentile)) / cycles_per_us();
      text += fmt::format("{}p{}={:.3f}", text.empty() ? "" : ",", percentile, us);
    }
    lines.add(fmt::format("latency_percentiles_usec_{}", CommandTable::instance().row(id).name),
              text);
  }
}

void write_cluster(const Context&, Lines lines) {
  lines.add("cluster_enabled", 0);
}

void write_keyspace(const Context& context, Lines lines) {
  for (size_t i = 0; i < context.all.databases.size(); ++i) {
    const DatabaseTotals& database = context.all.databases[i];
    if (database.keys == 0) continue;
    lines.add(fmt::format("db{}", i),
              fmt::format("keys={},expires={},avg_ttl=0,subexpiry={}", database.keys,
                          database.expires, database.expiring_hashes));
  }
}

// Where each core's time goes, and how much it speaks with others.
void write_reactor(const Context& context, Lines lines) {
  lines.add("ring_features", context.home.server().ring_features);
  lines.add("transactions", context.all.counters.transactions);
  lines.add("transaction_retries", context.all.counters.transaction_retries);
  lines.add("borrowed_shards", context.all.counters.borrowed);
  lines.add("deferred_requests", context.all.counters.deferred);
  for (size_t i = 0; i < context.cores.size(); ++i) {
    const TickStats& ticks = context.cores[i]->ticks;
    const TickCpu& cpu = context.cores[i]->tick_cpu;
    const CoreCounters& counters = context.cores[i]->counters;
    lines.add(fmt::format("core{}", i),
              fmt::format("ticks={},busy_ms={},spin_ms={},sleep_ms={},sleeps={},enters={},"
                          "completions={},messages={},commands={},parcels={},hops={},"
                          "wake_ups_sent={},wake_ups_received={},spins_won={},slow_ticks={},"
                          "longest_tick_us={},buffer_shortages={},cpu_ticks={},cpu_ticks_over={},"
                          "longest_cpu_tick_us={},longest_cpu_part={}",
                          ticks.ticks, ticks.busy_ns / 1'000'000, ticks.spin_ns / 1'000'000,
                          ticks.sleep_ns / 1'000'000, ticks.sleeps, ticks.enters, ticks.completions,
                          ticks.messages_in, counters.commands_total, counters.parcels_sent,
                          counters.hops, ticks.wake_ups_sent, ticks.wake_ups_received,
                          ticks.spins_won, ticks.slow_ticks, ticks.longest_tick_ns / 1000,
                          ticks.buffer_shortages, cpu.ticks, cpu.over, cpu.longest_ns / 1000,
                          tick_part_name(cpu.longest_part())));
  }
}

struct SectionWriter {
  uint32_t section;
  std::string_view title;
  void (*write)(const Context& context, Lines lines);
};

constexpr SectionWriter kWriters[] = {
    {kInfoServer, "Server", write_server},
    {kInfoClients, "Clients", write_clients},
    {kInfoMemory, "Memory", write_memory},
    {kInfoPersistence, "Persistence", write_persistence},
    {kInfoStats, "Stats", write_stats},
    {kInfoReplication, "Replication", write_replication},
    {kInfoCpu, "CPU", write_cpu},
    {kInfoModules, "Modules", write_modules},
    {kInfoCommandstats, "Commandstats", write_commandstats},
    {kInfoErrorstats, "Errorstats", write_errorstats},
    {kInfoLatencystats, "Latencystats", write_latencystats},
    {kInfoCluster, "Cluster", write_cluster},
    {kInfoKeyspace, "Keyspace", write_keyspace},
    {kInfoReactor, "Reactor", write_reactor},
};

}  // namespace

std::string info_text(Core& home, uint32_t sections, const InfoData& all,
                      std::span<const InfoData* const> cores) {
  const Context context{home, all, cores};
  std::string text;
  text.reserve(8 * 1024);
  for (const SectionWriter& writer : kWriters) {
    if ((sections & writer.section) == 0) continue;
    if (!text.empty()) text += "\r\n";
    fmt::format_to(std::back_inserter(text), "# {}\r\n", writer.title);
    writer.write(context, Lines(text));
  }
  return text;
}

}  // namespace rondo
