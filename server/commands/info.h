// INFO: figures of the whole server as text. The sections are written from an InfoData, which is
// gathered from all cores first; only what the wanted sections need is gathered.
#pragma once

#include <cstdint>
#include <map>
#include <span>
#include <string>
#include <vector>

#include "reactor/tick_meter.h"
#include "reactor/tick_stats.h"
#include "server/memory_use.h"
#include "server/stats.h"
#include "server/topics.h"
#include "shard/command.h"
#include "shard/shard.h"

namespace rondo {

class Core;

std::span<const Command> info_commands();

// Bits of the sections, in the order in which they are shown.
enum InfoSection : uint32_t {
  kInfoServer = 1u << 0,
  kInfoClients = 1u << 1,
  kInfoMemory = 1u << 2,
  kInfoPersistence = 1u << 3,
  kInfoStats = 1u << 4,
  kInfoReplication = 1u << 5,
  kInfoCpu = 1u << 6,
  kInfoModules = 1u << 7,
  kInfoCommandstats = 1u << 8,
  kInfoErrorstats = 1u << 9,
  kInfoLatencystats = 1u << 10,
  kInfoCluster = 1u << 11,
  kInfoKeyspace = 1u << 12,
  kInfoReactor = 1u << 13,
};

// Counters of one command, without its histogram.
struct CommandTotals {
  uint64_t calls = 0;
  uint64_t cycles = 0;
  uint64_t rejected = 0;
  uint64_t failed = 0;
};

struct DatabaseTotals {
  uint64_t keys = 0;
  uint64_t expires = 0;
  uint64_t expiring_hashes = 0;
};

// What one core contributes, or all of them together.
struct InfoData {
  CoreCounters counters;
  RateSampler::Rates rates;
  ShardStats shard;
  MemoryUse memory;
  uint64_t interpreter_bytes = 0;  // Of scripts.
  uint64_t sessions = 0;
  uint64_t blocked = 0;
  uint64_t timed = 0;  // Of them, those that do not wait for ever.
  uint64_t awaited_keys = 0;
  uint64_t monitors = 0;
  std::vector<uint64_t> topics[kTopicKinds];  // Hashes, each name once.
  uint64_t input_bytes_max = 0;               // Of one client, waiting.
  uint64_t output_bytes_max = 0;
  std::vector<DatabaseTotals> databases;
  std::vector<CommandTotals> commands;      // By number; empty unless wanted.
  std::map<uint16_t, Histogram> latencies;  // The same.
  std::map<std::string, uint64_t, std::less<>> errors;
  TickStats ticks;  // Not added up: see `cores`.
  TickCpu tick_cpu;
};

// server/commands/info_gather.cc
void gather_info(Core& core, uint32_t sections, InfoData& data);
void add_info(const InfoData& part, InfoData& all);
// server/commands/info_text.cc. `cores` are the parts that `all` was added up from.
std::string info_text(Core& home, uint32_t sections, const InfoData& all,
                      std::span<const InfoData* const> cores);

}  // namespace rondo
