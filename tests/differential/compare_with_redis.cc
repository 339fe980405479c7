// compare_with_redis [--seeds N] [--seed S] [--commands N] [--redis PATH] [--rondo PATH]: random
// commands of N seeds from S on, to this server with one and with three shards and to a
// redis-server, in RESP2 and RESP3. Prints the first difference of each seed. Without --seed the
// first one is random. With --rondo the program there is tested over sockets, with two threads;
// --redis is another peer than the redis-server that is installed.
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <optional>
#include <random>
#include <string>
#include <vector>

#include "tests/differential/differential.h"
#include "tests/tools/redis_oracle.h"

int main(int argc, char** argv) {
  uint64_t seeds = 10;
  std::string redis_path = "redis-server";
  std::string rondo_path;
  rondo::DifferentialOptions options;
  options.seed = std::random_device()();
  for (int i = 1; i + 1 < argc; i += 2) {
    const uint64_t value = std::strtoull(argv[i + 1], nullptr, 10);
    if (std::strcmp(argv[i], "--seeds") == 0) {
      seeds = value;
    } else if (std::strcmp(argv[i], "--seed") == 0) {
      options.seed = value;
    } else if (std::strcmp(argv[i], "--commands") == 0) {
      options.commands = value;
    } else if (std::strcmp(argv[i], "--redis") == 0) {
      redis_path = argv[i + 1];
    } else if (std::strcmp(argv[i], "--rondo") == 0) {
      rondo_path = argv[i + 1];
    } else {
      std::fprintf(stderr,
                   "usage: compare_with_redis [--seeds N] [--seed S] [--commands N] [--redis PATH] "
                   "[--rondo PATH]\n");
      return 2;
    }
  }
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
  for (; seeds > 0; --seeds, ++options.seed) {
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
