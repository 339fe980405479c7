#include "reactor/reactor.h"

#include <sys/eventfd.h>

#include <algorithm>
#include <cerrno>

#if defined(__x86_64__)
#include <immintrin.h>
#endif

#include "reactor/cpu.h"
#include "reactor/stream.h"

namespace rondo {

namespace {

// Completions handled before the other parts of a tick have their turn: so many, for so long.
constexpr size_t kDispatchMax = 1024;
constexpr double kDispatchUs = 300;
// The same for timers: the connections that linger may be thousands.
constexpr size_t kTimersMax = 256;
// Looks at the mailboxes between two readings of the clock, while spinning.
constexpr int kLooksPerClock = 16;
// How long the last operations may take to give up. They are cancelled, so it is a matter of
// microseconds; the limit only keeps a kernel bug from hanging a shutdown.
constexpr int64_t kCancelNs = 1'000'000'000;
constexpr int64_t kStallReportPeriodNs = 1'000'000'000;

void relax() {
#if defined(__x86_64__)
  _mm_pause();
#elif defined(__aarch64__)
  asm volatile("isb" ::: "memory");
#endif
}

}  // namespace

// The sending side of a wake-up by MSG_RING: it completes only if that failed.
struct Reactor::WakeOperation {
  WakeOperation() : operation(this, Operation::call<&WakeOperation::on_sent>) {}

  void on_sent(int result, uint32_t) {
    if (result < 0) eventfd_write(event, 1);
  }

