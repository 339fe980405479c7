#include "server/connection.h"

#include <linux/sockios.h>
#include <sys/ioctl.h>
#include <sys/socket.h>

#include <algorithm>

#include "server/core.h"

namespace rondo {

namespace {

constexpr size_t kPiecesMax = 64;
// So many bytes are sent before others have their turn; the kernel would take megabytes at once.
constexpr size_t kSendMax = 512 * 1024;

SessionAddress address_of(const Stream& stream) {
  SessionAddress address;
  address.peer = stream.peer_address();
  address.local = stream.local_address();
  address.descriptor = stream.fd();
  sockaddr_storage storage{};
  socklen_t length = sizeof(storage);
  getsockname(stream.fd(), reinterpret_cast<sockaddr*>(&storage), &length);
  address.unix_socket = storage.ss_family == AF_UNIX;
  address.loopback = address.unix_socket || address.peer.starts_with("127.") ||
                     address.peer.starts_with("[::1]") || address.peer.starts_with("[::ffff:127.");
  if (address.unix_socket) address.peer = address.local + ":0";
  return address;
}

// Shortens the pieces to `bytes` bytes together; returns how many are left.
size_t cut_pieces(std::span<iovec> pieces, size_t bytes) {
  size_t count = 0;
  for (; count < pieces.size() && bytes > 0; ++count) {
    pieces[count].iov_len = std::min(pieces[count].iov_len, bytes);
    bytes -= pieces[count].iov_len;
  }
  return count;
}

// True: a plain close loses nothing. Otherwise the client's machine has not got all that was sent,
// or the client has sent more than was read, which makes the kernel reset the connection.
bool may_close_plainly(int descriptor) {
  int unsent = 0;
  int unread = 0;
  ioctl(descriptor, SIOCOUTQ, &unsent);
  ioctl(descriptor, SIOCINQ, &unread);
  return unsent == 0 && unread == 0;
}

}  // namespace

Connection::Connection(ConnectionOwner& owner, Reactor& reactor, Core& core, int descriptor)
    : owner_(owner),
      stream_(Stream::adopt(reactor, descriptor, *this)),
      session_(core, *this, address_of(*stream_)) {}

void Connection::on_data(std::string_view bytes) {
  ++session_.core().stats().reads;
  session_.core().stats().input_bytes += bytes.size();
  session_.feed(bytes);
  read_direct();
  if (session_.reading_paused()) stream_->pause_reading();
}

// The rest of a big argument is received into its own block.
void Connection::read_direct() {
  const std::span<char> target = session_.direct_target();
  if (!target.empty() && stream_ && !stream_->reading_direct()) {
    stream_->read_into(target.data(), target.size());
  }
}

void Connection::on_direct_read(size_t size) {
  session_.core().stats().input_bytes += size;
  session_.direct_filled(size);
  read_direct();
}

void Connection::session_ready(Session&) {
  owner_.connection_ready(*this);
}

void Connection::session_finished(Session&) {
  owner_.connection_finished(*this);
}

void Connection::on_writable() {
  flush();
}

void Connection::send_output() {
  OutBuffer& output = session_.output();
  iovec pieces[kPiecesMax];
  size_t left = kSendMax;
  while (!output.empty() && !stream_->blocked()) {
    if (left == 0) return stream_->send_later();
    size_t count = output.pieces(pieces, kPiecesMax);
    if (output.size() > left) [[unlikely]]
      count = cut_pieces({pieces, count}, left);
    const size_t sent = stream_->send(std::span<const iovec>(pieces, count));
    left -= std::min(left, sent);
    ++session_.core().stats().writes;
    session_.core().stats().output_bytes += sent;
    session_.output_bytes += sent;
    output.consume(sent);
  }
  if (output.empty() && left < kSendMax) output.fit_first_chunk(kSendMax - left);
}

void Connection::flush() {
  session_.begin_flush();
  if (!stream_) return;
  if (session_.aborted()) {
    drop();
    return;
  }
  send_output();
  // A client that is gone, or is told to go, does not wait for keys.
  if (no_more_input_ && session_.waits_for_keys()) {
    drop();
    return;
  }
  const bool sent = session_.output().empty();
  // Replies of other cores may still be on their way; each makes the session ready again.
  const bool said_all = sent && session_.closing() && session_.replies().idle();
  const bool answered_all = sent && no_more_input_ && session_.idle();
  if (said_all || (answered_all && !may_close_plainly(stream_->fd()))) {
    Stream::close_gracefully(std::move(stream_));
    session_.disconnected();
    return;
  }
  if (answered_all) {
    drop();
    return;
  }
  if (stream_->reading_paused() && !session_.reading_paused() && !no_more_input_) {
    stream_->resume_reading();
  }
}

void Connection::finish_received() {
  if (no_more_input_ || !stream_) return;
  no_more_input_ = true;
  stream_->pause_reading();
  flush();
}

void Connection::drop() {
  if (!stream_) return;
  stream_.reset();
  session_.disconnected();
}

void Connection::on_closed(int error) {
  if (error != 0) {
    drop();
    return;
  }
  // The client sends no more. What it sent is still answered.
  no_more_input_ = true;
  flush();
}

}  // namespace rondo
