// simulate --seeds N [--seed S] [--operations N] [--no-locks]: runs the simulator for N seeds from
// S on; stops at the first failure and prints it. Without --seed the first one is random.
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <random>

#include "tests/simulator/simulator.h"

namespace {

int usage() {
  std::fprintf(stderr, "usage: simulate [--seeds N] [--seed S] [--operations N] [--no-locks]\n");
  return 2;
}

}  // namespace

int main(int argc, char** argv) {
  uint64_t seeds = 1;
  uint64_t first = std::random_device()();
  rondo::SimulatorOptions options;
  for (int i = 1; i < argc; ++i) {
    const char* next = i + 1 < argc ? argv[i + 1] : nullptr;
    if (std::strcmp(argv[i], "--no-locks") == 0) {
      options.locks = false;
      continue;
    }
    if (!next) return usage();
    const uint64_t value = std::strtoull(next, nullptr, 10);
    if (std::strcmp(argv[i], "--seeds") == 0)
      seeds = value;
    else if (std::strcmp(argv[i], "--seed") == 0)
      first = value;
    else if (std::strcmp(argv[i], "--operations") == 0)
      options.operations = value;
    else
      return usage();
    ++i;
  }
  uint64_t operations = 0;
  uint64_t transactions = 0;
  uint64_t retries = 0;
  int64_t slowest = 0;
  for (uint64_t n = 0; n < seeds; ++n) {
    options.seed = first + n;
    const rondo::SimulatorResult result = rondo::simulate(options);
    if (!result.good()) {
      std::printf("%s", rondo::describe_failure(options, result).c_str());
      return 1;
    }
    operations += result.history.operations.size();
    transactions += result.transactions;
    retries += result.retries;
    if (result.slowest > slowest) slowest = result.slowest;
  }
  std::printf(
      "%llu seeds from %llu: %llu operations, %llu transactions, %llu retried; "
      "the slowest operation took %lld steps\n",
      static_cast<unsigned long long>(seeds), static_cast<unsigned long long>(first),
      static_cast<unsigned long long>(operations), static_cast<unsigned long long>(transactions),
      static_cast<unsigned long long>(retries), static_cast<long long>(slowest));
  return 0;
}
