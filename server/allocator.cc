#include "server/allocator.h"

#include <mimalloc.h>

#include "reactor/base/block_cache.h"

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

FreeingAtOnce::FreeingAtOnce() {
  if (is_mimalloc()) mi_option_set(kDelay, 0);
}

FreeingAtOnce::~FreeingAtOnce() {
  if (is_mimalloc()) mi_option_set(kDelay, kKeptMs);
}

}  // namespace rondo
