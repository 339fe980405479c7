// libFuzzer's entry point; the build names the target that it calls.
#include <cstddef>
#include <cstdint>

#include "tests/fuzz/targets.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  rondo::RONDO_FUZZ_TARGET({reinterpret_cast<const char*>(data), size});
  return 0;
}
