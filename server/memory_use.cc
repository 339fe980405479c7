#include "server/memory_use.h"

#include <fcntl.h>
#include <sys/resource.h>
#include <unistd.h>

#include <algorithm>
#include <charconv>
#include <string_view>

#include "server/core.h"

namespace rondo {

uint64_t MemoryUse::keys() const {
  uint64_t sum = 0;
  for (const Database& database : databases)
    sum += database.keys;
  return sum;
}

uint64_t MemoryUse::tables() const {
  uint64_t sum = 0;
  for (const Database& database : databases)
    sum += database.table;
  return sum;
}

double MemoryUse::dataset_share() const {
  return ratio(dataset(), used() - startup);
}

void MemoryUse::add(const MemoryUse& part) {
  startup = part.startup;
  data += part.data;
  clients += part.clients;
  databases.resize(std::max(databases.size(), part.databases.size()));
  for (size_t i = 0; i < part.databases.size(); ++i) {
    databases[i].keys += part.databases[i].keys;
    databases[i].table += part.databases[i].table;
  }
  pending += part.pending;
  freed += part.freed;
}

MemoryUse memory_use(Core& core) {
  Shard& shard = core.shard();
  MemoryUse use;
  use.startup = core.server().startup_bytes;
  use.data = shard.memory_bytes();
  core.sessions().for_each([&](Session& session) { use.clients += session.memory_bytes(); });
  use.databases.resize(static_cast<size_t>(shard.databases()));
  for (int i = 0; i < shard.databases(); ++i) {
    const Keyspace& db = shard.db(i);
    use.databases[static_cast<size_t>(i)] = {db.size(), db.table().footprint()};
  }
  use.pending = shard.graveyard().pending();
  use.freed = shard.graveyard().freed();
  return use;
}

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

}  // namespace rondo
