#include "server/scripting/fiber.h"

#include <setjmp.h>
#include <sys/mman.h>
#include <ucontext.h>
#include <unistd.h>

#include <cstdint>

#include "reactor/base/check.h"

#if defined(__SANITIZE_ADDRESS__)
#define RONDO_ASAN_FIBER 1
#elif defined(__has_feature)
#if __has_feature(address_sanitizer)
#define RONDO_ASAN_FIBER 1
#endif
#endif
#if defined(__SANITIZE_THREAD__)
#define RONDO_TSAN_FIBER 1
#elif defined(__has_feature)
#if __has_feature(thread_sanitizer)
#define RONDO_TSAN_FIBER 1
#endif
#endif

#if defined(RONDO_ASAN_FIBER)
#include <sanitizer/common_interface_defs.h>
#endif
#if defined(RONDO_TSAN_FIBER)
#include <sanitizer/tsan_interface.h>
#endif

namespace rondo {

struct Fiber::Context {
  ucontext_t outside;
  ucontext_t inside;
  jmp_buf outside_jump;
  jmp_buf inside_jump;
  // For sanitizers: the other stack, and what they know of the two.
  const void* outside_stack = nullptr;
  size_t outside_bytes = 0;
  void* outside_fake = nullptr;
  void* inside_fake = nullptr;
  void* outside_fiber = nullptr;
  void* inside_fiber = nullptr;
};

namespace {

#if defined(RONDO_ASAN_FIBER) || defined(RONDO_TSAN_FIBER)
constexpr bool kByContext = true;
#else
constexpr bool kByContext = false;
#endif

}  // namespace

Fiber::Fiber(void (*entry)(void*), void* argument, size_t stack_bytes)
    : entry_(entry),
      argument_(argument),
      stack_bytes_(stack_bytes),
      context_(std::make_unique<Context>()) {
  const auto page = static_cast<size_t>(::sysconf(_SC_PAGESIZE));
  CHECK(stack_bytes % page == 0);
  void* memory = ::mmap(nullptr, stack_bytes_, PROT_READ | PROT_WRITE,
                        MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE | MAP_STACK, -1, 0);
  CHECK(memory != MAP_FAILED);
  stack_ = static_cast<char*>(memory);
  CHECK(::mprotect(stack_, page, PROT_NONE) == 0);
#if defined(RONDO_TSAN_FIBER)
  context_->inside_fiber = __tsan_create_fiber(0);
#endif
}

Fiber::~Fiber() {
  CHECK(!running_);
#if defined(RONDO_TSAN_FIBER)
  __tsan_destroy_fiber(context_->inside_fiber);
#endif
  ::munmap(stack_, stack_bytes_);
}

// makecontext() passes integers only.
void Fiber::start(unsigned low, unsigned high) {
  const uint64_t bits = uint64_t{low} | uint64_t{high} << 32;
  auto* fiber = reinterpret_cast<Fiber*>(static_cast<uintptr_t>(bits));
#if defined(RONDO_ASAN_FIBER)
  __sanitizer_finish_switch_fiber(nullptr, &fiber->context_->outside_stack,
                                  &fiber->context_->outside_bytes);
#endif
  fiber->loop();
}

void Fiber::loop() {
  for (;;) {
    entry_(argument_);
    running_ = false;
    switch_out();
  }
}

void Fiber::resume() {
  CHECK(!inside_);
  inside_ = true;
  running_ = true;
  switch_in();
  inside_ = false;
}

void Fiber::suspend() {
  CHECK(inside_);
  switch_out();
}

void Fiber::switch_in() {
  Context& context = *context_;
#if defined(RONDO_ASAN_FIBER)
  __sanitizer_start_switch_fiber(&context.outside_fake, stack_, stack_bytes_);
#endif
#if defined(RONDO_TSAN_FIBER)
  context.outside_fiber = __tsan_get_current_fiber();
  __tsan_switch_to_fiber(context.inside_fiber, 0);
#endif
  if (!started_) {
    started_ = true;
    CHECK(::getcontext(&context.inside) == 0);
    context.inside.uc_stack.ss_sp = stack_;
    context.inside.uc_stack.ss_size = stack_bytes_;
    context.inside.uc_link = nullptr;
    const auto bits = uint64_t{reinterpret_cast<uintptr_t>(this)};
    ::makecontext(&context.inside, reinterpret_cast<void (*)()>(&Fiber::start), 2,
                  static_cast<unsigned>(bits), static_cast<unsigned>(bits >> 32));
    if (kByContext || _setjmp(context.outside_jump) == 0) {
      ::swapcontext(&context.outside, &context.inside);
    }
  } else if (kByContext) {
    ::swapcontext(&context.outside, &context.inside);
  } else if (_setjmp(context.outside_jump) == 0) {
    _longjmp(context.inside_jump, 1);
  }
#if defined(RONDO_ASAN_FIBER)
  __sanitizer_finish_switch_fiber(context.outside_fake, nullptr, nullptr);
#endif
}

void Fiber::switch_out() {
  Context& context = *context_;
#if defined(RONDO_ASAN_FIBER)
  __sanitizer_start_switch_fiber(&context.inside_fake, context.outside_stack,
                                 context.outside_bytes);
#endif
#if defined(RONDO_TSAN_FIBER)
  __tsan_switch_to_fiber(context.outside_fiber, 0);
#endif
  if (kByContext) {
    ::swapcontext(&context.inside, &context.outside);
  } else if (_setjmp(context.inside_jump) == 0) {
    _longjmp(context.outside_jump, 1);
  }
#if defined(RONDO_ASAN_FIBER)
  __sanitizer_finish_switch_fiber(context.inside_fake, &context.outside_stack,
                                  &context.outside_bytes);
#endif
}

}  // namespace rondo
