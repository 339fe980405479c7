#include "server/huge_pages.h"

#include <mimalloc.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <unistd.h>

#include <cstdint>
#include <cstdio>
#include <cstring>

// Present when the program is linked with mimalloc.
#pragma weak mi_manage_os_memory

namespace rondo {

namespace {

// The allocator takes and returns pieces of this size, at such addresses.
constexpr size_t kPieceBytes = size_t{64} << 20;

// The kernel's word for processes that do not ask, or that ask by madvise().
bool kernel_has_huge_pages() {
  FILE* file = std::fopen("/sys/kernel/mm/transparent_hugepage/enabled", "re");
  if (file == nullptr) return false;
  char text[64] = {};
  static_cast<void>(std::fread(text, 1, sizeof(text) - 1, file));
  std::fclose(file);
  return text[0] != '\0' && std::strstr(text, "[never]") == nullptr;
}

// Address space for twice the memory of the machine, since freed pieces may be full of holes. Only
// what is written to becomes memory. Beyond it the allocator asks the kernel itself, as always.
bool add_area() {
  const auto memory =
      static_cast<size_t>(sysconf(_SC_PHYS_PAGES)) * static_cast<size_t>(sysconf(_SC_PAGESIZE));
  const size_t bytes = (2 * memory / kPieceBytes + 1) * kPieceBytes;
  void* reserved = ::mmap(nullptr, bytes + kPieceBytes, PROT_READ | PROT_WRITE,
                          MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
  if (reserved == MAP_FAILED) return false;
  const uintptr_t aligned =
      (reinterpret_cast<uintptr_t>(reserved) + kPieceBytes - 1) / kPieceBytes * kPieceBytes;
  void* area = reinterpret_cast<void*>(aligned);
  if (::madvise(area, bytes, MADV_HUGEPAGE) != 0) {
    ::munmap(reserved, bytes + kPieceBytes);
    return false;
  }
  // "Not committed", which only lets the allocator give pages back; the commit changes nothing.
  return mi_manage_os_memory(area, bytes, false, false, true, -1);
}

}  // namespace

HugePages set_up_huge_pages(bool disable) {
  if (disable) {
    static_cast<void>(::prctl(PR_SET_THP_DISABLE, 1, 0, 0, 0));
    return HugePages::kOff;
  }
  if (!kernel_has_huge_pages()) return HugePages::kNever;
  if (mi_manage_os_memory == nullptr) return HugePages::kOn;  // As the kernel's setting says.
  return add_area() ? HugePages::kOn : HugePages::kNoSpace;
}

std::string_view to_text(HugePages pages) {
  switch (pages) {
    case HugePages::kOff:
      return "off";
    case HugePages::kOn:
      return "on";
    case HugePages::kNever:
      return "not available: /sys/kernel/mm/transparent_hugepage/enabled says never";
    case HugePages::kNoSpace:
      return "not available: the address space is limited";
  }
  return "";
}

}  // namespace rondo
