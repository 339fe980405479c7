// The differential test: random commands go to a server of this project and to a redis-server, and
// the replies have to be alike. See comparison.h for what that means.
#pragma once

#include <cstdint>
#include <string>

namespace rondo {

struct DifferentialOptions {
  uint64_t seed = 1;
  uint64_t commands = 1000;
  int cores = 1;
  int resp = 2;
  std::string redis_socket;  // Of a redis-server whose data is lost.
  std::string rondo_socket;  // Of a server of this project, likewise; empty: one in this thread.
};

// Empty, or what the first difference is and what led to it.
std::string run_differential(const DifferentialOptions& options);

}  // namespace rondo
