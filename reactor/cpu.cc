#include "reactor/cpu.h"

#include <pthread.h>
#include <sched.h>
#include <unistd.h>

#include <cerrno>
#include <string>

namespace rondo {

std::vector<int> allowed_cpus() {
  std::vector<int> cpus;
  // The kernel refuses a mask that is smaller than its own; grow until it fits.
  for (int limit = CPU_SETSIZE; limit <= 1 << 16; limit *= 2) {
    cpu_set_t* set = CPU_ALLOC(static_cast<size_t>(limit));
    CHECK(set != nullptr);
    const size_t bytes = CPU_ALLOC_SIZE(static_cast<size_t>(limit));
    CPU_ZERO_S(bytes, set);
    const bool fits = sched_getaffinity(0, bytes, set) == 0;
    for (int cpu = 0; fits && cpu < limit; ++cpu) {
      if (CPU_ISSET_S(static_cast<size_t>(cpu), bytes, set)) cpus.push_back(cpu);
    }
    CPU_FREE(set);
    if (fits) break;
  }
  if (cpus.empty()) cpus.push_back(0);
  return cpus;
}

int online_cpus() {
  return static_cast<int>(sysconf(_SC_NPROCESSORS_ONLN));
}

bool oversubscribed(int reactors, const std::vector<int>& allowed) {
  return static_cast<size_t>(reactors) > allowed.size();
}

std::vector<int> choose_cpus(int reactors, const std::vector<int>& allowed, int online) {
  std::vector<int> chosen(static_cast<size_t>(reactors), -1);
  if (oversubscribed(reactors, allowed)) return chosen;
  const bool given = allowed.size() < static_cast<size_t>(online);
  const bool all = chosen.size() == allowed.size();
  if (!given && !all) return chosen;
  for (size_t i = 0; i < chosen.size(); ++i)
    chosen[i] = allowed[i];
  return chosen;
}

Status pin_thread(int cpu) {
  CHECK(cpu >= 0);
  const size_t count = static_cast<size_t>(cpu) + 1;
  cpu_set_t* set = CPU_ALLOC(count);
  CHECK(set != nullptr);
  const size_t bytes = CPU_ALLOC_SIZE(count);
  CPU_ZERO_S(bytes, set);
  CPU_SET_S(static_cast<size_t>(cpu), bytes, set);
  const int error = pthread_setaffinity_np(pthread_self(), bytes, set);
  CPU_FREE(set);
  if (error == 0) return Done{};
  return Failure::from_errno("a thread can not be pinned to CPU " + std::to_string(cpu), error);
}

}  // namespace rondo
