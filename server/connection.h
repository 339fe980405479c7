// Connection: a client's socket and its session, on one core. It moves bytes: from the stream to
// the session, from the session's output to the stream, once per tick. Owned by the
// CoreApplication; it outlives its socket until the session has nothing in flight.
#pragma once

#include "reactor/base/intrusive_list.h"
#include "reactor/stream.h"
#include "server/session.h"

namespace rondo {

class Connection;

// Who holds the connections of one core.
class ConnectionOwner {
 public:
  // Call flush() at the end of this tick.
  virtual void connection_ready(Connection& connection) = 0;
  // Delete it, not before the caller has returned.
  virtual void connection_finished(Connection& connection) = 0;

 protected:
  ~ConnectionOwner() = default;
};

class Connection final : public ListHook, private StreamHandler, private SessionHost {
 public:
  Connection(ConnectionOwner& owner, Reactor& reactor, Core& core, int descriptor);

  bool awaits_flush = false;  // Its owner was told and has not called flush() yet.

  Session& session() { return session_; }
  // Sends what the session has written, closes what wants to be closed.
  void flush();
  // Stops reading; the connection closes when everything received was answered and sent.
  void finish_received();
  // Closes the socket now.
  void drop();

 private:
  void on_data(std::string_view bytes) override;
  void on_direct_read(size_t size) override;
  void on_writable() override;
  void on_closed(int error) override;
  void session_ready(Session& session) override;
  void session_finished(Session& session) override;

  void read_direct();
  void send_output();

  ConnectionOwner& owner_;
  StreamPtr stream_;
  Session session_;
  bool no_more_input_ = false;
};

}  // namespace rondo
