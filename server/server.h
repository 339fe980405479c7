// Server: what all cores of one process share: the configuration at start, the map of partitions
// to shards, and a few counters. Constant after start but for the atomics; each core has a copy of
// the configuration of its own, which CONFIG SET changes by a task.
#pragma once

#include <array>
#include <atomic>
#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "protocol/slot.h"
#include "server/channel_filter.h"
#include "server/config.h"
#include "server/scripting/busy_scripts.h"
#include "server/scripting/script_registry.h"

namespace rondo {

class Core;

struct Server {
  explicit Server(int cores, Config config);

  // Shard that owns `key`; with one shard the key is not looked at.
  int shard_of(std::string_view key) const {
    return cores_count == 1 ? 0 : partition_map[key_partition(key)];
  }

  const int cores_count;
  const Config initial_config;
  std::array<uint16_t, kPartitions> partition_map;
  std::vector<Core*> cores;  // By index; each is touched only by its own thread.
  std::string run_id;        // 40 hexadecimal digits.
  int64_t started_unix_ms = 0;
  uint64_t startup_bytes = 0;    // Resident when the first reactor started.
  std::string ring_features;     // For INFO and the ready line.
  int tcp_port = 0;              // The port that is listened on.
  uint64_t seed = 1;             // Of the shards' random numbers.
  ChannelFilter channel_filter;  // Which cores have listeners; atomic.
  ScriptRegistry scripts;        // Lock-free.
  BusyScripts busy_scripts;      // Atomic.

  // Rarely written, so sharing them costs nothing: at accept, at close, on a slow command.
  std::atomic<uint64_t> next_client_id{1};
  std::atomic<int64_t> clients{0};
  std::atomic<uint64_t> next_slowlog_id{0};
  // Set by SHUTDOWN or a signal; every reactor looks at it in its tick.
  std::atomic<bool> stopping{false};
  std::atomic<int> started{0};         // Cores whose reactors run.
  std::atomic<int> drained{0};         // Cores that have answered everything they received.
  std::function<void()> request_stop;  // Asks all reactors to stop; set once at start.
};

}  // namespace rondo
