#include "reactor/stream.h"

#include <linux/sockios.h>
#include <sys/ioctl.h>
#include <sys/socket.h>

#include <algorithm>
#include <cerrno>
#include <climits>

#include "reactor/address.h"
#include "reactor/reactor.h"

namespace rondo {

namespace {

// A direct read goes on for this many bytes before other sockets have their turn: some tenths of a
// millisecond, most of them for the pages that the bytes are the first in.
constexpr size_t kDirectReadMax = 512 * 1024;

bool has_unread_bytes(int fd) {
  int bytes = 0;
  return ::ioctl(fd, SIOCINQ, &bytes) == 0 && bytes > 0;
}

// From now on closing the socket resets the connection.
void reset_at_close(int fd) {
  const linger at_once{.l_onoff = 1, .l_linger = 0};
  ::setsockopt(fd, SOL_SOCKET, SO_LINGER, &at_once, sizeof at_once);
}

}  // namespace

void StreamRelease::operator()(Stream* stream) const {
  stream->release();
}

StreamPtr Stream::adopt(Reactor& reactor, int fd, StreamHandler& handler) {
  StreamPtr stream(new Stream(reactor, fd, handler));
  stream->arm_receive();
  return stream;
}

Stream::Stream(Reactor& reactor, int fd, StreamHandler& handler)
    : reactor_(reactor),
      handler_(&handler),
      fd_(fd),
      receive_(this, Operation::call<&Stream::on_receive>),
      readable_(this, Operation::call<&Stream::on_readable>),
      writable_(this, Operation::call<&Stream::on_poll_out>),
      cancel_(this, Operation::call<&Stream::on_cancel>),
      linger_timer_(this, Timer::call<&Stream::end_linger>) {}

Stream::~Stream() {
  ::close(fd_);
}

// --- Receiving ---

void Stream::arm_receive() {
  Ring& ring = reactor_.ring();
  io_uring_sqe* sqe = ring.prepare();
  if (ring.features().multishot_receive) {
    io_uring_prep_recv_multishot(sqe, fd_, nullptr, 0, 0);
  } else {
    io_uring_prep_recv(sqe, fd_, nullptr, reactor_.buffers().size(), 0);
  }
  sqe->flags |= IOSQE_BUFFER_SELECT;
  sqe->buf_group = BufferRing::kGroup;
  ring.arm(sqe, receive_);
}

void Stream::arm_poll(Operation& operation, unsigned events) {
  io_uring_sqe* sqe = reactor_.ring().prepare();
  io_uring_prep_poll_add(sqe, fd_, events);
  reactor_.ring().arm(sqe, operation);
}

void Stream::stop_receive() {
  if (receive_.in_flight() && !cancel_.in_flight()) reactor_.ring().cancel(receive_, cancel_);
}

// The kernel does not find a multishot receive that still has data to go on with: it is on its
// work list and not among the waiting ones. So it is asked again until the receive has ended.
void Stream::on_cancel(int result, uint32_t) {
  ++calls_;
  if (result < 0 && handler_ != nullptr && (paused_ || direct_left_ != 0)) stop_receive();
  leave();
}

void Stream::pause_reading() {
  paused_ = true;
  stop_receive();
}

void Stream::resume_reading() {
  paused_ = false;
  if (calls_ == 0) read_later();
}

void Stream::read_into(char* to, size_t size) {
  CHECK(direct_left_ == 0);
  CHECK(size > 0);
  direct_to_ = to;
  direct_left_ = direct_size_ = size;
  stop_receive();
  if (calls_ == 0) read_later();
}

bool Stream::may_read() const {
  return (handler_ != nullptr || lingering_) && !paused_ && !ended_ && broken_ == 0 &&
         !receive_.in_flight() && !readable_.in_flight() && !linked() && !reactor_.closing();
}

// Sees to it that reading goes on, without calling the handler.
void Stream::read_later() {
  if (!may_read()) return;
  if (direct_left_ == 0) {
    arm_receive();
  } else {
    arm_poll(readable_, POLLIN);
  }
}

// The same at the end of a completion, where the handler may be called.
void Stream::read_on() {
  while (may_read()) {
    if (direct_left_ == 0) {
      arm_receive();
    } else {
      read_direct();
    }
  }
}

void Stream::on_receive(int result, uint32_t flags) {
  ++calls_;
  if ((flags & IORING_CQE_F_BUFFER) != 0) {
    const unsigned id = flags >> IORING_CQE_BUFFER_SHIFT;
    if (result > 0) {
      deliver({reactor_.buffers().take(id), static_cast<size_t>(result)});
    }
    if (paused_ && receive_.in_flight()) {
      held_buffers_.push_back(static_cast<uint16_t>(id));
    } else {
      reactor_.buffers().recycle(id);
    }
  }
  if ((flags & IORING_CQE_F_MORE) == 0) on_receive_end(result);
  leave();
}

void Stream::deliver(std::string_view bytes) {
  while (!bytes.empty() && handler_ != nullptr && broken_ == 0) {
    if (direct_left_ == 0) {
      handler_->on_data(bytes);
      return;
    }
    // What a receive brought before it could be stopped belongs into the block.
    const size_t count = std::min(bytes.size(), direct_left_);
    bytes.copy(direct_to_, count);
    bytes.remove_prefix(count);
    direct_to_ += count;
    direct_left_ -= count;
    if (direct_left_ == 0) handler_->on_direct_read(direct_size_);
  }
}

// The receive is over; read_on() arms the next one if reading goes on.
void Stream::on_receive_end(int result) {
  for (const uint16_t id : held_buffers_)
    reactor_.buffers().recycle(id);
  held_buffers_.clear();
  if (broken_ != 0) {
    report_closed(broken_);
  } else if (result == 0) {
    report_closed(0);
  } else if (result == -ENOBUFS) {
    ++reactor_.stats().buffer_shortages;
    reactor_.buffers().note_shortage();
    if (!linked()) reactor_.wait_for_buffers(*this);
  } else if (result < 0 && result != -ECANCELED && result != -EAGAIN && result != -EINTR) {
    report_closed(-result);
  }
}

void Stream::read_direct() {
  size_t budget = kDirectReadMax;
  while (direct_left_ != 0 && budget != 0) {
    const ssize_t count = ::recv(fd_, direct_to_, std::min(direct_left_, budget), MSG_DONTWAIT);
    if (count == 0) return report_closed(0);
    if (count < 0) {
      if (errno == EINTR) continue;
      if (errno != EAGAIN) return report_closed(errno);
      break;
    }
    direct_to_ += count;
    direct_left_ -= static_cast<size_t>(count);
    budget -= static_cast<size_t>(count);
  }
  if (direct_left_ == 0) {
    handler_->on_direct_read(direct_size_);
  } else {
    arm_poll(readable_, POLLIN);
  }
}

void Stream::on_readable(int, uint32_t) {
  ++calls_;
  if (broken_ != 0) report_closed(broken_);
  leave();
}

// --- Sending ---

size_t Stream::send(std::string_view bytes) {
  const iovec piece{const_cast<char*>(bytes.data()), bytes.size()};
  return send({&piece, 1});
}

size_t Stream::send(std::span<const iovec> pieces) {
  if (blocked()) return 0;
  size_t taken = 0;
  while (!pieces.empty()) {
    const auto batch = pieces.first(std::min(pieces.size(), size_t{IOV_MAX}));
    size_t wanted = 0;
    for (const iovec& piece : batch)
      wanted += piece.iov_len;
    const size_t sent = send_batch(batch, wanted);
    taken += sent;
    if (sent < wanted) {
      arm_poll(writable_, POLLOUT);
      break;
    }
    pieces = pieces.subspan(batch.size());
  }
  return taken;
}

// Less than `wanted`: the socket's buffer is full.
size_t Stream::send_batch(std::span<const iovec> batch, size_t wanted) {
  constexpr int kFlags = MSG_DONTWAIT | MSG_NOSIGNAL;
  while (broken_ == 0 && !gone_) {
    ssize_t sent;
    if (batch.size() == 1) {
      sent = ::send(fd_, batch[0].iov_base, batch[0].iov_len, kFlags);
    } else {
      msghdr message{};
      message.msg_iov = const_cast<iovec*>(batch.data());
      message.msg_iovlen = batch.size();
      sent = ::sendmsg(fd_, &message, kFlags);
    }
    if (sent >= 0) return static_cast<size_t>(sent);
    if (errno == EAGAIN) return 0;
    if (errno != EINTR) break_connection(errno);
  }
  return wanted;
}

void Stream::on_poll_out(int, uint32_t) {
  ++calls_;
  const bool open = handler_ != nullptr && !gone_ && broken_ == 0;
  if (open && !reactor_.closing()) handler_->on_writable();
  leave();
}

// --- Ending ---

// A send has failed. The handler hears of it from a completion, not from inside send().
void Stream::break_connection(int error) {
  broken_ = error;
  ::shutdown(fd_, SHUT_RDWR);
  if (!receive_.in_flight() && !readable_.in_flight()) arm_receive();
}

void Stream::report_closed(int error) {
  const bool news = error == 0 ? !ended_ : !gone_;
  ended_ = true;
  if (error != 0) gone_ = true;
  if (lingering_) {
    end_linger();
  } else if (news && handler_ != nullptr && !reactor_.closing()) {
    handler_->on_closed(error);
  }
}

void Stream::close_gracefully(StreamPtr owned, int64_t limit_ms) {
  Stream* stream = owned.get();
  if (stream->ended_ || stream->broken_ != 0 || stream->reactor_.closing()) return;
  static_cast<void>(owned.release());
  stream->handler_ = nullptr;
  stream->direct_left_ = 0;
  stream->paused_ = false;
  stream->lingering_ = true;
  stream->reactor_.add_lingering(1);
  ::shutdown(stream->fd_, SHUT_WR);
  stream->reactor_.timers().set_in(stream->linger_timer_, limit_ms);
  if (stream->calls_ == 0) stream->read_later();
}

void Stream::end_linger() {
  if (!lingering_) return;
  lingering_ = false;
  reactor_.add_lingering(-1);
  release();
}

void Stream::release() {
  handler_ = nullptr;
  direct_left_ = 0;
  linger_timer_.cancel();
  if (operations_in_flight()) end_operations();
  delete_if_done();
}

// Completes whatever waits for the socket. Where the shutdown can not (the connection is gone
// already, and the completions are on their way), cancelling does no harm.
void Stream::end_operations() {
  // A close with unread bytes resets the connection, but a receive may take them before it ends;
  // and after the shutdown the kernel tells the peer of no room any more, so that one that waits
  // for room to send would wait for a minute.
  const bool unread = has_unread_bytes(fd_);
  const bool shut = ::shutdown(fd_, SHUT_RDWR) == 0;
  if (unread || has_unread_bytes(fd_)) reset_at_close(fd_);
  if (shut) return;
  for (Operation* operation : {&receive_, &readable_, &writable_})
    reactor_.ring().cancel(*operation);
}

bool Stream::operations_in_flight() const {
  return receive_.in_flight() || readable_.in_flight() || writable_.in_flight() ||
         cancel_.in_flight();
}

// The end of a completion.
void Stream::leave() {
  read_on();
  --calls_;
  if (lingering_ && reactor_.closing()) {
    end_linger();
  } else {
    delete_if_done();
  }
}

void Stream::delete_if_done() {
  if (handler_ == nullptr && !lingering_ && calls_ == 0 && !operations_in_flight()) delete this;
}

// --- Addresses ---

std::string Stream::peer_address() const {
  return address_text(fd_, AddressEnd::kPeer);
}
std::string Stream::local_address() const {
  return address_text(fd_, AddressEnd::kLocal);
}

}  // namespace rondo
