#include "reactor/address.h"

#include <arpa/inet.h>
#include <netdb.h>
#include <netinet/in.h>
#include <sys/un.h>

#include <cstddef>
#include <cstring>

namespace rondo {

Result<SocketAddress> tcp_address(const std::string& host, uint16_t port, Lookup lookup) {
  addrinfo hints{};
  hints.ai_family = AF_UNSPEC;
  hints.ai_socktype = SOCK_STREAM;
  hints.ai_flags = AI_NUMERICSERV | (lookup == Lookup::kNumeric ? AI_NUMERICHOST : 0);
  addrinfo* found = nullptr;
  const int error = getaddrinfo(host.c_str(), std::to_string(port).c_str(), &hints, &found);
  if (error != 0) {
    return Failure{"address " + host + " can not be used: " + gai_strerror(error), EINVAL};
  }
  SocketAddress address;
  std::memcpy(&address.storage, found->ai_addr, found->ai_addrlen);
  address.length = found->ai_addrlen;
  freeaddrinfo(found);
  return address;
}

Result<SocketAddress> unix_address(const std::string& path) {
  SocketAddress address;
  auto& target = reinterpret_cast<sockaddr_un&>(address.storage);
  if (path.empty() || path.size() >= sizeof(target.sun_path)) {
    return Failure{"the path of a unix socket must have 1 to " +
                       std::to_string(sizeof(target.sun_path) - 1) + " bytes: " + path,
                   ENAMETOOLONG};
  }
  target.sun_family = AF_UNIX;
  std::memcpy(target.sun_path, path.data(), path.size());
  address.length = static_cast<socklen_t>(offsetof(sockaddr_un, sun_path) + path.size() + 1);
  return address;
}

std::string to_text(const SocketAddress& address) {
  char text[INET6_ADDRSTRLEN];
  if (address.family() == AF_INET) {
    const auto& inet = reinterpret_cast<const sockaddr_in&>(address.storage);
    inet_ntop(AF_INET, &inet.sin_addr, text, sizeof text);
    return std::string(text) + ":" + std::to_string(ntohs(inet.sin_port));
  }
  if (address.family() == AF_INET6) {
    const auto& inet = reinterpret_cast<const sockaddr_in6&>(address.storage);
    inet_ntop(AF_INET6, &inet.sin6_addr, text, sizeof text);
    return "[" + std::string(text) + "]:" + std::to_string(ntohs(inet.sin6_port));
  }
  if (address.family() == AF_UNIX && address.length > offsetof(sockaddr_un, sun_path)) {
    const auto& local = reinterpret_cast<const sockaddr_un&>(address.storage);
    const size_t room = address.length - offsetof(sockaddr_un, sun_path);
    return std::string(local.sun_path, strnlen(local.sun_path, room));
  }
  return {};
}

std::string address_text(int fd, AddressEnd end) {
  SocketAddress address;
  address.length = sizeof address.storage;
  const int error = end == AddressEnd::kPeer ? getpeername(fd, address.get(), &address.length)
                                             : getsockname(fd, address.get(), &address.length);
  return error == 0 ? to_text(address) : std::string();
}

}  // namespace rondo
