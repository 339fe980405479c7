// Listener: accepts connections on one core. Used only by its reactor's thread; the listening
// sockets are opened beforehand on the starting thread, so that an address in use is reported
// before any reactor runs.
//
// TCP: one socket for each core on the same address (SO_REUSEPORT), so the kernel spreads
// connections over the cores, and a multishot accept. Unix: one socket that all cores share, and
// a one-shot accept on each. The kernel wakes the longest waiting core, and a core that has
// accepted goes to the end of that queue: turns are taken without any hand-over. In a burst the
// first core to wake up would find one connection after the other, so a core takes at most
// kSharedBurst of them in a millisecond and then leaves the rest to the others.
//
// When the process is out of descriptors, accepting pauses for kRetryMs instead of spinning; the
// connections wait in the backlog.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "reactor/base/result.h"
#include "reactor/descriptor.h"
#include "reactor/operation.h"
#include "reactor/timers.h"

namespace rondo {

class Reactor;
class Listener;

struct ListenOptions {
  int backlog = 511;
  // Accepted TCP connections inherit TCP_NODELAY and these probes from the listening socket; see
  // configure_connection().
  int keepalive_s = 300;
};

// `count` sockets listening on `host` (a numeric IPv4 or IPv6 address, or a name; IPv6 sockets
// take IPv6 only) and `port`. Port 0 lets the kernel choose one for all of them. Fails when another
// program listens there, although SO_REUSEPORT would allow to share it.
Result<std::vector<Descriptor>> open_tcp_listeners(const std::string& host, uint16_t port,
                                                   int count, const ListenOptions& options = {});

// A socket at `path`, replacing a file that a dead process left there, with `permissions` (0: by
// the umask).
Result<Descriptor> open_unix_listener(const std::string& path, uint32_t permissions,
                                      const ListenOptions& options = {});

// The port a TCP socket is bound to.
uint16_t local_port(int fd);

// Sets TCP_NODELAY, and keepalive probes that find a dead peer after about 2 * `keepalive_s`
// seconds (0: none), on a connection, or on a listening socket for those accepted later. Does
// nothing to a unix socket.
void configure_connection(int fd, int keepalive_s);

class AcceptHandler {
 public:
  // A connected socket, the callee's to adopt or close. It is blocking, close-on-exec.
  virtual void on_accept(int fd) = 0;
  // Accepting failed, for instance EMFILE; it goes on by itself after a pause.
  virtual void on_accept_error(int error) = 0;

 protected:
  ~AcceptHandler() = default;
};

struct ListenerRelease {
  void operator()(Listener* listener) const;
};
// Dropping it stops accepting at once. The Listener itself lives until the kernel has given back
// its operation; connections that it had accepted by then are closed.
using ListenerPtr = std::unique_ptr<Listener, ListenerRelease>;

class Listener {
 public:
  enum class Mode { kOwnSocket, kSharedSocket };
  static constexpr int64_t kRetryMs = 100;
  static constexpr int kSharedBurst = 8;

  // Takes a TCP socket of this core, or, with kSharedSocket, a dup() of the common one.
  static ListenerPtr start(Reactor& reactor, Descriptor socket, Mode mode, AcceptHandler& handler);
  Listener(const Listener&) = delete;
  Listener& operator=(const Listener&) = delete;

 private:
  friend struct ListenerRelease;

  Listener(Reactor& reactor, Descriptor socket, Mode mode, AcceptHandler& handler);
  ~Listener() = default;
  void arm();
  void on_accepted(int result, uint32_t flags);
  int64_t pause_after(int result);
  void release();

  Reactor& reactor_;
  Descriptor socket_;
  const Mode mode_;
  AcceptHandler* handler_;  // Null once the owner has dropped the listener.
  bool in_callback_ = false;
  int64_t burst_ms_ = 0;  // The millisecond that burst_ counts in.
  int burst_ = 0;
  Operation accept_;
  Timer retry_timer_;
};

}  // namespace rondo
