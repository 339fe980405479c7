// Ring: one io_uring, used by one thread. The only file besides buffer_ring.cc and the users of
// prepare() that talks to liburing.
//
// Set up with SINGLE_ISSUER, DEFER_TASKRUN, TASKRUN_FLAG, SUBMIT_ALL and a registered descriptor
// where the kernel has them. With DEFER_TASKRUN the kernel's half of an operation runs only inside
// this thread's io_uring_enter: completions never interrupt a tick, and must_enter() says when
// there is a reason to go in.
//
// The ring is created disabled, on any thread, so that a refusal is reported before threads
// start; the thread that calls enable() owns it from then on.
//
// What is needed: Linux 5.19 (provided-buffer rings, multishot accept). What is used if present:
// 6.0 SINGLE_ISSUER and multishot receive, 6.1 DEFER_TASKRUN, 5.18 MSG_RING.
#pragma once

#include <liburing.h>

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>

#include "reactor/base/result.h"
#include "reactor/operation.h"

namespace rondo {

struct RingOptions {
  unsigned entries = 1024;             // Submissions in one batch.
  unsigned completion_entries = 8192;  // Completions that may wait; more are kept by the kernel.
  // Tests turn features off to run the fall-backs.
  bool use_defer_taskrun = true;
  bool use_multishot_receive = true;
  bool use_message_ring = true;
};

struct RingFeatures {
  bool single_issuer = false;
  bool defer_taskrun = false;
  bool taskrun_flag = false;
  bool multishot_receive = false;
  bool message_ring = false;
  bool registered_descriptor = false;
};

class Ring {
 public:
  // Values of user_data that are no Operation: nobody asked, and a wake-up from another ring.
  static constexpr uint64_t kIgnored = 0;
  static constexpr uint64_t kWakeUp = 1;

  // Fails with one line for the operator when the kernel refuses or is too old.
  static Result<std::unique_ptr<Ring>> create(const RingOptions& options);
  ~Ring();
  Ring(const Ring&) = delete;
  Ring& operator=(const Ring&) = delete;

  // Makes the calling thread the ring's owner. Everything below is for that thread.
  Status enable();

  // A cleared submission entry; submits first when the queue is full. The caller fills it with an
  // io_uring_prep_* function and then calls arm(), untracked() or ignore() on it.
  io_uring_sqe* prepare();
  // `operation` is in flight until its last completion.
  void arm(io_uring_sqe* sqe, Operation& operation);
  // For an Operation that lives as long as the ring and may be submitted many times over:
  // completes only on failure, or also on success where the kernel can not skip that.
  void untracked(io_uring_sqe* sqe, Operation& operation);
  void ignore(io_uring_sqe* sqe);
  // Asks the kernel to end `operation`, which completes as always (-ECANCELED, or its result).
  void cancel(Operation& operation);
  // The same, and `outcome` completes with 0, or with -ENOENT or -EALREADY when the kernel could
  // not do it.
  void cancel(Operation& operation, Operation& outcome);
  // The same for everything in flight.
  void cancel_all();

  // True when io_uring_enter has something to do: submissions, deferred work, overflow.
  bool must_enter() const {
    return io_uring_sq_ready(&ring_) != 0 || (IO_URING_READ_ONCE(*ring_.sq.kflags) &
                                              (IORING_SQ_TASKRUN | IORING_SQ_CQ_OVERFLOW)) != 0;
  }
  bool has_submissions() const { return io_uring_sq_ready(&ring_) != 0; }
  bool has_completions() const { return io_uring_cq_ready(&ring_) != 0; }

  // One io_uring_enter: submits and collects what is ready, without waiting.
  void submit();
  // One io_uring_enter: submits, and waits for a completion for at most `timeout_ns` (negative:
  // no limit).
  void submit_and_wait(int64_t timeout_ns);

  // Calls complete for the completions that are there, at most `max`, and none later than so many
  // read_cycles() after the call; returns how many.
  size_t dispatch(size_t max, uint64_t cycles_max = UINT64_MAX);

  // Operations in flight.
  size_t in_flight() const { return in_flight_; }
  uint64_t enters() const { return enters_; }      // io_uring_enter calls so far.
  uint64_t wake_ups() const { return wake_ups_; }  // kWakeUp completions so far.
  const RingFeatures& features() const { return features_; }
  // "io_uring: single issuer, deferred task work, ...", for the log.
  std::string describe() const;
  int fd() const { return ring_.ring_fd; }
  io_uring* raw() { return &ring_; }

 private:
  explicit Ring(const RingOptions& options) : options_(options) {}
  Status set_up();

  const RingOptions options_;
  io_uring ring_{};
  bool created_ = false;
  bool skips_success_ = false;
  RingFeatures features_;
  size_t in_flight_ = 0;
  uint64_t enters_ = 0;
  uint64_t wake_ups_ = 0;
};

}  // namespace rondo
