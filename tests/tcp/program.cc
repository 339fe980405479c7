#include "tests/tcp/program.h"

#include <fcntl.h>
#include <poll.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <filesystem>

#include "tests/testing.h"

namespace rondo {
namespace {

constexpr int kKillMs = 10'000;  // For the kernel to end a process that it was told to kill.

// In the child: never returns. Only calls that are safe between fork() and exec().
[[noreturn]] void become(char* const* words, const char* input_path, const char* output_path) {
  const int in = ::open(input_path, O_RDONLY);
  const int out = ::open(output_path, O_WRONLY | O_CREAT | O_TRUNC | O_APPEND, 0644);
  if (in < 0 || out < 0) ::_exit(126);
  ::dup2(in, STDIN_FILENO);
  ::dup2(out, STDOUT_FILENO);
  ::dup2(out, STDERR_FILENO);
  ::prctl(PR_SET_PDEATHSIG, SIGKILL);        // A test that is killed leaves nothing running.
  ::close_range(STDERR_FILENO + 1, ~0U, 0);  // The test's sockets are not the child's.
  ::execvp(words[0], words);
  ::_exit(127);
}

}  // namespace

Folder::Folder() {
  char name[] = "/tmp/rondo-tcp-XXXXXX";
  REQUIRE(::mkdtemp(name) != nullptr);
  path_ = name;
}

Folder::~Folder() {
  std::error_code ignored;
  std::filesystem::remove_all(path_, ignored);
}

std::string read_file(const std::string& path) {
  std::string bytes;
  std::FILE* file = std::fopen(path.c_str(), "rb");
  if (file == nullptr) return bytes;
  char part[16 * 1024];
  for (size_t got; (got = std::fread(part, 1, sizeof(part), file)) > 0;)
    bytes.append(part, got);
  std::fclose(file);
  return bytes;
}

void write_file(const std::string& path, const std::string& bytes) {
  std::FILE* file = std::fopen(path.c_str(), "wb");
  REQUIRE(file != nullptr);
  CHECK_EQ(std::fwrite(bytes.data(), 1, bytes.size(), file), bytes.size());
  REQUIRE(std::fclose(file) == 0);
}

Program::Program(const std::vector<std::string>& words, std::string output_path,
                 const std::string& input_path)
    : output_path_(std::move(output_path)) {
  std::vector<char*> pointers;
  for (const std::string& word : words)
    pointers.push_back(const_cast<char*>(word.c_str()));
  pointers.push_back(nullptr);
  pid_ = ::fork();
  REQUIRE(pid_ >= 0);
  if (pid_ == 0) become(pointers.data(), input_path.c_str(), output_path_.c_str());
}

Program::~Program() {
  if (!running()) return;
  signal(SIGKILL);
  static_cast<void>(wait(kKillMs));
}

std::optional<int> Program::wait(int timeout_ms) {
  if (code_) return code_;
  // The header of glibc 2.36 declares pidfd_open() for C alone.
  const auto fd = static_cast<int>(::syscall(SYS_pidfd_open, pid_, 0));
  REQUIRE(fd >= 0);
  pollfd ended{fd, POLLIN, 0};
  const int ready = ::poll(&ended, 1, timeout_ms);
  ::close(fd);
  if (ready <= 0) return std::nullopt;
  int status = 0;
  REQUIRE(::waitpid(pid_, &status, 0) == pid_);
  code_ = WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
  return code_;
}

void Program::signal(int number) const {
  if (!code_) ::kill(pid_, number);
}

Finished run_program(const std::vector<std::string>& words, const std::string& input,
                     int timeout_ms) {
  const Folder folder;
  write_file(folder.file("input"), input);
  Program program(words, folder.file("output"), folder.file("input"));
  const std::optional<int> code = program.wait(timeout_ms);
  return {.code = code.value_or(-1), .output = program.output()};
}

bool is_installed(const std::string& program) {
  return run_program({"sh", "-c", "command -v " + program}).code == 0;
}

}  // namespace rondo
