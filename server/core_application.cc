#include "server/core_application.h"

#include <sys/socket.h>
#include <unistd.h>

#include <cstring>

#include "reactor/base/block_cache.h"
#include "server/allocator.h"
#include "server/logger.h"

namespace rondo {

namespace {

// How often background work is looked for, and how long one tick may spend on it.
constexpr int64_t kCronMs = 100;
constexpr int64_t kBackgroundNs = 50'000;
// What a tick may spend on messages, on the input of clients, on sessions that waited, and on
// sends: together it stays below a millisecond.
constexpr int64_t kShareUs = 200;
// Shutdown: how long the answers to what was received may take, and how often that is looked at.
constexpr int64_t kDrainMs = 2000;
constexpr int64_t kDrainPollMs = 2;

}  // namespace

CoreApplication::CoreApplication(Server& server, int index, Mailbox& mailbox)
    : server_(server),
      core_(server, index, &mailbox),
      flush_cycles_max_(static_cast<uint64_t>(kShareUs * cycles_per_us())),
      cron_(this, Timer::call<&CoreApplication::on_cron>),
      drain_(this, Timer::call<&CoreApplication::on_drain>),
      wait_alarm_(this, Timer::call<&CoreApplication::on_wait_over>) {}

CoreApplication::~CoreApplication() {
  for (Connection* connection : finished_)
    delete connection;
}

void CoreApplication::add_listener(Descriptor socket, Listener::Mode mode) {
  pending_.push_back({std::move(socket), mode});
}

void CoreApplication::on_start(Reactor& reactor) {
  reactor_ = &reactor;
  SlicedFree::current() = &sliced_free_;
  core_.ticks = &reactor.stats();
  core_.tick_meter = &reactor.meter();
  core_.limit_shares(kShareUs);
  for (Pending& pending : pending_) {
    listeners_.push_back(Listener::start(reactor, std::move(pending.socket), pending.mode, *this));
  }
  pending_.clear();
  reactor.timers().set_in(cron_, kCronMs);
  // Written by one core, read after all have started.
  if (core_.index() == 0) server_.ring_features = reactor.features();
  server_.started.fetch_add(1, std::memory_order_acq_rel);
}

bool CoreApplication::on_tick(Time now) {
  return core_.begin_tick(now);
}

void CoreApplication::on_flush() {
  core_.flush();
  flush_connections();
  set_wait_alarm();
  if (server_.stopping.load(std::memory_order_relaxed) && !draining_ && server_.request_stop) {
    server_.request_stop();
  }
}

// Each send is a walk through the kernel to the other end and back, so only as many as there is
// time for; the others come first in the next tick.
void CoreApplication::flush_connections() {
  const uint64_t from_cycles = read_cycles();
  size_t done = 0;
  // A flush may make another connection ready (a CLIENT KILL), but never runs a command.
  while (done < ready_.size()) {
    Connection& connection = *ready_[done++];
    connection.awaits_flush = false;
    connection.flush();
    if (read_cycles() - from_cycles >= flush_cycles_max_) break;
  }
  ready_.erase(ready_.begin(), ready_.begin() + static_cast<long>(done));
  std::erase_if(finished_, [](Connection* connection) {
    if (connection->awaits_flush) return false;
    delete connection;
    return true;
  });
}

void CoreApplication::set_wait_alarm() {
  const int64_t next_ms = core_.blocking().next_timeout_ms();
  if (next_ms == Timers::kNever) {
    wait_alarm_.cancel();
  } else if (!wait_alarm_.active() || wait_alarm_.deadline_ms() != next_ms) {
    reactor_->timers().set(wait_alarm_, next_ms);
  }
}

bool CoreApplication::on_background(Time) {
  const bool backlog = core_.has_backlog() || !ready_.empty();
  if (!background_due_) return backlog;
  const FreeingAtOnce at_once;
  BlockCache* const cache = BlockCache::current();
  const int64_t until_ns = read_monotonic_ns() + kBackgroundNs;
  for (;;) {
    bool freeing = sliced_free_.free_slice();
    if (cache != nullptr) freeing |= cache->free_one();
    const bool more = core_.background();
    if (core_.freeing_paused()) return true;
    if (!more && !freeing) break;
    if (read_monotonic_ns() >= until_ns) return true;
  }
  background_due_ = false;
  return backlog;
}

void CoreApplication::on_cron() {
  background_due_ = true;
  if (BlockCache::current() != nullptr && core_.index() == 0) {
    BlockCache::current()->next_generation();
  }
  core_.check_pause();
  static_cast<void>(take_freed_by_others());  // What was freed without a pace.
  if (core_.config().timeout > 0) close_idle_clients();
  if (!draining_) reactor_->timers().set_in(cron_, kCronMs);
}

void CoreApplication::close_idle_clients() {
  const int64_t oldest_ms = core_.now_ms() - core_.config().timeout * 1000;
  connections_.for_each([&](Connection& connection) {
    const Session& session = connection.session();
    // Who listens to channels may be silent.
    if (session.subscribed() || session.blocked()) return;
    if (session.last_active_ms < oldest_ms) connection.drop();
  });
}

// --- Accepting ---------------------------------------------------------------------------------

void CoreApplication::on_accept(int fd) {
  ++core_.stats().connections_total;
  const int64_t clients = server_.clients.fetch_add(1, std::memory_order_relaxed) + 1;
  if (draining_ || clients > core_.config().maxclients) {
    ++core_.stats().rejected_connections;
    refuse(fd, "-ERR max number of clients reached\r\n");
    return;
  }
  auto* connection = new Connection(*this, *reactor_, core_, fd);
  connections_.push_back(*connection);
  const bool outside = !connection->session().address().loopback;
  if (outside && core_.config().protected_mode && core_.config().requirepass.empty()) {
    ++core_.stats().rejected_connections;
    OutBuffer text;
    text.append(
        "-DENIED Rondo is in protected mode: without a password it serves only clients on this "
        "machine. From here, either set a password (CONFIG SET requirepass), or turn the mode off "
        "(CONFIG SET protected-mode no) if nobody untrusted can reach this port.\r\n");
    connection->session().push(text);
    connection->session().close_after_reply();
  }
}

// The client may not get the line, but most do: it is short and the socket is new.
void CoreApplication::refuse(int fd, const char* line) {
  static_cast<void>(::send(fd, line, std::strlen(line), MSG_DONTWAIT | MSG_NOSIGNAL));
  ::close(fd);
  server_.clients.fetch_sub(1, std::memory_order_relaxed);
}

void CoreApplication::on_accept_error(int error) {
  log_warning("Accepting a connection failed: {}", std::strerror(error));
}

// One that was flushed meanwhile, because its socket became writable, may become ready once more
// while it still stands there. It stands there once, so that nothing is left when it is deleted.
void CoreApplication::connection_ready(Connection& connection) {
  if (connection.awaits_flush) return;
  connection.awaits_flush = true;
  ready_.push_back(&connection);
}

void CoreApplication::connection_finished(Connection& connection) {
  server_.clients.fetch_sub(1, std::memory_order_relaxed);
  connection.unlink();
  finished_.push_back(&connection);
}

// --- Stopping ----------------------------------------------------------------------------------

// Every core answers what it has received, and goes on serving the others until all have done so.
void CoreApplication::on_stop() {
  draining_ = true;
  // Ends scripts that take long.
  server_.stopping.store(true, std::memory_order_relaxed);
  listeners_.clear();
  cron_.cancel();
  drain_deadline_ms_ = reactor_->now_ms() + kDrainMs;
  core_.end_pause();
  on_drain();
}

void CoreApplication::on_drain() {
  connections_.for_each([](Connection& connection) { connection.finish_received(); });
  const bool late = reactor_->now_ms() >= drain_deadline_ms_;
  if (!drained_ && (late || connections_.empty())) {
    drained_ = true;
    server_.drained.fetch_add(1, std::memory_order_acq_rel);
  }
  if (late || server_.drained.load(std::memory_order_acquire) == server_.cores_count) {
    connections_.for_each([](Connection& connection) { connection.drop(); });
    reactor_->finish();
    return;
  }
  reactor_->timers().set_in(drain_, kDrainPollMs);
}

}  // namespace rondo
