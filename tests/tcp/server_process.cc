#include "tests/tcp/server_process.h"

#include <arpa/inet.h>
#include <sys/socket.h>
#include <unistd.h>

#include <csignal>
#include <cstdlib>

#include "reactor/base/clock.h"
#include "tests/testing.h"

namespace rondo {
namespace {

constexpr int kReadyMs = 20'000;
constexpr int kExitMs = 20'000;
constexpr int kAttempts = 5;  // Another process may take the port that was free a moment ago.

// Waits for the line that says so; false when the server has ended or takes too long.
bool wait_until_ready(Program& program) {
  const int64_t deadline_ns = read_monotonic_ns() + int64_t{kReadyMs} * 1'000'000;
  while (read_monotonic_ns() < deadline_ns) {
    if (program.output().find("Ready to accept connections") != std::string::npos) return true;
    if (program.wait(2)) return false;
  }
  return false;
}

ServerProcess::Words usual_and(int threads, const ServerProcess::Words& options) {
  ServerProcess::Words all = {"--threads", std::to_string(threads)};
  all.insert(all.end(), options.begin(), options.end());
  return all;
}

}  // namespace

std::string rondo_path() {
  const char* path = std::getenv("RONDO_SERVER");
  return path != nullptr ? path : RONDO_SERVER_PATH;
}

uint16_t free_port() {
  const int fd = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  REQUIRE(fd >= 0);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t size = sizeof(address);
  auto* generic = reinterpret_cast<sockaddr*>(&address);
  REQUIRE(::bind(fd, generic, size) == 0);
  REQUIRE(::getsockname(fd, generic, &size) == 0);
  ::close(fd);
  return ntohs(address.sin_port);
}

ServerProcess::ServerProcess(const Start& start) {
  for (int attempt = 0; attempt < kAttempts; ++attempt) {
    port_ = free_port();
    Words words = start.words;
    for (const std::string& word :
         {std::string("--port"), std::to_string(port_), std::string("--bind"),
          std::string("127.0.0.1"), std::string("--unixsocket"), folder_.file("socket"),
          std::string("--dir"), folder_.path()}) {
      words.push_back(word);
    }
    words.insert(words.end(), start.options.begin(), start.options.end());
    program_ = std::make_unique<Program>(words, folder_.file("log"));
    if (wait_until_ready(*program_)) return;
    if (log().find("Address already in use") == std::string::npos) break;
  }
  FAIL("the server did not start:\n" << log());
}

ServerProcess::ServerProcess(int threads, const Words& options, const std::string& file)
    : ServerProcess(Start{file.empty() ? Words{rondo_path()} : Words{rondo_path(), file},
                          usual_and(threads, options)}) {}

std::unique_ptr<ServerProcess> ServerProcess::redis(const Words& options) {
  return std::unique_ptr<ServerProcess>(
      new ServerProcess(Start{{"redis-server", "--save", ""}, options}));
}

ServerProcess::~ServerProcess() {
  if (!ended_) stop();
}

client::Client ServerProcess::connect() const {
  Result<client::Client> client = client::Client::connect(tcp());
  if (!client) FAIL(client.failure().text << "\n" << log());
  return std::move(*client);
}

void ServerProcess::stop() {
  signal(SIGTERM);
  expect_clean_end();
}

void ServerProcess::expect_clean_end() {
  ended_ = true;
  const std::optional<int> code = program_->wait(kExitMs);
  const std::string text = log();
  CHECK_MESSAGE(code.has_value(), "the server still runs:\n", text);
  CHECK_MESSAGE(code.value_or(0) == 0, "exit code ", code.value_or(0), ":\n", text);
  for (const char* bad : {"CHECK failed", "Sanitizer", "runtime error:"}) {
    CHECK_MESSAGE(text.find(bad) == std::string::npos, text);
  }
}

int64_t ServerProcess::resident_bytes() const {
  const std::string statm = read_file("/proc/" + std::to_string(program_->pid()) + "/statm");
  const size_t space = statm.find(' ');
  REQUIRE(space != std::string::npos);
  return std::strtoll(statm.c_str() + space, nullptr, 10) * ::sysconf(_SC_PAGESIZE);
}

}  // namespace rondo
