// The allocator under everything: when it gives the pages of freed memory back to the kernel. Other
// than the default, which is a burst of tens of megabytes, 2 to 12 ms, in the middle of a command.
//
// mimalloc keeps the free pages of a segment of 32 MiB on a list, and goes through all of it when
// one more is freed there after some time, which every further free puts off. So that time is short
// here, and nothing puts it off: what is given back at once is what was freed within some
// milliseconds. While a background slice frees a huge value that time is zero: each page goes as it
// is freed, and its cost is in the slice, which looks at the clock.
//
// A block that another thread frees goes back to the thread that allocated it, which takes all such
// blocks when it next looks for memory: see take_freed_by_others().
//
// Process-wide. With another allocator (a sanitizer's, say) nothing of this does anything.
#pragma once

namespace rondo {

// Before other threads start; also provides the BlockCache (reactor/base/block_cache.h).
void set_up_allocator();

// Takes what other threads have freed of this thread's memory. True: that took a while.
bool take_freed_by_others();

// While one exists, freed pages go back to the kernel at once. Several threads may have one: when
// the first of them ends it, the others' pages go back some milliseconds later.
class FreeingAtOnce {
 public:
  FreeingAtOnce();
  ~FreeingAtOnce();
  FreeingAtOnce(const FreeingAtOnce&) = delete;
  FreeingAtOnce& operator=(const FreeingAtOnce&) = delete;
};

}  // namespace rondo
