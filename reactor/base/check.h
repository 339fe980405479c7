// Assertions. CHECK stays on in every build: it states what this program promises itself, never
// what a client must do, so client bytes can not fire one. DCHECK is for places where a benchmark
// shows the cost. One condition each, so that the line that fired says everything.
#pragma once

#include <cstdio>
#include <cstdlib>

namespace rondo {

[[noreturn, gnu::cold, gnu::noinline]] inline void check_failed(const char* condition,
                                                                const char* file, int line) {
  std::fprintf(stderr, "%s:%d: CHECK failed: %s\n", file, line, condition);
  std::abort();
}

}  // namespace rondo

#define CHECK(condition)                                     \
  do {                                                       \
    if (!(condition)) [[unlikely]]                           \
      ::rondo::check_failed(#condition, __FILE__, __LINE__); \
  } while (false)

#ifdef RONDO_DEBUG
#define DCHECK(condition) CHECK(condition)
#else
#define DCHECK(condition) static_cast<void>(sizeof(!(condition)))
#endif
