#include "server/allocator.h"

#include <mimalloc.h>

#include <new>

#include "reactor/base/block_cache.h"
#include "reactor/base/clock.h"

// Present when the program is linked with mimalloc.
#pragma weak mi_option_set

namespace rondo {

namespace {

// How long freed pages can be had again for nothing. Replies and their buffers come and go with
// each tick, so most of what is freed is wanted again within a tick or two.
constexpr long kKeptMs = 5;

// The names have changed, the meaning has not.
#if MI_MALLOC_VERSION < 210
constexpr mi_option_t kDelay = mi_option_decommit_delay;
#else
constexpr mi_option_t kDelay = mi_option_purge_delay;
#endif

// More than what mimalloc hands out without a look at its lists.
constexpr size_t kLookBytes = 4096;
// An empty look takes less than a tenth of that.
constexpr double kNotableUs = 5;

bool is_mimalloc() {
  return mi_option_set != nullptr;
}

}  // namespace

void set_up_allocator() {
  if (!is_mimalloc()) return;
  mi_option_set(kDelay, kKeptMs);
#if MI_MALLOC_VERSION < 210
  mi_option_set(mi_option_decommit_extend_delay, 0);
  // A whole segment that is free has few pages left that were not given back.
  mi_option_set(mi_option_segment_decommit_delay, 0);
#elif MI_MALLOC_VERSION < 300
  mi_option_set(mi_option_purge_extend_delay, 0);
#endif
  static BlockCache cache;
  BlockCache::current() = &cache;
}

bool take_freed_by_others() {
  if (!is_mimalloc()) return false;
  const uint64_t from_cycles = read_cycles();
  ::operator delete(::operator new(kLookBytes));
  return static_cast<double>(read_cycles() - from_cycles) > kNotableUs * cycles_per_us();
}

FreeingAtOnce::FreeingAtOnce() {
  if (is_mimalloc()) mi_option_set(kDelay, 0);
}

FreeingAtOnce::~FreeingAtOnce() {
  if (is_mimalloc()) mi_option_set(kDelay, kKeptMs);
}

}  // namespace rondo
