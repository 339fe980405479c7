// Client: one blocking connection that speaks RESP, for the tools and for the tests over TCP. It
// owns the socket. Every wait has a limit, so that a test against a server that hangs fails and
// ends. One thread at a time.
#pragma once

#include <cstdint>
#include <initializer_list>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "protocol/resp_reader.h"
#include "reactor/base/result.h"

namespace rondo::client {

struct Address {
  std::string host = "127.0.0.1";
  uint16_t port = 6379;
  std::string unix_path;  // Goes before host and port when not empty.

  std::string text() const;  // "127.0.0.1:6379", "[::1]:6379" or the path.
};

// Appends one command as an array of bulk strings.
void append_command(std::string& out, std::span<const std::string> arguments);
void append_command(std::string& out, std::initializer_list<std::string_view> arguments);

class Client {
 public:
  static constexpr int kForever = -1;

  static Result<Client> connect(const Address& address);

  Client(Client&& other) noexcept;
  Client& operator=(Client&& other) noexcept;
  ~Client();

  // Sends a command and returns the next reply. Pushes that come before it are given to
  // next_push() in their order. The server's error is a reply; a Failure means that the
  // connection is of no more use.
  Result<RespValue> command(std::initializer_list<std::string_view> arguments);
  Result<RespValue> command(std::span<const std::string> arguments);

  // The next value that arrives, a push as well.
  Result<RespValue> read();
  // The next reply; pushes are put aside as in command().
  Result<RespValue> read_reply();
  // The oldest push that was put aside.
  std::optional<RespValue> next_push();

  // Raw bytes. send() returns when all are handed to the kernel; receive() when there are some,
  // and with nothing when the server has closed.
  Status send(std::string_view bytes);
  Result<std::string> receive();
  // Tells the server that nothing more will come.
  void finish_sending();
  // True when the server closes the connection within the limit; what still arrives is dropped.
  bool is_closed_by_server();

  // The longest that one wait for the server takes, in milliseconds, or kForever.
  void set_timeout_ms(int timeout_ms) { timeout_ms_ = timeout_ms; }
  int fd() const { return fd_; }

 private:
  static constexpr int kDefaultTimeoutMs = 30'000;

  explicit Client(int fd) : fd_(fd) {}
  Status wait_for(short events);

  int fd_ = -1;
  int timeout_ms_ = kDefaultTimeoutMs;
  RespReader reader_;
  std::vector<RespValue> pushes_;
};

}  // namespace rondo::client
