// CoreApplication: what a reactor runs: one Core, its listeners and its connections.
//
// How long a tick takes. Each part of it stops when its share of the time is used up, and goes on
// in the next tick: messages, input, sessions that are resumed, sends. Receiving stops at the
// receive buffers that there are, or at half a megabyte of a big argument. Only so many blocked
// clients time out in one. Memory goes in slices: dropped values and databases, the output of
// clients that left, large blocks, and the pages of all of it (server/allocator.h). A command of a
// million arguments arrives and is parsed over many ticks.
//
// What has no limit is one command, which executes as a whole because it is atomic: a DEL of a
// million keys, a LRANGE of a list of ten million, the removal of half of a sorted set. The same is
// true of the last pass over the arguments of a long command, and of an EXEC on one shard.
#pragma once

#include <memory>
#include <vector>

#include "reactor/base/sliced_free.h"
#include "reactor/listener.h"
#include "reactor/reactor.h"
#include "server/connection.h"
#include "server/core.h"

namespace rondo {

class CoreApplication final : public Application, private AcceptHandler, private ConnectionOwner {
 public:
  // `mailbox` is the reactor's.
  CoreApplication(Server& server, int index, Mailbox& mailbox);
  ~CoreApplication();

  // Before the reactor starts.
  void add_listener(Descriptor socket, Listener::Mode mode);

  Core& core() { return core_; }

 private:
  // A pending socket of add_listener().
  struct Pending {
    Descriptor socket;
    Listener::Mode mode;
  };

  void on_start(Reactor& reactor) override;
  bool on_tick(Time now) override;
  void on_flush() override;
  bool on_background(Time now) override;
  void on_sleep() override { core_.offer_shard(); }
  void on_wake() override { core_.reclaim_shard(); }
  void on_stop() override;
  void on_accept(int fd) override;
  void on_accept_error(int error) override;
  void connection_ready(Connection& connection) override;
  void connection_finished(Connection& connection) override;

  void flush_connections();
  void refuse(int fd, const char* line);
  void on_cron();
  void on_wait_over() {}  // The next tick ends the waits that are due.
  void set_wait_alarm();
  void on_drain();
  void close_idle_clients();

  Server& server_;
  SlicedFree sliced_free_;
  Core core_;
  const uint64_t flush_cycles_max_;
  Reactor* reactor_ = nullptr;
  std::vector<Pending> pending_;
  std::vector<ListenerPtr> listeners_;
  List<Connection> connections_;
  std::vector<Connection*> ready_;
  std::vector<Connection*> finished_;
  Timer cron_;
  Timer drain_;
  Timer wait_alarm_;  // Ends the sleep for the next time-out of a blocked client.
  bool background_due_ = false;
  bool draining_ = false;
  bool drained_ = false;
  int64_t drain_deadline_ms_ = 0;
};

}  // namespace rondo
