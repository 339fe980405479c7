// Stream: one connected socket of a reactor. Used only by that reactor's thread.
//
// Receiving: a multishot receive fills buffers of the reactor's buffer ring; on_data() sees each
// and the buffer goes back when it returns. A large payload can be read straight into place with
// read_into(). Running out of buffers is an ordinary event: the stream waits in the reactor's line,
// and each tick lets as many receive again as there are buffers.
//
// Sending: send() gives the kernel what it takes now, without waiting. When it does not take all,
// on_writable() is called once it may take more, and the owner offers the rest again. So the
// kernel never refers to the owner's memory between calls: closing a stream needs no waiting and
// pins nothing. (A ring send of the rest was measured as equal, since it waits for the same
// readiness inside the kernel.)
//
// Lifetime: the owner holds a StreamPtr. Dropping it, in any callback or outside, closes the
// socket, and no callback follows. The Stream itself lives on until the kernel has given back its
// operations, which is its own business.
#pragma once

#include <poll.h>
#include <sys/uio.h>

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "reactor/base/intrusive_list.h"
#include "reactor/operation.h"
#include "reactor/timers.h"

namespace rondo {

class Reactor;
class Stream;

// Called on the reactor's thread, never from inside a call to the stream.
class StreamHandler {
 public:
  // Bytes have arrived, in order. The view is valid only during the call.
  virtual void on_data(std::string_view bytes) = 0;
  // The block of the last read_into() is full: `size` bytes, what was asked for.
  virtual void on_direct_read(size_t size) = 0;
  // After a send() that took less than all: it may take more now.
  virtual void on_writable() = 0;
  // error 0: the peer will send no more. What was received can still be answered: send() works
  // until the owner drops the stream. Otherwise an errno: the connection is gone, bytes given to
  // send() vanish. No on_data() follows. At most one call with 0, then at most one with an error.
  virtual void on_closed(int error) = 0;

 protected:
  ~StreamHandler() = default;
};

struct StreamRelease {
  void operator()(Stream* stream) const;
};
using StreamPtr = std::unique_ptr<Stream, StreamRelease>;

class Stream : public ListHook {  // Of the reactor's line for buffers.
 public:
  // Takes the descriptor of a connected socket and starts to receive.
  static StreamPtr adopt(Reactor& reactor, int fd, StreamHandler& handler);

  Stream(const Stream&) = delete;
  Stream& operator=(const Stream&) = delete;

  // Stops receiving, so that the kernel pushes back on the peer. on_data() may still be called
  // for what is on its way, at most as much as the reactor's receive buffers hold.
  void pause_reading();
  void resume_reading();
  // Out of the line for buffers.
  void receive_again() {
    unlink();
    read_later();
  }
  bool reading_paused() const { return paused_; }

  // The next `size` bytes of the stream go to `to` instead of on_data(), then on_direct_read() is
  // called, then on_data() goes on. The block must live until then, or until the stream is
  // dropped. Not while another one is under way; may be called inside on_data(), for the bytes
  // behind that view. REQUIRES: size > 0.
  void read_into(char* to, size_t size);
  bool reading_direct() const { return direct_left_ != 0; }

  // Sends what the kernel takes now of `pieces`, and returns how many bytes that was. Less than
  // all: blocked() is true, and on_writable() will be called. While blocked, takes nothing. When
  // the connection is gone the bytes vanish (all count as taken) and on_closed() follows.
  size_t send(std::span<const iovec> pieces);
  size_t send(std::string_view bytes);
  bool blocked() const { return writable_.in_flight(); }
  // As if a send() had taken less than all: for the owner of very much, who lets others have their
  // turn.
  void send_later() {
    if (!blocked()) arm_poll(writable_, POLLOUT);
  }

  // For a last reply that must arrive: tells the peer that no more follows, and reads and drops
  // what it still sends, until it closes or `limit_ms` is over. A plain close with unread bytes
  // would reset the connection, and the peer could lose the reply.
  static void close_gracefully(StreamPtr stream, int64_t limit_ms = 1000);

  int fd() const { return fd_; }
  // "127.0.0.1:6379", "[::1]:6379", or the path of a unix socket, empty when it has none.
  std::string peer_address() const;
  std::string local_address() const;

 private:
  friend struct StreamRelease;

  Stream(Reactor& reactor, int fd, StreamHandler& handler);
  ~Stream();

  void arm_receive();
  void arm_poll(Operation& operation, unsigned events);
  void stop_receive();
  bool may_read() const;
  void read_later();
  void read_on();
  void on_receive(int result, uint32_t flags);
  void on_receive_end(int result);
  void on_cancel(int result, uint32_t flags);
  void deliver(std::string_view bytes);
  void read_direct();
  void on_readable(int result, uint32_t flags);
  size_t send_batch(std::span<const iovec> batch, size_t wanted);
  void on_poll_out(int result, uint32_t flags);
  void break_connection(int error);
  void report_closed(int error);
  void end_linger();
  void release();
  void end_operations();
  bool operations_in_flight() const;
  void leave();
  void delete_if_done();

  Reactor& reactor_;
  StreamHandler* handler_;  // Null once the owner has dropped the stream.
  const int fd_;
  bool paused_ = false;
  bool ended_ = false;      // Nothing more to read.
  bool gone_ = false;       // An error has been reported: nothing more to send either.
  bool lingering_ = false;  // Closing gracefully.
  int calls_ = 0;           // Completions on the stack, which `this` must outlive.
  int broken_ = 0;          // errno of a failed send, reported by the next completion.
  char* direct_to_ = nullptr;
  size_t direct_left_ = 0;
  size_t direct_size_ = 0;
  Operation receive_;
  Operation readable_;  // Readiness for a direct read.
  Operation writable_;  // Readiness after a send that took less than all.
  Operation cancel_;    // Of receive_.
  // Buffers that a receive filled although reading is paused. They are kept back until it has
  // ended: a peer that never stops sending then runs out of buffers, which ends it for certain.
  std::vector<uint16_t> held_buffers_;
  Timer linger_timer_;
};

}  // namespace rondo
