// The prompt of rondo-cli at a real terminal (a pseudo-terminal), with a redis-server behind it.
// Covers tools/cli/repl.cc, tools/cli/line_editor.cc and tools/cli/session.cc.
#include <poll.h>
#include <pty.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <termios.h>

#include <csignal>
#include <fstream>
#include <iterator>
#include <string>

#include "tests/tools/redis_oracle.h"

#include <doctest/doctest.h>

namespace rondo::cli {
namespace {

constexpr int kWaitMs = 10'000;

// rondo-cli on a pseudo-terminal.
class Terminal {
 public:
  Terminal(const std::string& socket, const std::string& history) {
    pid_ = ::forkpty(&fd_, nullptr, nullptr, nullptr);
    REQUIRE(pid_ >= 0);
    if (pid_ == 0) {
      ::setenv("TERM", "xterm", 1);
      ::setenv("RONDOCLI_HISTFILE", history.c_str(), 1);
      ::execl(RONDO_CLI, RONDO_CLI, "-s", socket.c_str(), static_cast<char*>(nullptr));
      ::_exit(127);
    }
  }
  ~Terminal() {
    if (pid_ > 0) {
      ::kill(pid_, SIGKILL);
      ::waitpid(pid_, nullptr, 0);
    }
    ::close(fd_);
  }
  Terminal(const Terminal&) = delete;
  Terminal& operator=(const Terminal&) = delete;

  void type(const std::string& keys) {
    REQUIRE(::write(fd_, keys.data(), keys.size()) == static_cast<ssize_t>(keys.size()));
  }

  // Reads until `text` is shown; what was shown before it is dropped, so that the next wait is for
  // something new.
  void wait_for(const std::string& text) {
    size_t at = 0;
    while ((at = screen_.find(text)) == screen_.npos && read_some()) {
    }
    REQUIRE_MESSAGE(at != screen_.npos, "waited for '" << text << "', saw: " << screen_);
    screen_.erase(0, at + text.size());
  }

  // Waits for the prompt, and until the line editor has taken over the terminal: it does so a
  // moment after it has shown the prompt, and keys typed in between may be lost.
  void wait_for_prompt(const std::string& prompt) {
    wait_for(prompt);
    termios mode{};
    for (int i = 0; i < kWaitMs; ++i) {
      REQUIRE(::tcgetattr(fd_, &mode) == 0);
      if ((mode.c_lflag & ICANON) == 0) return;
      ::usleep(1000);
    }
    FAIL("the line editor does not start");
  }

  // The exit code, once the program has ended by itself.
  int wait_for_end() {
    while (read_some()) {
    }
    REQUIRE_MESSAGE(at_end_, "the program does not end; saw: " << screen_);
    int status = -1;
    ::waitpid(pid_, &status, 0);
    pid_ = -1;
    return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
  }

 private:
  // False at the end, and when nothing came for too long.
  bool read_some() {
    pollfd poll{fd_, POLLIN, 0};
    if (::poll(&poll, 1, kWaitMs) <= 0) return false;
    char bytes[4096];
    const ssize_t got = ::read(fd_, bytes, sizeof(bytes));
    at_end_ = got <= 0;
    if (at_end_) return false;
    screen_.append(bytes, static_cast<size_t>(got));
    return true;
  }