  int event = -1;
  Operation operation;
};

Reactor::Reactor(const ReactorOptions& options, MailboxGrid& grid, int core)
    : options_(options),
      grid_(grid),
      mailbox_(grid.of(core)),
      now_(read_time()),
      timers_(now_ms()),
      spin_policy_(options.spin_us_max * 1000),
      dispatch_cycles_max_(static_cast<uint64_t>(kDispatchUs * cycles_per_us())),
      event_read_(this, Operation::call<&Reactor::on_woken>),
      alarm_(this, Operation::call<&Reactor::on_alarm>) {}

Reactor::~Reactor() {
  grid_.set_wake_target(core(), {});
}

Result<std::unique_ptr<Reactor>> Reactor::create(const ReactorOptions& options, MailboxGrid& grid,
                                                 int core) {
  std::unique_ptr<Reactor> reactor(new Reactor(options, grid, core));
  Status status = reactor->set_up();
  if (!status) return status.failure();
  return reactor;
}

Status Reactor::set_up() {
  auto ring = Ring::create(options_.ring);
  if (!ring) return ring.failure();
  ring_ = std::move(*ring);
  auto buffers = BufferRing::create(*ring_, options_.buffers);
  if (!buffers) return buffers.failure();
  buffers_ = std::move(*buffers);
  event_ = Descriptor(eventfd(0, EFD_CLOEXEC));
  if (!event_) return Failure::from_errno("an eventfd can not be made", errno);
  wakes_ = std::make_unique<WakeOperation[]>(static_cast<size_t>(grid_.cores()));
  const int ring_fd = ring_->features().message_ring ? ring_->fd() : -1;
  grid_.set_wake_target(core(), {ring_fd, event_.get()});
  return Done{};
}

std::string Reactor::features() const {
  std::string text = ring_->describe();
  text += ", " + std::to_string(buffers_->provided()) + " to " + std::to_string(buffers_->count()) +
          " receive buffers of " + std::to_string(buffers_->size()) + " bytes";
  text += options_.spin_us_max > 0 ? ", spins up to " + std::to_string(options_.spin_us_max) + " us"
                                   : ", does not spin";
  return text;
}

Status Reactor::run(Application& application) {
  if (options_.cpu >= 0) {
    Status pinned = pin_thread(options_.cpu);
    if (!pinned) return pinned;
  }
  Status enabled = ring_->enable();
  if (!enabled) return enabled;
  arm_wake_up();
  now_ = read_time();
  application.on_start(*this);
  while (!finishing_)
    tick(application);
  wind_down();
  return Done{};
}

void Reactor::tick(Application& application) {
  const int64_t started_ns = now_.mono_ns;
  now_ = read_time();
  timers_.set_clock(now_ms());
  account(started_ns);
  meter_.end_tick();

  application.on_tick(now_);
  meter_.end(TickPart::kMessages);
  stats_.completions += ring_->dispatch(kDispatchMax, dispatch_cycles_max_);
  receive_again();
  if (stop_requested_.load(std::memory_order_acquire) && !stop_seen_) {
    stop_seen_ = true;
    application.on_stop();
  }
  meter_.end(TickPart::kCompletions);
  application.on_flush();
  publish();
  meter_.end(TickPart::kFlush);

  const bool fired = timers_.fire_due(now_ms(), kTimersMax) != 0;
  meter_.end(TickPart::kTimers);
  const bool had_background = more_background_;
  // A wake-up must not wait for a background slice.
  if (had_background && ring_->has_submissions()) ring_->submit();
  more_background_ = application.on_background(now_);
  meter_.end(TickPart::kBackground);

  // Timers and background work may have produced something: the next tick flushes it.
  const bool go_on = fired || had_background || more_background_ || finishing_;
  if (!go_on && !has_work()) {
    idle(application);
  } else if (ring_->must_enter()) {
    ring_->submit();
  }
}

// Books the time from the start of the last tick until now.
void Reactor::account(int64_t started_ns) {
  ++stats_.ticks;
  const int64_t busy_until_ns = idle_from_ns_ != 0 ? idle_from_ns_ : now_.mono_ns;
  const int64_t tick_ns = busy_until_ns - started_ns;
  stats_.busy_ns += static_cast<uint64_t>(tick_ns);
  stats_.enters = ring_->enters();
  stats_.wake_ups_received = ring_->wake_ups() + event_wake_ups_;
  if (idle_from_ns_ != 0) {
    const int64_t wait_ns = now_.mono_ns - idle_from_ns_;
    stats_.spin_ns += static_cast<uint64_t>(spun_ns_);
    stats_.sleep_ns += static_cast<uint64_t>(wait_ns - spun_ns_);
    spin_policy_.waited(wait_ns, mailbox_.has_incoming());
    idle_from_ns_ = 0;
    spun_ns_ = 0;
  }
  stats_.longest_tick_ns = std::max(stats_.longest_tick_ns, static_cast<uint64_t>(tick_ns));
  if (options_.stall_us > 0 && tick_ns > options_.stall_us * 1000) {
    ++stats_.slow_ticks;
    // Not each of them: on a machine that is short of CPUs every tick may be slow.
    if (options_.on_stall && now_.mono_ns >= quiet_until_ns_) {
      quiet_until_ns_ = now_.mono_ns + kStallReportPeriodNs;
      options_.on_stall(core(), tick_ns);
    }
  }
}

void Reactor::wait_for_buffers(Stream& stream) {
  without_buffers_.push_back(stream);
}

// If all that wait tried at once, each tick would see most of them fail.
void Reactor::receive_again() {
  for (unsigned left = buffers_->provided(); left > 0 && !without_buffers_.empty(); --left)
    without_buffers_.front().receive_again();
}

// --- Other cores ---

void Reactor::publish() {
  if (!mailbox_.publish()) return;
  mailbox_.for_each_published([this](int to) {
    if (mailbox_.claim_wake_up(to)) wake(to);
  });
}

void Reactor::wake(int core) {
  ++stats_.wake_ups_sent;
  const MailboxGrid::WakeTarget target = grid_.wake_target(core);
  if (target.ring >= 0 && ring_->features().message_ring) {
    WakeOperation& wake = wakes_[static_cast<size_t>(core)];
    wake.event = target.event;
    io_uring_sqe* sqe = ring_->prepare();
    io_uring_prep_msg_ring(sqe, target.ring, 0, Ring::kWakeUp, 0);
    ring_->untracked(sqe, wake.operation);
  } else if (target.event >= 0) {
    eventfd_write(target.event, 1);
  }
}

void Reactor::request_stop() {
  stop_requested_.store(true, std::memory_order_release);
  eventfd_write(event_.get(), 1);
}

void Reactor::arm_wake_up() {
  io_uring_sqe* sqe = ring_->prepare();
  io_uring_prep_read(sqe, event_.get(), &event_count_, sizeof event_count_, 0);
  ring_->arm(sqe, event_read_);
}

void Reactor::on_woken(int, uint32_t) {
  ++event_wake_ups_;
  if (!closing_) arm_wake_up();
}

// --- Waiting ---

// True when another tick would find something at once.
bool Reactor::has_work() {
  return ring_->has_completions() || mailbox_.has_incoming() || !without_buffers_.empty() ||
         (stop_requested_.load(std::memory_order_acquire) && !stop_seen_);
}

void Reactor::idle(Application& application) {
  idle_from_ns_ = read_monotonic_ns();
  set_alarm();
  const int64_t limit_ns = spin_policy_.limit_ns();
  if (limit_ns > 0) {
    // Nothing may stay behind unsubmitted while this core looks busy.
    if (ring_->has_submissions()) ring_->submit();
    meter_.end(TickPart::kEnter);
    spin(limit_ns);
    meter_.skip();
    if (has_work()) {
      ++stats_.spins_won;
      return;
    }
    if (ring_->must_enter()) {
      ring_->submit();
      return;
    }
  }
  if (!mailbox_.prepare_sleep()) return;
  ++stats_.sleeps;
  // Completions that are there already end this at once, and so does request_stop(), through the
  // read of the eventfd.
  application.on_sleep();
  ring_->submit_and_wait(-1);
  application.on_wake();
  mailbox_.end_sleep();
}

void Reactor::spin(int64_t limit_ns) {
  int64_t now_ns = idle_from_ns_;
  while (now_ns - idle_from_ns_ < limit_ns) {
    for (int i = 0; i < kLooksPerClock; ++i) {
      if (has_work() || ring_->must_enter()) {
        spun_ns_ = read_monotonic_ns() - idle_from_ns_;
        return;
      }
      relax();
    }
    now_ns = read_monotonic_ns();
  }
  spun_ns_ = now_ns - idle_from_ns_;
}

// Sees to it that the ring wakes this core when the next timer is due. A timeout that is earlier
// than needed is left alone: it costs one empty tick.
void Reactor::set_alarm() {
  const int64_t next_ms = timers_.next_ms();
  if (next_ms >= alarm_ms_) return;
  alarm_ms_ = next_ms;
  alarm_time_ = {next_ms / 1000, next_ms % 1000 * 1'000'000};
  io_uring_sqe* sqe = ring_->prepare();
  if (alarm_.in_flight()) {
    const uint64_t armed = reinterpret_cast<uint64_t>(&alarm_);
    io_uring_prep_timeout_update(sqe, &alarm_time_, armed, IORING_TIMEOUT_ABS);
    ring_->ignore(sqe);
  } else {
    io_uring_prep_timeout(sqe, &alarm_time_, 0, IORING_TIMEOUT_ABS);
    ring_->arm(sqe, alarm_);
  }
}

void Reactor::on_alarm(int, uint32_t) {
  alarm_ms_ = Timers::kNever;
}

// --- The end ---

void Reactor::wind_down() {
  // Streams that close gracefully end by themselves or by their timers.
  const int64_t linger_until_ns = now_.mono_ns + options_.finish_ms * 1'000'000;
  while (lingering_ > 0 && now_.mono_ns < linger_until_ns) {
    ring_->submit_and_wait(10'000'000);
    now_ = read_time();
    ring_->dispatch(kDispatchMax);
    receive_again();
    timers_.fire_due(now_ms());
  }
  // What is left is cancelled. Objects that their owners drop later have nothing in flight then.
  closing_ = true;
  ring_->cancel_all();
  const int64_t cancel_until_ns = read_monotonic_ns() + kCancelNs;
  while (ring_->in_flight() != 0 && read_monotonic_ns() < cancel_until_ns) {
    ring_->submit_and_wait(10'000'000);
    ring_->dispatch(kDispatchMax);
  }
  CHECK(ring_->in_flight() == 0);
}

}  // namespace rondo
