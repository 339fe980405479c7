// Config: the options that mean something to this server, as plain values with their defaults. Each
// core has a copy of its own, which only that core's thread reads and writes; CONFIG SET changes
// all copies by a task. How options are named, written and checked is in config_option.h, how a
// file and a command line become a Config in config_file.h and command_line.h.
//
// Options of Redis that mean nothing here are kept as texts in `remembered`, so that CONFIG GET and
// CONFIG REWRITE can show what was set.
#pragma once

#include <array>
#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <vector>

namespace rondo {

enum class LogLevel : uint8_t { kDebug, kVerbose, kNotice, kWarning, kNothing };

enum class PinThreads : uint8_t { kAuto, kNo, kYes };

// Who may use commands that are dangerous by design.
enum class GuardedCommands : uint8_t { kNo, kYes, kLocal };

enum class MaxmemoryPolicy : uint8_t {
  kVolatileLru,
  kVolatileLfu,
  kVolatileRandom,
  kVolatileTtl,
  kAllkeysLru,
  kAllkeysLfu,
  kAllkeysRandom,
  kNoEviction,
};

// Classes of clients for client-output-buffer-limit.
enum class ClientClass : uint8_t { kNormal, kReplica, kPubsub };

// A client whose output holds more than `hard` bytes, or more than `soft` bytes for `soft_seconds`,
// is closed. 0: no limit.
struct OutputLimit {
  int64_t hard = 0;
  int64_t soft = 0;
  int64_t soft_seconds = 0;
};

struct Config {
  // --- Listening ---------------------------------------------------------------------------------
  // Addresses; one with a leading '-' may be unavailable. "*" is all IPv4, "::*" all IPv6.
  std::vector<std::string> bind = {"*", "-::*"};
  int64_t port = 6379;         // 0: no TCP.
  std::string unixsocket;      // Path; empty: none.
  int64_t unixsocketperm = 0;  // Mode bits; 0: as the umask says.
  int64_t tcp_backlog = 511;
  int64_t tcp_keepalive = 300;  // Seconds; 0: off.

  // --- Cores -------------------------------------------------------------------------------------
  int64_t threads = 0;  // 0: one for each CPU of the affinity mask.
  PinThreads pin_threads = PinThreads::kAuto;
  int64_t spin_us_max = 50;  // Longest spin of an idle tick before it sleeps.
  bool disable_thp = true;   // No huge pages for the data: server/huge_pages.h.
  // Commands of one pipeline take effect in order even when they are for different shards.
  bool strict_pipeline_order = false;
  int64_t stall_threshold_us = 10'000;  // A longer tick is reported in the log; 0: none.
  // The processor time of ticks is measured, and those that took more are counted; 0: it is not.
  int64_t tick_cpu_limit_us = 0;

  // --- Data --------------------------------------------------------------------------------------
  int64_t databases = 16;
  int64_t maxmemory = 0;  // Bytes; 0: no limit.
  MaxmemoryPolicy maxmemory_policy = MaxmemoryPolicy::kNoEviction;
  int64_t proto_max_bulk_len = 512ll << 20;
  // Up to where a hash is packed into one array of bytes: fields, and bytes of each.
  int64_t hash_max_listpack_entries = 512;
  int64_t hash_max_listpack_value = 64;
  // The same for sets, and members of a packed set that has only integers.
  int64_t set_max_listpack_entries = 128;
  int64_t set_max_listpack_value = 64;
  int64_t set_max_intset_entries = 512;
  // The same for a list, or a node of a large one: elements, or a size from -1 to -5.
  int64_t list_max_listpack_size = -2;
  // How many nodes at each end of a large list are never compressed; 0 leaves that to ListLimits.
  int64_t list_compress_depth = 0;
  // The same of a sorted set: members.
  int64_t zset_max_listpack_entries = 128;
  int64_t zset_max_listpack_value = 64;
  bool active_expire = true;  // DEBUG SET-ACTIVE-EXPIRE; not an option of the file.

  // --- Clients -----------------------------------------------------------------------------------
  std::string requirepass;  // Empty: none. Never written to a log.
  bool protected_mode = true;
  GuardedCommands enable_debug_command = GuardedCommands::kNo;
  int64_t maxclients = 10'000;
  int64_t timeout = 0;  // Seconds of idleness after which a client is closed; 0: never.
  int64_t client_query_buffer_limit = 1ll << 30;
  std::array<OutputLimit, 3> client_output_buffer_limits = {{
      // By ClientClass.
      {0, 0, 0},
      {256ll << 20, 64ll << 20, 60},
      {32ll << 20, 8ll << 20, 60},
  }};
  const OutputLimit& output_limit(ClientClass type) const {
    return client_output_buffer_limits[static_cast<size_t>(type)];
  }
  // The hard limit as that of an OutBuffer.
  size_t output_bytes_max(ClientClass type) const {
    const int64_t hard = output_limit(type).hard;
    return hard != 0 ? static_cast<size_t>(hard) : SIZE_MAX;
  }

  // --- What is watched ---------------------------------------------------------------------------
  int64_t slowlog_log_slower_than = 10'000;  // Microseconds; negative: nothing is logged.
  int64_t slowlog_max_len = 128;
  int64_t latency_monitor_threshold = 0;  // Milliseconds; 0: off.
  // Letters of what is published about keys, in Redis's order; empty: nothing.
  std::string notify_keyspace_events;
  bool latency_tracking = true;
  std::vector<double> latency_tracking_info_percentiles = {50, 99, 99.9};
  // Milliseconds after which a script makes all clients get BUSY; 0: never.
  int64_t busy_reply_threshold = 5000;
  LogLevel loglevel = LogLevel::kNotice;
  std::string logfile;  // Empty: standard output.

  // --- Not options -------------------------------------------------------------------------------
  std::string config_file;  // Absolute path of the file read at start, or empty.
  std::map<std::string, std::string, std::less<>> remembered;
};

}  // namespace rondo
