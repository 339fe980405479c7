#include "reactor/connector.h"

#include <cerrno>

#include "reactor/listener.h"
#include "reactor/reactor.h"

namespace rondo {

void ConnectorRelease::operator()(Connector* connector) const {
  connector->release();
}

Result<ConnectorPtr> Connector::start(Reactor& reactor, const SocketAddress& address,
                                      int64_t limit_ms, ConnectHandler& handler) {
  Descriptor socket(::socket(address.family(), SOCK_STREAM | SOCK_CLOEXEC, 0));
  if (!socket) return Failure::from_errno("can not connect to " + to_text(address), errno);
  configure_connection(socket.get(), 0);
  ConnectorPtr connector(new Connector(reactor, std::move(socket), address, handler));
  io_uring_sqe* sqe = reactor.ring().prepare();
  io_uring_prep_connect(sqe, connector->socket_.get(), connector->address_.get(),
                        connector->address_.length);
  reactor.ring().arm(sqe, connector->connect_);
  reactor.timers().set_in(connector->limit_timer_, limit_ms);
  return connector;
}

Connector::Connector(Reactor& reactor, Descriptor socket, const SocketAddress& address,
                     ConnectHandler& handler)
    : reactor_(reactor),
      socket_(std::move(socket)),
      address_(address),
      handler_(&handler),
      connect_(this, Operation::call<&Connector::on_connect>),
      limit_timer_(this, Timer::call<&Connector::on_limit>) {}

void Connector::on_connect(int result, uint32_t) {
  limit_timer_.cancel();
  in_callback_ = true;
  if (handler_ != nullptr && !reactor_.closing()) {
    if (result == 0) {
      handler_->on_connected(socket_.release());
    } else {
      const int error = timed_out_ ? ETIMEDOUT : -result;
      handler_->on_connect_failed(
          Failure::from_errno("can not connect to " + to_text(address_), error));
    }
  }
  in_callback_ = false;
  if (handler_ == nullptr) delete this;
}

void Connector::on_limit() {
  timed_out_ = true;
  reactor_.ring().cancel(connect_);
}

void Connector::release() {
  handler_ = nullptr;
  limit_timer_.cancel();
  if (connect_.in_flight()) {
    reactor_.ring().cancel(connect_);
  } else if (!in_callback_) {
    delete this;
  }
}

}  // namespace rondo
