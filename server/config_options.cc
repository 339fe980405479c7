// Options that mean something to this server. Config holds their defaults.
#include <unistd.h>

#include <climits>
#include <limits>

#include "server/config_checks.h"
#include "server/config_option.h"

namespace rondo {
namespace {

constexpr int64_t kIntMax = std::numeric_limits<int32_t>::max();
constexpr std::string_view kRestart = "can't set immutable config";
constexpr int64_t kMegabyte = 1024 * 1024;

// The working directory. Nothing is stored in it yet, but tools ask for it.
std::string show_directory(const Config&, const Option&) {
  char path[PATH_MAX];
  return getcwd(path, sizeof path) != nullptr ? path : ".";
}

// A file's `dir` is obeyed at once, as by Redis, so that what follows may be relative to it.
std::string check_directory(const Config&, OptionWords words, std::string& canonical) {
  if (words.size() != 1) return "wrong number of arguments";
  if (chdir(words[0].c_str()) != 0) return std::string("Can't chdir to directory");
  canonical = words[0];
  return {};
}

void keep_directory(Config&, const Option&, std::string_view) {}

const Option kRows[] = {
    // --- Listening -------------------------------------------------------------------------------
    {.name = "bind",
     .kind = OptionKind::kWords,
     .access = field<&Config::bind>,
     .pinned = "Failed to bind to specified addresses.",
     .check = check_bind},
    {.name = "port",
     .kind = OptionKind::kInteger,
     .access = field<&Config::port>,
     .max = 65535,
     .pinned = "Unable to listen on this port. Check server logs."},
    {.name = "unixsocket", .access = field<&Config::unixsocket>, .fixed = true},
    {.name = "unixsocketperm",
     .kind = OptionKind::kOctal,
     .access = field<&Config::unixsocketperm>,
     .max = 0777,
     .fixed = true},
    {.name = "tcp-backlog",
     .kind = OptionKind::kInteger,
     .access = field<&Config::tcp_backlog>,
     .max = kIntMax,
     .fixed = true},
    {.name = "tcp-keepalive",
     .kind = OptionKind::kInteger,
     .access = field<&Config::tcp_keepalive>,
     .max = kIntMax},
    // --- Cores -----------------------------------------------------------------------------------
    {.name = "threads",
     .kind = OptionKind::kInteger,
     .access = field<&Config::threads>,
     .max = 512,
     .pinned = kRestart},
    {.name = "pin-threads",
     .kind = OptionKind::kEnum,
     .access = field<&Config::pin_threads>,
     .names = "auto no yes",
     .pinned = kRestart},
    {.name = "spin-us-max",
     .kind = OptionKind::kInteger,
     .access = field<&Config::spin_us_max>,
     .max = 1'000'000},
    {.name = "strict-pipeline-order",
     .kind = OptionKind::kFlag,
     .access = field<&Config::strict_pipeline_order>},
    {.name = "stall-threshold-us",
     .kind = OptionKind::kInteger,
     .access = field<&Config::stall_threshold_us>},
    {.name = "disable-thp",
     .kind = OptionKind::kFlag,
     .access = field<&Config::disable_thp>,
     .fixed = true},
    {.name = "tick-cpu-limit-us",
     .kind = OptionKind::kInteger,
     .access = field<&Config::tick_cpu_limit_us>,
     .max = 1'000'000'000},
    // --- Data ------------------------------------------------------------------------------------
    {.name = "databases",
     .kind = OptionKind::kInteger,
     .access = field<&Config::databases>,
     .min = 1,
     .max = 65536,
     .fixed = true},
    {.name = "dir",
     .access = {show_directory, keep_directory},
     .guarded = true,
     .check = check_directory},
    {.name = "maxmemory",
     .kind = OptionKind::kBytes,
     .access = field<&Config::maxmemory>,
     .idle = true},
    {.name = "maxmemory-policy",
     .kind = OptionKind::kEnum,
     .access = field<&Config::maxmemory_policy>,
     .names = "volatile-lru volatile-lfu volatile-random volatile-ttl allkeys-lru allkeys-lfu "
              "allkeys-random noeviction"},
    {.name = "proto-max-bulk-len",
     .kind = OptionKind::kBytes,
     .access = field<&Config::proto_max_bulk_len>,
     .min = kMegabyte},
    {.name = "hash-max-listpack-entries",
     .alias = "hash-max-ziplist-entries",
     .kind = OptionKind::kInteger,
     .access = field<&Config::hash_max_listpack_entries>},
    {.name = "hash-max-listpack-value",
     .alias = "hash-max-ziplist-value",
     .kind = OptionKind::kBytes,
     .access = field<&Config::hash_max_listpack_value>},
    {.name = "set-max-intset-entries",
     .kind = OptionKind::kInteger,
     .access = field<&Config::set_max_intset_entries>},
    {.name = "set-max-listpack-entries",
     .kind = OptionKind::kInteger,
     .access = field<&Config::set_max_listpack_entries>},
    {.name = "set-max-listpack-value",
     .kind = OptionKind::kBytes,
     .access = field<&Config::set_max_listpack_value>},
    {.name = "list-max-listpack-size",
     .alias = "list-max-ziplist-size",
     .kind = OptionKind::kInteger,
     .access = field<&Config::list_max_listpack_size>,
     .min = std::numeric_limits<int32_t>::min(),
     .max = kIntMax},
    {.name = "list-compress-depth",
     .kind = OptionKind::kInteger,
     .access = field<&Config::list_compress_depth>,
     .max = kIntMax},
    {.name = "zset-max-listpack-entries",
     .alias = "zset-max-ziplist-entries",
     .kind = OptionKind::kInteger,
     .access = field<&Config::zset_max_listpack_entries>},
    {.name = "zset-max-listpack-value",
     .alias = "zset-max-ziplist-value",
     .kind = OptionKind::kBytes,
     .access = field<&Config::zset_max_listpack_value>},
    // --- Clients ---------------------------------------------------------------------------------
    {.name = "requirepass", .access = field<&Config::requirepass>, .secret = true},
    {.name = "protected-mode", .kind = OptionKind::kFlag, .access = field<&Config::protected_mode>},
    {.name = "enable-debug-command",
     .kind = OptionKind::kEnum,
     .access = field<&Config::enable_debug_command>,
     .names = "no yes local",
     .fixed = true},
    {.name = "maxclients",
     .kind = OptionKind::kInteger,
     .access = field<&Config::maxclients>,
     .check = check_maxclients},
    {.name = "timeout",
     .kind = OptionKind::kInteger,
     .access = field<&Config::timeout>,
     .max = kIntMax},
    {.name = "client-query-buffer-limit",
     .kind = OptionKind::kBytes,
     .access = field<&Config::client_query_buffer_limit>,
     .min = kMegabyte},
    {.name = "client-output-buffer-limit",
     .kind = OptionKind::kWords,
     .access = {show_output_limits, read_output_limits},
     .check = check_output_limits},
    // --- What is watched -------------------------------------------------------------------------
    {.name = "slowlog-log-slower-than",
     .kind = OptionKind::kInteger,
     .access = field<&Config::slowlog_log_slower_than>,
     .min = -1},
    {.name = "slowlog-max-len",
     .kind = OptionKind::kInteger,
     .access = field<&Config::slowlog_max_len>},
    {.name = "latency-monitor-threshold",
     .kind = OptionKind::kInteger,
     .access = field<&Config::latency_monitor_threshold>},
    {.name = "busy-reply-threshold",
     .alias = "lua-time-limit",
     .kind = OptionKind::kInteger,
     .access = field<&Config::busy_reply_threshold>},
    {.name = "notify-keyspace-events",
     .access = field<&Config::notify_keyspace_events>,
     .check = check_event_classes},
    {.name = "latency-tracking",
     .kind = OptionKind::kFlag,
     .access = field<&Config::latency_tracking>},
    {.name = "latency-tracking-info-percentiles",
     .kind = OptionKind::kWords,
     .access = field<&Config::latency_tracking_info_percentiles>,
     .check = check_percentiles},
    {.name = "loglevel",
     .kind = OptionKind::kEnum,
     .access = field<&Config::loglevel>,
     .names = "debug verbose notice warning nothing"},
    {.name = "logfile", .access = field<&Config::logfile>, .fixed = true},
};

}  // namespace

std::span<const Option> meaningful_options() {
  return kRows;
}

}  // namespace rondo
