// FakeServer: a listener on a free loopback port that answers whatever arrives with bytes that the
// test chose. It serves one connection on a thread of its own, and ends with its destructor.
#pragma once

#include <arpa/inet.h>
#include <sys/socket.h>
#include <unistd.h>

#include <string>
#include <thread>

#include "reactor/base/check.h"
#include "tools/client/client.h"

namespace rondo::client {

class FakeServer {
 public:
  // Sends `answer` once the first bytes have come, then reads on; with `close_after` it closes the
  // connection there.
  explicit FakeServer(std::string answer, bool close_after = false)
      : answer_(std::move(answer)), close_after_(close_after) {
    listener_ = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t size = sizeof(address);
    auto* generic = reinterpret_cast<sockaddr*>(&address);
    CHECK(::bind(listener_, generic, size) == 0);
    CHECK(::listen(listener_, 1) == 0);
    CHECK(::getsockname(listener_, generic, &size) == 0);
    port_ = ntohs(address.sin_port);
    thread_ = std::thread([this] { serve(); });
  }
  ~FakeServer() {
    ::shutdown(listener_, SHUT_RDWR);  // Wakes an accept() that nobody came for.
    thread_.join();
    ::close(listener_);
  }
  FakeServer(const FakeServer&) = delete;
  FakeServer& operator=(const FakeServer&) = delete;

  Address address() const { return {.host = "127.0.0.1", .port = port_, .unix_path = ""}; }

  // What the client sent. REQUIRES: the client is closed.
  const std::string& received() {
    if (thread_.joinable()) {
      thread_.join();
      thread_ = std::thread([] {});
    }
    return received_;
  }

 private:
  void serve() {
    const int fd = ::accept(listener_, nullptr, nullptr);
    if (fd < 0) return;
    char bytes[4096];
    for (bool answered = false; !(answered && close_after_); answered = true) {
      const ssize_t got = ::recv(fd, bytes, sizeof(bytes), 0);
      if (got <= 0) break;
      received_.append(bytes, static_cast<size_t>(got));
      if (!answered) CHECK(::send(fd, answer_.data(), answer_.size(), MSG_NOSIGNAL) >= 0);
    }
    ::close(fd);
  }

  std::string answer_;
  bool close_after_;
  int listener_ = -1;
  uint16_t port_ = 0;
  std::string received_;
  std::thread thread_;
};

}  // namespace rondo::client
