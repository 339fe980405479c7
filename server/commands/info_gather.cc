// What each core contributes to INFO, and how the parts are added up.
#include <algorithm>

#include "server/commands/info.h"
#include "server/core.h"
#include "server/pubsub.h"
#include "server/scripting/scripting.h"

namespace rondo {
namespace {

void gather_clients(Core& core, InfoData& data) {
  data.blocked = core.paused_sessions() + core.blocking().waiting();
  data.timed = core.blocking().timed();
  data.awaited_keys = core.shard().waiters().lines();
  core.sessions().for_each([&](Session& session) {
    if (session.aborted()) return;  // As good as gone.
    ++data.sessions;
    data.monitors += session.monitor;
    data.input_bytes_max = std::max<uint64_t>(data.input_bytes_max, session.query_buffer_bytes());
    data.output_bytes_max = std::max<uint64_t>(data.output_bytes_max, session.output().size());
  });
}

void gather_commands(Core& core, uint32_t sections, InfoData& data) {
  const std::vector<CommandStats>& commands = core.stats().commands;
  data.commands.resize(commands.size());
  for (size_t id = 0; id < commands.size(); ++id) {
    const CommandStats& stats = commands[id];
    data.commands[id] = {stats.calls, stats.cycles, stats.rejected, stats.failed};
    if ((sections & kInfoLatencystats) && stats.latency) {
      data.latencies.emplace(static_cast<uint16_t>(id), *stats.latency);
    }
  }
}

void gather_memory(Core& core, InfoData& data) {
  data.memory = memory_use(core);
  const Scripting* scripting = core.known_scripting();
  if (scripting != nullptr) data.interpreter_bytes = scripting->memory_bytes();
}

void gather_topics(Core& core, InfoData& data) {
  for (size_t kind = 0; kind < kTopicKinds; ++kind) {
    core.pubsub().topics(static_cast<TopicKind>(kind)).for_each([&](const Topic& topic) {
      data.topics[kind].push_back(topic.hash);
    });
    std::sort(data.topics[kind].begin(), data.topics[kind].end());
  }
}

// Names that have listeners on several cores count once.
void add_topics(const std::vector<uint64_t>& part, std::vector<uint64_t>& all) {
  std::vector<uint64_t> merged;
  std::set_union(part.begin(), part.end(), all.begin(), all.end(), std::back_inserter(merged));
  all = std::move(merged);
}

void gather_keyspace(Core& core, InfoData& data) {
  Shard& shard = core.shard();
  data.databases.resize(static_cast<size_t>(shard.databases()));
  for (size_t i = 0; i < data.databases.size(); ++i) {
    const Keyspace& db = shard.db(static_cast<int>(i));
    data.databases[i] = {db.size(), db.expires(), db.expiring_hashes()};
  }
}

}  // namespace

void gather_info(Core& core, uint32_t sections, InfoData& data) {
  data.counters = core.stats();
  core.stats().rates.sample(core.now().mono_ns, core.stats());
  data.rates = core.stats().rates.rates();
  data.shard = core.shard().stats();
  if (core.ticks != nullptr) data.ticks = *core.ticks;
  if (core.tick_meter != nullptr) data.tick_cpu = core.tick_meter->measured();
  if (sections & kInfoMemory) gather_memory(core, data);
  if (sections & kInfoClients) gather_clients(core, data);
  if (sections & (kInfoCommandstats | kInfoLatencystats)) gather_commands(core, sections, data);
  if (sections & kInfoErrorstats) data.errors = core.stats().errors;
  if (sections & kInfoKeyspace) gather_keyspace(core, data);
  if (sections & kInfoStats) gather_topics(core, data);
}

void add_info(const InfoData& part, InfoData& all) {
  all.counters.add(part.counters);
  all.rates.add(part.rates);
  all.shard.hits += part.shard.hits;
  all.shard.misses += part.shard.misses;
  all.shard.expired += part.shard.expired;
  all.shard.expired_fields += part.shard.expired_fields;
  all.shard.evicted += part.shard.evicted;
  all.shard.mutations += part.shard.mutations;
  all.memory.add(part.memory);
  all.interpreter_bytes += part.interpreter_bytes;
  all.sessions += part.sessions;
  all.blocked += part.blocked;
  all.timed += part.timed;
  all.awaited_keys += part.awaited_keys;
  all.monitors += part.monitors;
  all.input_bytes_max = std::max(all.input_bytes_max, part.input_bytes_max);
  all.output_bytes_max = std::max(all.output_bytes_max, part.output_bytes_max);
  for (size_t kind = 0; kind < kTopicKinds; ++kind)
    add_topics(part.topics[kind], all.topics[kind]);

  all.databases.resize(std::max(all.databases.size(), part.databases.size()));
  for (size_t i = 0; i < part.databases.size(); ++i) {
    all.databases[i].keys += part.databases[i].keys;
    all.databases[i].expires += part.databases[i].expires;
    all.databases[i].expiring_hashes += part.databases[i].expiring_hashes;
  }
  all.commands.resize(std::max(all.commands.size(), part.commands.size()));
  for (size_t i = 0; i < part.commands.size(); ++i) {
    all.commands[i].calls += part.commands[i].calls;
    all.commands[i].cycles += part.commands[i].cycles;
    all.commands[i].rejected += part.commands[i].rejected;
    all.commands[i].failed += part.commands[i].failed;
  }
  for (const auto& [id, histogram] : part.latencies)
    all.latencies[id].add(histogram);
  for (const auto& [code, count] : part.errors)
    all.errors[code] += count;
}

}  // namespace rondo
