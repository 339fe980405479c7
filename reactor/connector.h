// Connector: one outgoing connection attempt of a reactor, with a time limit. Used only by that
// reactor's thread.
//
// The owner holds a ConnectorPtr until the handler has been called once; dropping it earlier gives
// up, and no call follows. It may be dropped inside the call.
#pragma once

#include <cstdint>
#include <memory>

#include "reactor/address.h"
#include "reactor/base/result.h"
#include "reactor/descriptor.h"
#include "reactor/operation.h"
#include "reactor/timers.h"

namespace rondo {

class Reactor;
class Connector;

class ConnectHandler {
 public:
  // A connected socket, with TCP_NODELAY where it is TCP: the callee's to adopt or close.
  virtual void on_connected(int fd) = 0;
  virtual void on_connect_failed(const Failure& failure) = 0;

 protected:
  ~ConnectHandler() = default;
};

struct ConnectorRelease {
  void operator()(Connector* connector) const;
};
using ConnectorPtr = std::unique_ptr<Connector, ConnectorRelease>;

class Connector {
 public:
  // Fails when there is no socket to be had. The handler is never called from inside.
  static Result<ConnectorPtr> start(Reactor& reactor, const SocketAddress& address,
                                    int64_t limit_ms, ConnectHandler& handler);
  Connector(const Connector&) = delete;
  Connector& operator=(const Connector&) = delete;

 private:
  friend struct ConnectorRelease;

  Connector(Reactor& reactor, Descriptor socket, const SocketAddress& address,
            ConnectHandler& handler);
  ~Connector() = default;
  void on_connect(int result, uint32_t flags);
  void on_limit();
  void release();

  Reactor& reactor_;
  Descriptor socket_;
  SocketAddress address_;    // The kernel reads it when the operation is submitted.
  ConnectHandler* handler_;  // Null once the owner has dropped the connector.
  bool in_callback_ = false;
  bool timed_out_ = false;
  Operation connect_;
  Timer limit_timer_;
};

}  // namespace rondo
