// Operation: what a completion of the ring leads back to. A submission's user_data is the address
// of its Operation; the completion calls `complete` on the reactor's thread.
//
// Lifetime: an Operation must stay where it is from Ring::arm() until its last completion (the one
// without IORING_CQE_F_MORE). in_flight() says so and the destructor checks it, so an address can
// not come back for a stale completion: no generation numbers are needed. Owners that may be
// dropped earlier (streams, listeners) cancel, and delete themselves on the last completion.
#pragma once

#include <cstdint>

#include "reactor/base/check.h"

namespace rondo {

class Operation {
 public:
  // `result` is the completion's res, `flags` its IORING_CQE_F_* bits.
  using Complete = void (*)(Operation& operation, int result, uint32_t flags);

  Operation(void* owner, Complete complete) : owner_(owner), complete_(complete) {}
  ~Operation() { CHECK(!in_flight_); }
  Operation(const Operation&) = delete;
  Operation& operator=(const Operation&) = delete;

  // Wraps a member `void on_x(int result, uint32_t flags)` of the owner as a Complete.
  template <auto kMethod>
  static void call(Operation& operation, int result, uint32_t flags) {
    Member<decltype(kMethod)>::invoke(kMethod, operation.owner_, result, flags);
  }

  bool in_flight() const { return in_flight_; }

 private:
  friend class Ring;

  template <class M>
  struct Member;
  template <class Owner>
  struct Member<void (Owner::*)(int, uint32_t)> {
    static void invoke(void (Owner::*method)(int, uint32_t), void* owner, int result,
                       uint32_t flags) {
      (static_cast<Owner*>(owner)->*method)(result, flags);
    }
  };

  void* const owner_;
  const Complete complete_;
  bool in_flight_ = false;
};

}  // namespace rondo
