// ServerProcess: the real program for the length of a test: rondo, or a redis-server to compare
// with. It listens on a free port of the loopback address and on a unix socket in a folder of its
// own, where its log stands too. The end of the test stops it and shows whether it was healthy.
//
//   ServerProcess server(2);
//   client::Client client = server.connect();
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "tests/tcp/program.h"
#include "tools/client/client.h"

namespace rondo {

// A sanitizer keeps memory of its own: what a process takes says nothing about the program.
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
inline constexpr bool kSanitized = true;
#elif defined(__clang__)
inline constexpr bool kSanitized =
    __has_feature(address_sanitizer) || __has_feature(thread_sanitizer);
#else
inline constexpr bool kSanitized = false;
#endif

// The program that is tested.
std::string rondo_path();

// A TCP port of 127.0.0.1 that was free a moment ago.
uint16_t free_port();

class ServerProcess {
 public:
  using Words = std::vector<std::string>;

  // Starts rondo with so many threads and waits until it is ready. `options` go behind the usual
  // ones, so they win: {"--timeout", "1"}. `file` is empty or a configuration file to read first.
  explicit ServerProcess(int threads, const Words& options = {}, const std::string& file = "");
  // A redis-server with the same options. REQUIRES: is_installed("redis-server").
  static std::unique_ptr<ServerProcess> redis(const Words& options = {});
  // stop(), unless the server has ended already.
  ~ServerProcess();
  ServerProcess(const ServerProcess&) = delete;
  ServerProcess& operator=(const ServerProcess&) = delete;

  client::Address tcp() const { return {.host = "127.0.0.1", .port = port_, .unix_path = ""}; }
  client::Address unix_socket() const {
    return {.host = "", .port = 0, .unix_path = folder_.file("socket")};
  }
  uint16_t port() const { return port_; }
  const Folder& folder() const { return folder_; }
  client::Client connect() const;

  // Asks it to end by SIGTERM and checks its health as expect_clean_end() does.
  void stop();
  // Waits for the end of a server that was told to end, and checks that it ended by itself, with
  // exit code 0, and that the log tells of no failed CHECK and no sanitizer's report.
  void expect_clean_end();
  void signal(int number) { program_->signal(number); }
  bool running() { return program_->running(); }
  pid_t pid() const { return program_->pid(); }

  std::string log() const { return program_->output(); }
  // Resident memory in bytes.
  int64_t resident_bytes() const;

 private:
  struct Start {
    Words words;
    Words options;
  };
  explicit ServerProcess(const Start& start);

  Folder folder_;
  uint16_t port_ = 0;
  std::unique_ptr<Program> program_;
  bool ended_ = false;
};

}  // namespace rondo
