#include "server/server.h"

#include <sys/random.h>

#include <algorithm>

#include "reactor/base/check.h"
#include "reactor/base/clock.h"

namespace rondo {

namespace {

std::string random_hex(size_t digits) {
  std::string text(digits / 2, '\0');
  // Up to 256 bytes arrive whole, says getrandom(2).
  CHECK(getrandom(text.data(), text.size(), 0) == static_cast<ssize_t>(text.size()));
  std::string hex;
  for (const char c : text) {
    constexpr char kDigits[] = "0123456789abcdef";
    hex += kDigits[static_cast<uint8_t>(c) >> 4];
    hex += kDigits[static_cast<uint8_t>(c) & 15];
  }
  return hex;
}

}  // namespace

Server::Server(int core_count, Config config)
    : cores_count(core_count),
      initial_config(std::move(config)),
      cores(static_cast<size_t>(core_count)),
      run_id(random_hex(40)),
      started_unix_ms(read_unix_us() / 1000),
      channel_filter(core_count),
      busy_scripts(core_count) {
  CHECK(core_count > 0);
  CHECK(core_count <= kPartitions);
  // Contiguous ranges, equal to within one partition.
  for (size_t i = 0; i < partition_map.size(); ++i) {
    partition_map[i] = static_cast<uint16_t>(i * static_cast<size_t>(core_count) / kPartitions);
  }
}

}  // namespace rondo
