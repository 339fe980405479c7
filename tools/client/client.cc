#include "tools/client/client.h"

#include <fcntl.h>
#include <netdb.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <utility>

namespace rondo::client {
namespace {

constexpr size_t kReceiveBytes = 64 * 1024;

template <class Argument>
void append_arguments(std::string& out, std::span<const Argument> arguments) {
  out += '*' + std::to_string(arguments.size()) + "\r\n";
  for (const std::string_view argument : arguments) {
    out += '$' + std::to_string(argument.size()) + "\r\n";
    out += argument;
    out += "\r\n";
  }
}

// A connected socket, or -1 with errno set.
int connect_to(int family, const sockaddr* address, socklen_t size) {
  const int fd = ::socket(family, SOCK_STREAM | SOCK_CLOEXEC, 0);
  if (fd < 0) return -1;
  if (::connect(fd, address, size) == 0) return fd;
  const int code = errno;
  ::close(fd);
  errno = code;
  return -1;
}

int connect_to_unix(const std::string& path) {
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  if (path.size() >= sizeof(address.sun_path)) {
    errno = ENAMETOOLONG;
    return -1;
  }
  path.copy(address.sun_path, path.size());
  return connect_to(AF_UNIX, reinterpret_cast<sockaddr*>(&address), sizeof(address));
}

// Tries every address that the name has, in the resolver's order.
Result<int> connect_to_host(const Address& address) {
  addrinfo hints{};
  hints.ai_socktype = SOCK_STREAM;
  addrinfo* found = nullptr;
  const std::string port = std::to_string(address.port);
  if (const int code = ::getaddrinfo(address.host.c_str(), port.c_str(), &hints, &found)) {
    return Failure{address.text() + ": " + ::gai_strerror(code), code};
  }
  int fd = -1;
  for (addrinfo* at = found; at && fd < 0; at = at->ai_next) {
    fd = connect_to(at->ai_family, at->ai_addr, at->ai_addrlen);
  }
  const int code = errno;
  ::freeaddrinfo(found);
  if (fd < 0) return Failure::from_errno(address.text(), code);
  const int on = 1;
  ::setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
  return fd;
}

}  // namespace

std::string Address::text() const {
  if (!unix_path.empty()) return unix_path;
  const bool is_ipv6 = host.find(':') != std::string::npos;
  return (is_ipv6 ? "[" + host + "]" : host) + ":" + std::to_string(port);
}

void append_command(std::string& out, std::span<const std::string> arguments) {
  append_arguments(out, arguments);
}

void append_command(std::string& out, std::initializer_list<std::string_view> arguments) {
  append_arguments(out, std::span(arguments.begin(), arguments.size()));
}

Result<Client> Client::connect(const Address& address) {
  if (address.unix_path.empty()) {
    Result<int> fd = connect_to_host(address);
    if (!fd) return fd.failure();
    return Client(*fd);
  }
  const int fd = connect_to_unix(address.unix_path);
  if (fd < 0) return Failure::from_errno(address.text(), errno);
  return Client(fd);
}

Client::Client(Client&& other) noexcept
    : fd_(std::exchange(other.fd_, -1)),
      timeout_ms_(other.timeout_ms_),
      reader_(std::move(other.reader_)),
      pushes_(std::move(other.pushes_)) {}

Client& Client::operator=(Client&& other) noexcept {
  std::swap(fd_, other.fd_);
  std::swap(timeout_ms_, other.timeout_ms_);
  std::swap(reader_, other.reader_);
  std::swap(pushes_, other.pushes_);
  return *this;
}

Client::~Client() {
  if (fd_ >= 0) ::close(fd_);
}

Result<RespValue> Client::command(std::initializer_list<std::string_view> arguments) {
  std::string bytes;
  append_command(bytes, arguments);
  if (const Status status = send(bytes); !status) return status.failure();
  return read_reply();
}

Result<RespValue> Client::command(std::span<const std::string> arguments) {
  std::string bytes;
  append_command(bytes, arguments);
  if (const Status status = send(bytes); !status) return status.failure();
  return read_reply();
}

Result<RespValue> Client::read() {
  RespValue value;
  while (true) {
    switch (reader_.next(value)) {
      case RespReader::Status::kValue:
        return value;
      case RespReader::Status::kError:
        return Failure{"protocol error: " + reader_.error_text()};
      case RespReader::Status::kNeedMore:
        break;
    }
    const Result<std::string> bytes = receive();
    if (!bytes) return bytes.failure();
    if (bytes.value().empty()) return Failure{"Server closed the connection", ECONNRESET};
    reader_.feed(bytes.value());
  }
}

Result<RespValue> Client::read_reply() {
  while (true) {
    Result<RespValue> value = read();
    if (!value || !value->is_push()) return value;
    pushes_.push_back(std::move(*value));
  }
}

std::optional<RespValue> Client::next_push() {
  if (pushes_.empty()) return std::nullopt;
  RespValue push = std::move(pushes_.front());
  pushes_.erase(pushes_.begin());
  return push;
}

Status Client::send(std::string_view bytes) {
  while (!bytes.empty()) {
    const ssize_t sent = ::send(fd_, bytes.data(), bytes.size(), MSG_NOSIGNAL | MSG_DONTWAIT);
    if (sent >= 0) {
      bytes.remove_prefix(static_cast<size_t>(sent));
    } else if (errno == EAGAIN) {
      if (const Status status = wait_for(POLLOUT); !status) return status;
    } else if (errno != EINTR) {
      return Failure::from_errno("cannot send", errno);
    }
  }
  return Done{};
}

Result<std::string> Client::receive() {
  std::string bytes(kReceiveBytes, '\0');
  while (true) {
    if (const Status status = wait_for(POLLIN); !status) return status.failure();
    const ssize_t received = ::recv(fd_, bytes.data(), bytes.size(), 0);
    if (received >= 0) {
      bytes.resize(static_cast<size_t>(received));
      return bytes;
    }
    if (errno != EINTR && errno != EAGAIN) return Failure::from_errno("cannot receive", errno);
  }
}

void Client::finish_sending() {
  ::shutdown(fd_, SHUT_WR);
}

bool Client::is_closed_by_server() {
  while (true) {
    const Result<std::string> bytes = receive();
    if (!bytes) return bytes.failure().code == ECONNRESET;
    if (bytes.value().empty()) return true;
  }
}

Status Client::wait_for(short events) {
  pollfd poll{fd_, events, 0};
  const int ready = ::poll(&poll, 1, timeout_ms_);
  if (ready > 0) return Done{};
  if (ready == 0) return Failure{"no answer for " + std::to_string(timeout_ms_) + " ms", ETIMEDOUT};
  if (errno == EINTR) return Failure{"interrupted", EINTR};
  return Failure::from_errno("cannot wait", errno);
}

}  // namespace rondo::client
