// MemoryUse: what the server's memory is used for, as INFO and MEMORY STATS show it: one core's
// part, or all parts added up. In bytes of the heap, as the accounts of shards and sessions count
// them; what the process had when it was ready to serve is measured once and added as it is.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

namespace rondo {

class Core;

struct MemoryUse {
  struct Database {
    uint64_t keys = 0;
    uint64_t table = 0;  // Bytes of its table without the entries.
  };

  uint64_t startup = 0;  // Of the process; the same in every part.
  uint64_t data = 0;     // Keys, values, tables, and what waits to be freed.
  uint64_t clients = 0;  // Sessions with their buffers.
  std::vector<Database> databases;
  uint64_t pending = 0;  // Keys and values that wait to be freed in the background,
  uint64_t freed = 0;    // and those that were, since the statistics were reset.

  uint64_t keys() const;
  uint64_t tables() const;
  uint64_t used() const { return startup + data + clients; }
  // What is not data of the users.
  uint64_t overhead() const { return startup + clients + tables(); }
  uint64_t dataset() const { return used() - overhead(); }
  // The share of the data in what was added since the start.
  double dataset_share() const;

  void add(const MemoryUse& part);
};

MemoryUse memory_use(Core& core);

// Of the process, in bytes.
struct ProcessMemory {
  uint64_t resident = 0;
  uint64_t resident_peak = 0;
  uint64_t system = 0;  // All of the machine.
};
ProcessMemory read_process_memory();

// A part of a whole; 0 of nothing.
inline double ratio(uint64_t part, uint64_t whole) {
  return whole == 0 ? 0 : static_cast<double>(part) / static_cast<double>(whole);
}

}  // namespace rondo