  int fd_ = -1;
  pid_t pid_ = -1;
  std::string screen_;
  bool at_end_ = false;
};

std::string read_file(const std::string& path) {
  std::ifstream in(path);
  return {std::istreambuf_iterator<char>(in), std::istreambuf_iterator<char>()};
}

TEST_CASE("repl: the prompt follows SELECT, MULTI and RESET") {
  if (!has_redis()) return;
  const RedisOracle redis;
  const std::string prompt = "rondo " + redis.socket();
  Terminal terminal(redis.socket(), redis.folder() + "/history");
  terminal.wait_for_prompt(prompt + "> ");
  terminal.type("SELECT 2\n");
  terminal.wait_for_prompt("OK\r\n" + prompt + "[2]> ");
  terminal.type("MULTI\n");
  terminal.wait_for_prompt(prompt + "[2](TX)> ");
  terminal.type("SET a 1\n");
  terminal.wait_for("QUEUED");
  terminal.type("SELECT 3\n");
  terminal.wait_for_prompt(prompt + "[3](TX)> ");
  terminal.type("DISCARD\n");
  terminal.wait_for_prompt(prompt + "[2]> ");
  terminal.type("RESET\n");
  terminal.wait_for("RESET\r\n");
  terminal.wait_for_prompt(prompt + "> ");
  terminal.type("quit\n");
  CHECK(terminal.wait_for_end() == 0);
}

TEST_CASE("repl: history, without secrets and for nobody else") {
  if (!has_redis()) return;
  const RedisOracle redis;
  const std::string history = redis.folder() + "/history";
  const std::string prompt = "rondo " + redis.socket() + "> ";
  {
    Terminal terminal(redis.socket(), history);
    terminal.wait_for_prompt(prompt);
    terminal.type("ECHO remembered\n");
    terminal.wait_for("\"remembered\"");
    terminal.wait_for_prompt(prompt);
    terminal.type("AUTH hunter2\n");
    terminal.wait_for("(error)");
    terminal.wait_for_prompt(prompt);
    terminal.type("\x04");  // Ctrl-D.
    CHECK(terminal.wait_for_end() == 0);
  }
  CHECK(read_file(history).find("remembered") != std::string::npos);
  CHECK(read_file(history).find("hunter2") == std::string::npos);
  struct stat status {};
  REQUIRE(::stat(history.c_str(), &status) == 0);
  CHECK((status.st_mode & 0077) == 0);

  Terminal terminal(redis.socket(), history);
  terminal.wait_for_prompt(prompt);
  terminal.type("\x1b[A");  // The key for the line before.
  terminal.wait_for("ECHO remembered");
  terminal.type("\n");
  terminal.wait_for("\"remembered\"");
}

TEST_CASE("repl: TAB completes commands, and quotes have to be closed") {
  if (!has_redis()) return;
  const RedisOracle redis;
  const std::string prompt = "rondo " + redis.socket() + "> ";
  Terminal terminal(redis.socket(), "");
  terminal.wait_for_prompt(prompt);
  terminal.type("dbs\t");
  terminal.wait_for("DBSIZE");
  terminal.type("\n");
  terminal.wait_for("(integer) 0");
  terminal.wait_for_prompt(prompt);
  terminal.type("setrange k \t");  // Behind a command: how it is used.
  terminal.wait_for("SETRANGE key offset value");
  terminal.wait_for("setrange k ");
  terminal.type("0 v\n");
  terminal.wait_for("(integer) 1");
  terminal.wait_for_prompt(prompt);
  terminal.type("help client unpause\n");
  terminal.wait_for("CLIENT UNPAUSE\r\n");
  terminal.wait_for("since: 6.2.0");
  terminal.wait_for_prompt(prompt);
  terminal.type("GET \"a\n");
  terminal.wait_for("Invalid argument(s)");
}

TEST_CASE("repl: nothing is asked in a transaction") {
  if (!has_redis()) return;
  const RedisOracle redis;
  const std::string prompt = "rondo " + redis.socket();
  Terminal terminal(redis.socket(), "");
  terminal.wait_for_prompt(prompt + "> ");
  terminal.type("MULTI\n");
  terminal.wait_for_prompt(prompt + "(TX)> ");
  terminal.type("INC\t\x15help get\n");  // Ctrl-U takes the line away.
  terminal.wait_for("outside of a transaction");
  terminal.wait_for_prompt(prompt + "(TX)> ");
  terminal.type("INCR k\n");
  terminal.wait_for("QUEUED");
  terminal.wait_for_prompt(prompt + "(TX)> ");
  terminal.type("EXEC\n");
  terminal.wait_for("EXEC\r\n1) (integer) 1\r\n");
  terminal.wait_for_prompt(prompt + "> ");
}

TEST_CASE("repl: Ctrl-C ends a subscription and forgets it") {
  if (!has_redis()) return;
  const RedisOracle redis;
  const std::string prompt = "rondo " + redis.socket() + "> ";
  Terminal terminal(redis.socket(), "");
  terminal.wait_for_prompt(prompt);
  terminal.type("SUBSCRIBE news\n");
  terminal.wait_for("3) (integer) 1");
  Result<client::Client> publisher = client::Client::connect({.unix_path = redis.socket()});
  REQUIRE(publisher);
  CHECK(publisher->command({"PUBLISH", "news", "first"})->integer == 1);
  terminal.wait_for("3) \"first\"");
  terminal.type("\x03");
  terminal.wait_for_prompt(prompt);
  // The server notices the closed connection in its own time.
  int64_t receivers = 1;
  for (int i = 0; i < 500 && receivers != 0; ++i) {
    ::usleep(10'000);
    receivers = publisher->command({"PUBLISH", "news", "second"})->integer;
  }
  CHECK(receivers == 0);
  terminal.type("PING\n");
  terminal.wait_for("PONG");
}

TEST_CASE("repl: a server that has gone and come back") {
  if (!has_redis()) return;
  const RedisOracle redis;
  const std::string prompt = "rondo " + redis.socket() + "> ";
  Terminal terminal(redis.socket(), "");
  terminal.wait_for_prompt(prompt);
  Result<client::Client> other = client::Client::connect({.unix_path = redis.socket()});
  REQUIRE(other);
  REQUIRE(other->command({"CLIENT", "KILL", "TYPE", "normal"})->integer == 1);
  terminal.type("PING\n");  // Reconnects by itself.
  terminal.wait_for("PONG");
  terminal.wait_for_prompt(prompt);
  terminal.type("SHUTDOWN NOSAVE\n");
  terminal.wait_for_prompt("not connected> ");
  terminal.type("PING\n");
  terminal.wait_for("Could not connect to " + redis.socket());
}

}  // namespace
}  // namespace rondo::cli
