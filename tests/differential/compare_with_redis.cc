// compare_with_redis [--seeds N] [--seed S] [--commands N] [--redis PATH] [--rondo PATH]: random
// commands of N seeds from S on, to this server with one and with three shards and to a
// redis-server, in RESP2 and RESP3. Prints the first difference of each seed. Without --seed the
// first of ten is random; a lone --seed is repeated. With --rondo the program there is tested over
// sockets, with two threads; --redis is another peer than the redis-server that is installed.
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <optional>
#include <random>
#include <string>
#include <vector>

#include "tests/differential/differential.h"
#include "tests/tools/redis_oracle.h"

namespace {

struct Request {
  uint64_t seeds = 0;  // 0: not said.
  std::string redis_path = "redis-server";
  std::string rondo_path;
  rondo::DifferentialOptions options;
};

// False: the command line is wrong.
bool read_arguments(int argc, char** argv, Request& request) {
  bool seed_given = false;
  for (int i = 1; i < argc; i += 2) {
    if (i + 1 == argc) return false;
    const uint64_t value = std::strtoull(argv[i + 1], nullptr, 10);
    if (std::strcmp(argv[i], "--seeds") == 0) {
      request.seeds = value;
    } else if (std::strcmp(argv[i], "--seed") == 0) {
      request.options.seed = value;
      seed_given = true;
    } else if (std::strcmp(argv[i], "--commands") == 0) {
      request.options.commands = value;
    } else if (std::strcmp(argv[i], "--redis") == 0) {
      request.redis_path = argv[i + 1];
    } else if (std::strcmp(argv[i], "--rondo") == 0) {
      request.rondo_path = argv[i + 1];
    } else {
      return false;
    }
  }
  if (request.seeds == 0) request.seeds = seed_given ? 1 : 10;
  return true;
}

}  // namespace

int main(int argc, char** argv) {
  Request request;
  rondo::DifferentialOptions& options = request.options;
  options.seed = std::random_device()();
  if (!read_arguments(argc, argv, request)) {
    std::fprintf(stderr,
                 "usage: compare_with_redis [--seeds N] [--seed S] [--commands N] [--redis PATH] "
                 "[--rondo PATH]\n");
    return 2;
  }
  const std::string& redis_path = request.redis_path;
  const std::string& rondo_path = request.rondo_path;
  if (!rondo::is_installed(redis_path.c_str())) {
    std::fprintf(stderr, "%s is not installed\n", redis_path.c_str());
    return 2;
  }
  const rondo::RedisOracle redis(redis_path);
  options.redis_socket = redis.socket();
  std::optional<rondo::RedisOracle> rondo;
  if (!rondo_path.empty()) {
    rondo.emplace(rondo_path, std::vector<std::string>{"--threads", "2"});
    options.rondo_socket = rondo->socket();
  }
  int differences = 0;
  for (; request.seeds > 0; --request.seeds, ++options.seed) {
    for (const int cores : {1, 3}) {
      options.cores = cores;
      options.resp = options.seed % 2 == 0 ? 2 : 3;
      const std::string difference = rondo::run_differential(options);
      if (difference.empty()) continue;
      ++differences;
      std::printf("%s\n", difference.c_str());
    }
  }
  std::printf("%d differences\n", differences);
  return differences == 0 ? 0 : 1;
}
