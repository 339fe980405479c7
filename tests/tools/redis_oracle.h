// RedisOracle: a redis-server that a test starts beside what it tests. It listens on a unix socket
// in a folder of its own, so that no port is in the way, and ends with its destructor.
#pragma once

#include <fcntl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <csignal>
#include <cstdlib>
#include <filesystem>
#include <string>
#include <vector>

#include "reactor/base/check.h"
#include "tools/client/client.h"

namespace rondo {

inline bool is_installed(const char* program) {
  return std::system(("command -v " + std::string(program) + " >/dev/null 2>&1").c_str()) == 0;
}

// A redis-server on a unix socket in a folder of its own, so that no port is in the way.
class RedisOracle {
 public:
  // By default the one that is installed. Another program takes the same options, and `extra` ones.
  explicit RedisOracle(const std::string& program = "redis-server",
                       const std::vector<std::string>& extra = {}) {
    char folder[] = "/tmp/rondo-cli-XXXXXX";
    CHECK(::mkdtemp(folder) != nullptr);
    folder_ = folder;
    socket_ = folder_ + "/socket";
    pid_ = ::fork();
    CHECK(pid_ >= 0);
    if (pid_ == 0) {
      const int null = ::open("/dev/null", O_RDWR);
      ::dup2(null, STDOUT_FILENO);
      std::vector<std::string> words = {
          program, "--port", "0",     "--unixsocket",           socket_, "--save",
          "",      "--dir",  folder_, "--enable-debug-command", "yes"};
      words.insert(words.end(), extra.begin(), extra.end());
      std::vector<char*> pointers;
      for (std::string& word : words)
        pointers.push_back(word.data());
      pointers.push_back(nullptr);
      ::execvp(pointers[0], pointers.data());
      ::_exit(127);
    }
    for (int i = 0; i < 500 && !client::Client::connect({.unix_path = socket_}); ++i) {
      ::usleep(10'000);
    }
  }
  ~RedisOracle() {
    ::kill(pid_, SIGKILL);
    ::waitpid(pid_, nullptr, 0);
    std::filesystem::remove_all(folder_);
  }
  RedisOracle(const RedisOracle&) = delete;
  RedisOracle& operator=(const RedisOracle&) = delete;

  const std::string& folder() const { return folder_; }
  const std::string& socket() const { return socket_; }

 private:
  std::string folder_;
  std::string socket_;
  pid_t pid_ = -1;
};

inline bool has_redis() {
  return is_installed("redis-server") && is_installed("redis-cli");
}

}  // namespace rondo
