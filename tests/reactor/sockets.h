// Blocking sockets for the test's side of a connection. Every wait has a limit of ten seconds, so
// a hang is a failed test. A wait may be interrupted without a signal (EINTR): closing a ring
// leaves work to the thread that made it.
#pragma once

#include <netinet/in.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

#include <cerrno>
#include <chrono>
#include <cstdint>
#include <string>
#include <string_view>
#include <thread>
#include <utility>

#include "reactor/address.h"
#include "reactor/descriptor.h"
#include "reactor/listener.h"

namespace rondo {

inline void set_limits(int fd) {
  const timeval limit{10, 0};
  ::setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof limit);
  ::setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &limit, sizeof limit);
}

inline Descriptor connect_to(const SocketAddress& address) {
  Descriptor socket(::socket(address.family(), SOCK_STREAM | SOCK_CLOEXEC, 0));
  if (::connect(socket.get(), address.get(), address.length) != 0) socket.reset();
  set_limits(socket.get());
  return socket;
}

inline Descriptor connect_tcp(const std::string& host, uint16_t port) {
  auto address = tcp_address(host, port, Lookup::kNumeric);
  return address ? connect_to(*address) : Descriptor();
}

// A connected pair over TCP on the loopback: the test's end and the other.
inline std::pair<Descriptor, Descriptor> tcp_pair() {
  auto listeners = open_tcp_listeners("127.0.0.1", 0, 1);
  CHECK(listeners);
  const int listener = listeners->front().get();
  Descriptor ours = connect_tcp("127.0.0.1", local_port(listener));
  Descriptor theirs(::accept4(listener, nullptr, nullptr, SOCK_CLOEXEC));
  CHECK(ours);
  CHECK(theirs);
  return {std::move(ours), std::move(theirs)};
}

inline std::pair<Descriptor, Descriptor> unix_pair() {
  int fds[2];
  CHECK(::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, fds) == 0);
  set_limits(fds[0]);
  return {Descriptor(fds[0]), Descriptor(fds[1])};
}

inline bool write_all(int fd, std::string_view bytes) {
  while (!bytes.empty()) {
    const ssize_t count = ::send(fd, bytes.data(), bytes.size(), MSG_NOSIGNAL);
    if (count < 0 && errno == EINTR) continue;
    if (count <= 0) return false;
    bytes.remove_prefix(static_cast<size_t>(count));
  }
  return true;
}

// Exactly `size` bytes, or fewer when the other end closed or nothing came.
inline std::string read_exactly(int fd, size_t size) {
  std::string bytes(size, '\0');
  size_t have = 0;
  while (have < size) {
    const ssize_t count = ::recv(fd, bytes.data() + have, size - have, 0);
    if (count < 0 && errno == EINTR) continue;
    if (count <= 0) break;
    have += static_cast<size_t>(count);
  }
  bytes.resize(have);
  return bytes;
}

// True when the other end has closed in order: no bytes, no error.
inline bool at_end(int fd) {
  char byte;
  ssize_t count;
  do {
    count = ::recv(fd, &byte, 1, 0);
  } while (count < 0 && errno == EINTR);
  return count == 0;
}

template <class F>
bool eventually(F&& condition) {
  for (int i = 0; i < 5000; ++i) {
    if (condition()) return true;
    std::this_thread::sleep_for(std::chrono::milliseconds(2));
  }
  return false;
}

// Bytes that a mix-up of order or place would change.
inline std::string pattern(size_t size, uint64_t seed = 1) {
  std::string bytes(size, '\0');
  uint64_t state = seed;
  for (char& c : bytes) {
    state = state * 6364136223846793005 + 1442695040888963407;
    c = static_cast<char>(state >> 56);
  }
  return bytes;
}

}  // namespace rondo
