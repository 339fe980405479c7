// Reactor: one core's event loop. It owns the ring, the buffers that receives go to, and the
// timers, and it runs one Application.
//
// create() runs on the starting thread, so that every refusal of the kernel is reported there;
// run() makes the calling thread the reactor's own until it returns. Everything else is for that
// thread only, but for request_stop(). Reactors of one grid are destroyed after the last of their
// threads has returned from run().
//
// One tick
//   1. read the clock
//   2. on_tick: messages of other cores
//   3. completions: streams and listeners call their handlers
//   4. on_flush: sends; then the mailbox is published, sleeping receivers get one wake-up each,
//      and the submissions go to the kernel if somebody is waiting for them
//   5. timers that are due
//   6. on_background: a slice of at most 50 us
//   7. with nothing left to do: spin for a while if other cores have been talking to us lately,
//      then submit and sleep in one io_uring_enter until a completion, a wake-up or the next
//      timer. With something to do: enter only if there are submissions or deferred work.
//   A tick needs at most one io_uring_enter, unless it sends wake-ups and has background work, or
//   spins.
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>

#include "reactor/base/clock.h"
#include "reactor/base/intrusive_list.h"
#include "reactor/base/result.h"
#include "reactor/buffer_ring.h"
#include "reactor/descriptor.h"
#include "reactor/mailbox.h"
#include "reactor/operation.h"
#include "reactor/ring.h"
#include "reactor/spin_policy.h"
#include "reactor/tick_meter.h"
#include "reactor/tick_stats.h"
#include "reactor/timers.h"

namespace rondo {

class Reactor;
class Stream;

// What a reactor runs. Called on its thread, in the order of a tick.
class Application {
 public:
  // Before the first tick: open streams and listeners.
  virtual void on_start(Reactor& reactor) = 0;
  // Drains the mailbox. True if there was something. Bytes of streams come after it.
  virtual bool on_tick(Time now) = 0;
  // Sends what this tick produced. Messages sent here are published right after.
  virtual void on_flush() = 0;
  // At most 50 us of work that can wait. True: there is more to do now, or something to flush.
  virtual bool on_background(Time now) = 0;
  // Around a sleep in the kernel: nothing else of the application is called in between.
  virtual void on_sleep() {}
  virtual void on_wake() {}
  // Asked to stop: close listeners and streams, now or over the next ticks, then call finish().
  virtual void on_stop() = 0;

 protected:
  ~Application() = default;
};

struct ReactorOptions {
  RingOptions ring;
  BufferRingOptions buffers;
  int cpu = -1;  // Pin the thread to this CPU; -1: do not.
  // About what a sleep and a wake-up cost: with less, two cores that answer each other out of their
  // sleep never find out that spinning would be quicker. 0 on an oversubscribed machine.
  int64_t spin_us_max = 50;
  int64_t stall_us = 10'000;  // A tick over this is reported, once a second at most; 0: none.
  // Called after a slow tick, on the reactor's thread, with its length.
  std::function<void(int core, int64_t tick_ns)> on_stall;
  // How long finish() waits for streams that close gracefully.
  int64_t finish_ms = 1000;
};

class Reactor {
 public:
  static Result<std::unique_ptr<Reactor>> create(const ReactorOptions& options, MailboxGrid& grid,
                                                 int core);
  ~Reactor();
  Reactor(const Reactor&) = delete;
  Reactor& operator=(const Reactor&) = delete;

  // Runs until finish(). Fails if the thread can not be set up.
  Status run(Application& application);

  // Makes the loop call on_stop() soon, which sees what the caller wrote before. Any thread, and
  // safe inside a signal handler.
  void request_stop();
  // The application is done; run() returns after this tick, and after the streams that close
  // gracefully have done so.
  void finish() { finishing_ = true; }
  bool stopping() const { return stop_seen_; }
  // True when run() is about to return: nothing new is started, and no handler is called.
  bool closing() const { return closing_; }

  int core() const { return mailbox_.core(); }
  Time now() const { return now_; }                            // Read at the start of the tick.
  int64_t now_ms() const { return now_.mono_ns / 1'000'000; }  // The scale of timers().
  Timers& timers() { return timers_; }
  Mailbox& mailbox() { return mailbox_; }
  TickStats& stats() { return stats_; }
  TickMeter& meter() { return meter_; }
  Ring& ring() { return *ring_; }
  BufferRing& buffers() { return *buffers_; }
  // One line for the log: what the ring uses, the buffers, how idle cores wait.
  std::string features() const;
  // A receive of the stream found no buffer: its turn comes in one of the next ticks.
  void wait_for_buffers(Stream& stream);
  // Streams that close gracefully count themselves.
  void add_lingering(int count) { lingering_ += count; }

 private:
  Reactor(const ReactorOptions& options, MailboxGrid& grid, int core);
  Status set_up();
  void tick(Application& application);
  void account(int64_t now_ns);
  void publish();
  void wake(int core);
  void receive_again();
  void idle(Application& application);
  void spin(int64_t limit_ns);
  bool has_work();
  void set_alarm();
  void arm_wake_up();
  void on_woken(int result, uint32_t flags);
  void on_alarm(int result, uint32_t flags);
  void wind_down();

  struct WakeOperation;

  const ReactorOptions options_;
  MailboxGrid& grid_;
  Mailbox& mailbox_;
  std::unique_ptr<BufferRing> buffers_;  // Before the ring, which must be closed first.
  std::unique_ptr<Ring> ring_;
  Time now_;
  Timers timers_;
  SpinPolicy spin_policy_;
  const uint64_t dispatch_cycles_max_;  // How long completions are handled in one tick.
  TickStats stats_;
  TickMeter meter_;
  int64_t idle_from_ns_ = 0;    // When the last tick found nothing more to do; 0: it went on.
  int64_t spun_ns_ = 0;         // How much of the time since then was spinning.
  int64_t quiet_until_ns_ = 0;  // No stall is reported before then.

  Descriptor event_;          // An eventfd: wake-ups from outside the rings.
  uint64_t event_count_ = 0;  // What a read of it fills in.
  Operation event_read_;
  uint64_t event_wake_ups_ = 0;
  std::unique_ptr<WakeOperation[]> wakes_;  // One for each core.

  // One timeout in the ring, for the earliest timer, instead of a timeout for each sleep.
  Operation alarm_;
  __kernel_timespec alarm_time_{};
  int64_t alarm_ms_ = Timers::kNever;

  std::atomic<bool> stop_requested_{false};
  bool stop_seen_ = false;
  bool finishing_ = false;
  bool closing_ = false;
  bool more_background_ = false;
  int lingering_ = 0;
  List<Stream> without_buffers_;
};

}  // namespace rondo
