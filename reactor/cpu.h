// CPUs: which ones this process may use, and which one each reactor is pinned to.
#pragma once

#include <vector>

#include "reactor/base/result.h"

namespace rondo {

// The CPUs of the calling thread's affinity mask, ascending. Never empty.
std::vector<int> allowed_cpus();

// CPUs of the machine that are online.
int online_cpus();

// More reactors than CPUs: they must share, so no core spins and none is pinned.
bool oversubscribed(int reactors, const std::vector<int>& allowed);

// The CPU of each reactor, or -1 where it is not to be pinned. Pinning is right where the CPUs are
// ours: when somebody chose them for this process (a mask smaller than the machine), or when there
// is a reactor for each of them. Otherwise two servers with few threads on a big machine would
// all sit on its first CPUs, and the scheduler knows better.
std::vector<int> choose_cpus(int reactors, const std::vector<int>& allowed, int online);

// Pins the calling thread.
Status pin_thread(int cpu);

}  // namespace rondo
