// Socket addresses: from and to text.
#pragma once

#include <sys/socket.h>

#include <cstdint>
#include <string>

#include "reactor/base/result.h"

namespace rondo {

struct SocketAddress {
  sockaddr_storage storage{};
  socklen_t length = 0;

  const sockaddr* get() const { return reinterpret_cast<const sockaddr*>(&storage); }
  sockaddr* get() { return reinterpret_cast<sockaddr*>(&storage); }
  int family() const { return storage.ss_family; }
};

// A TCP address. A numeric one never waits; a name asks the resolver, which may take seconds, so
// only a thread that is no reactor may allow it.
enum class Lookup { kNumeric, kNames };
Result<SocketAddress> tcp_address(const std::string& host, uint16_t port, Lookup lookup);
// Fails when the path is longer than the system allows.
Result<SocketAddress> unix_address(const std::string& path);

// "127.0.0.1:6379", "[::1]:6379", or a path; empty for a unix socket without one, or when the
// socket is not connected any more.
std::string to_text(const SocketAddress& address);
enum class AddressEnd { kPeer, kLocal };
std::string address_text(int fd, AddressEnd end);

}  // namespace rondo
