// MEMORY, and the figures of memory that INFO shows as well.
#pragma once

#include <cstdint>
#include <span>

#include "shard/command.h"

namespace rondo {

std::span<const Command> memory_commands();

// Of the process, in bytes.
struct ProcessMemory {
  uint64_t resident = 0;
  uint64_t resident_peak = 0;
  uint64_t system = 0;  // All of the machine.
};
ProcessMemory read_process_memory();

const char* allocator_name();

}  // namespace rondo
