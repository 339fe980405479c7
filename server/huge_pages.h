// Huge pages: whether the kernel may put the data into pages of 2 MiB. They save a good part of the
// misses of the TLB, of which a look-up in a large keyspace has two; but the first byte written to
// one costs the zeroing of all of it, in the middle of a command: about 0.2 ms on bare metal, and
// milliseconds on a virtual machine whose host has to find the memory first.
//
// So the default is `disable-thp yes`, as that of Redis, and the process gets none, whatever the
// kernel's setting is. With `no` the kernel's setting counts, and where it is "madvise" we ask for
// them: the allocator then takes its memory from an area of our own that was advised so. It grows
// as it is touched, and what is freed goes back as usual. (The allocator's own option for large
// pages would never give them back.)
#pragma once

#include <cstddef>
#include <string_view>

namespace rondo {

// What came of it, for the log.
enum class HugePages : unsigned char {
  kOff,
  kOn,
  kNever,    // Asked for, but the kernel's setting is "never", or it knows none.
  kNoSpace,  // Asked for, but the address space is limited (ulimit -v, overcommit_memory 2).
};

// Before other threads start.
HugePages set_up_huge_pages(bool disable);
std::string_view to_text(HugePages pages);

}  // namespace rondo
