// Fiber: a second stack on the thread of its owner, for work that stops in the middle and goes on
// later: a script that takes long. resume() runs it until it calls suspend() or its entry returns;
// the entry is called anew by the first resume() after that. Owned by a core; its thread only.
//
// The stack is made by ucontext (POSIX.1-2001) and switched by setjmp and longjmp, which need no
// system call. Under a sanitizer, which has to be told of each switch, by ucontext alone. A page
// that can not be touched ends the stack; its memory is taken when it is first used.
#pragma once

#include <cstddef>
#include <memory>

namespace rondo {

class Fiber {
 public:
  // `entry(argument)` is what runs on the fiber.
  Fiber(void (*entry)(void*), void* argument, size_t stack_bytes);
  Fiber(const Fiber&) = delete;
  Fiber& operator=(const Fiber&) = delete;
  // REQUIRES: !running(): what stands on the stack would be lost.
  ~Fiber();

  // REQUIRES: not on the fiber.
  void resume();
  // REQUIRES: on the fiber.
  void suspend();
  // The entry was called and has not returned.
  bool running() const { return running_; }
  // The caller is on the fiber.
  bool inside() const { return inside_; }

 private:
  struct Context;

  static void start(unsigned low, unsigned high);
  void loop();
  void switch_in();
  void switch_out();

  void (*const entry_)(void*);
  void* const argument_;
  const size_t stack_bytes_;
  char* stack_ = nullptr;
  std::unique_ptr<Context> context_;
  bool started_ = false;
  bool running_ = false;
  bool inside_ = false;
};

}  // namespace rondo
