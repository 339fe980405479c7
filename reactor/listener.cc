#include "reactor/listener.h"

#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <cerrno>

#include "reactor/address.h"
#include "reactor/reactor.h"

namespace rondo {

namespace {

constexpr int kSocketFlags = SOCK_STREAM | SOCK_CLOEXEC;

Failure listen_failure(const std::string& where, int error) {
  return Failure::from_errno("can not listen on " + where, error);
}

// A socket bound to `address`, or a Failure.
Result<Descriptor> bind_tcp(const SocketAddress& address, bool share) {
  Descriptor socket(::socket(address.family(), kSocketFlags, 0));
  if (!socket) return listen_failure(to_text(address), errno);
  const int on = 1;
  // Restarting must not wait for old connections to time out.
  ::setsockopt(socket.get(), SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
  if (share && ::setsockopt(socket.get(), SOL_SOCKET, SO_REUSEPORT, &on, sizeof on) != 0) {
    return listen_failure(to_text(address), errno);
  }
  if (address.family() == AF_INET6) {
    ::setsockopt(socket.get(), IPPROTO_IPV6, IPV6_V6ONLY, &on, sizeof on);
  }
  if (::bind(socket.get(), address.get(), address.length) != 0) {
    return listen_failure(to_text(address), errno);
  }
  return socket;
}

// True when a process listens at `address`: then it must not be replaced.
bool answers(const SocketAddress& address) {
  Descriptor probe(::socket(AF_UNIX, kSocketFlags | SOCK_NONBLOCK, 0));
  if (!probe) return false;
  // EAGAIN: its backlog is full, so there is one.
  return ::connect(probe.get(), address.get(), address.length) == 0 || errno == EAGAIN;
}

bool is_socket(const std::string& path) {
  struct stat status;
  return ::lstat(path.c_str(), &status) == 0 && S_ISSOCK(status.st_mode);
}

}  // namespace

Result<std::vector<Descriptor>> open_tcp_listeners(const std::string& host, uint16_t port,
                                                   int count, const ListenOptions& options) {
  CHECK(count > 0);
  auto address = tcp_address(host, port, Lookup::kNames);
  if (!address) return address.failure();
  if (port != 0) {
    // Without SO_REUSEPORT the kernel refuses when anybody listens there. Sharing alone would let
    // a second server take half of the first one's connections.
    auto alone = bind_tcp(*address, false);
    if (!alone) return alone.failure();
  }
  std::vector<Descriptor> sockets;
  for (int i = 0; i < count; ++i) {
    auto socket = bind_tcp(*address, true);
    if (!socket) return socket.failure();
    if (i == 0) {
      // The others share the port that the kernel chose.
      ::getsockname(socket->get(), address->get(), &address->length);
    }
    configure_connection(socket->get(), options.keepalive_s);
    sockets.push_back(std::move(*socket));
  }
  // All are bound before the first one listens, so that the kernel spreads from the start.
  for (const Descriptor& socket : sockets) {
    if (::listen(socket.get(), options.backlog) != 0) {
      return listen_failure(to_text(*address), errno);
    }
  }
  return sockets;
}

Result<Descriptor> open_unix_listener(const std::string& path, uint32_t permissions,
                                      const ListenOptions& options) {
  auto address = unix_address(path);
  if (!address) return address.failure();
  if (is_socket(path)) {
    if (answers(*address)) return listen_failure(path, EADDRINUSE);
    ::unlink(path.c_str());
  }
  Descriptor socket(::socket(AF_UNIX, kSocketFlags, 0));
  if (!socket) return listen_failure(path, errno);
  if (::bind(socket.get(), address->get(), address->length) != 0) {
    return listen_failure(path, errno);
  }
  // Before listen(): nobody can connect with permissions that are too wide.
  if (permissions != 0 && ::chmod(path.c_str(), permissions) != 0) {
    return Failure::from_errno("can not set the permissions of " + path, errno);
  }
  if (::listen(socket.get(), options.backlog) != 0) return listen_failure(path, errno);
  return socket;
}

uint16_t local_port(int fd) {
  SocketAddress address;
  address.length = sizeof address.storage;
  if (::getsockname(fd, address.get(), &address.length) != 0) return 0;
  if (address.family() == AF_INET) {
    return ntohs(reinterpret_cast<const sockaddr_in&>(address.storage).sin_port);
  }
  if (address.family() == AF_INET6) {
    return ntohs(reinterpret_cast<const sockaddr_in6&>(address.storage).sin6_port);
  }
  return 0;
}

void configure_connection(int fd, int keepalive_s) {
  const int on = 1;
  // Fails on a unix socket, which has none of these.
  if (::setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on) != 0) return;
  const int keep = keepalive_s > 0 ? 1 : 0;
  ::setsockopt(fd, SOL_SOCKET, SO_KEEPALIVE, &keep, sizeof keep);
  if (keep == 0) return;
  // Three probes at a third of the time each: dead after twice the idle time.
  const int probes = 3;
  const int interval_s = keepalive_s < probes ? 1 : keepalive_s / probes;
  ::setsockopt(fd, IPPROTO_TCP, TCP_KEEPIDLE, &keepalive_s, sizeof keepalive_s);
  ::setsockopt(fd, IPPROTO_TCP, TCP_KEEPINTVL, &interval_s, sizeof interval_s);
  ::setsockopt(fd, IPPROTO_TCP, TCP_KEEPCNT, &probes, sizeof probes);
}

void ListenerRelease::operator()(Listener* listener) const {
  listener->release();
}

ListenerPtr Listener::start(Reactor& reactor, Descriptor socket, Mode mode,
                            AcceptHandler& handler) {
  ListenerPtr listener(new Listener(reactor, std::move(socket), mode, handler));
  listener->arm();
  return listener;
}

Listener::Listener(Reactor& reactor, Descriptor socket, Mode mode, AcceptHandler& handler)
    : reactor_(reactor),
      socket_(std::move(socket)),
      mode_(mode),
      handler_(&handler),
      accept_(this, Operation::call<&Listener::on_accepted>),
      retry_timer_(this, Timer::call<&Listener::arm>) {}

void Listener::arm() {
  io_uring_sqe* sqe = reactor_.ring().prepare();
  if (mode_ == Mode::kOwnSocket) {
    io_uring_prep_multishot_accept(sqe, socket_.get(), nullptr, nullptr, SOCK_CLOEXEC);
  } else {
    io_uring_prep_accept(sqe, socket_.get(), nullptr, nullptr, SOCK_CLOEXEC);
  }
  reactor_.ring().arm(sqe, accept_);
}

void Listener::on_accepted(int result, uint32_t) {
  const bool open = handler_ != nullptr && !reactor_.closing();
  const int64_t pause_ms = pause_after(result);
  in_callback_ = true;
  if (result >= 0) {
    if (open) {
      handler_->on_accept(result);
    } else {
      ::close(result);
    }
  } else if (open && pause_ms != 0) {
    handler_->on_accept_error(-result);
  }
  in_callback_ = false;
  if (accept_.in_flight()) return;
  if (handler_ == nullptr) {
    delete this;
  } else if (pause_ms != 0) {
    reactor_.timers().set_in(retry_timer_, pause_ms);
  } else if (!reactor_.closing()) {
    arm();
  }
}

// How long to wait before the next accept is armed.
int64_t Listener::pause_after(int result) {
  switch (-result) {
    case ECANCELED:
    case EINTR:
    case EAGAIN:
    case ECONNABORTED:
      return 0;  // Nothing is wrong with the listening socket.
    default:
      if (result < 0) return kRetryMs;
  }
  if (mode_ == Mode::kOwnSocket || reactor_.mailbox().cores() == 1) return 0;
  if (burst_ms_ != reactor_.now_ms()) {
    burst_ms_ = reactor_.now_ms();
    burst_ = 0;
  }
  return ++burst_ < kSharedBurst ? 0 : 1;
}

void Listener::release() {
  handler_ = nullptr;
  retry_timer_.cancel();
  if (accept_.in_flight()) {
    reactor_.ring().cancel(accept_);
  } else if (!in_callback_) {
    delete this;
  }
}

}  // namespace rondo
