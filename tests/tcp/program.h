// Program: another program that a test runs as a child, with what it prints in a file. It owns the
// process: the destructor kills what still runs. One thread at a time.
#pragma once

#include <sys/types.h>

#include <optional>
#include <string>
#include <vector>

namespace rondo {

// A new folder below /tmp that goes away with everything in it.
class Folder {
 public:
  Folder();
  ~Folder();
  Folder(const Folder&) = delete;
  Folder& operator=(const Folder&) = delete;

  const std::string& path() const { return path_; }
  std::string file(const std::string& name) const { return path_ + "/" + name; }

 private:
  std::string path_;
};

std::string read_file(const std::string& path);  // Empty when there is none.
void write_file(const std::string& path, const std::string& bytes);

class Program {
 public:
  // Starts words[0], looked up along PATH. Standard input is read from `input_path`; both outputs
  // go to `output_path`.
  Program(const std::vector<std::string>& words, std::string output_path,
          const std::string& input_path = "/dev/null");
  ~Program();
  Program(const Program&) = delete;
  Program& operator=(const Program&) = delete;

  // Its exit code, or 128 plus the number of the signal that ended it; nothing when it still runs
  // after `timeout_ms`.
  std::optional<int> wait(int timeout_ms);
  bool running() { return !wait(0).has_value(); }
  void signal(int number) const;
  pid_t pid() const { return pid_; }
  std::string output() const { return read_file(output_path_); }

 private:
  std::string output_path_;
  pid_t pid_ = -1;
  std::optional<int> code_;
};

struct Finished {
  int code = 0;  // As of Program::wait(); -1: it was killed after the time limit.
  std::string output;
};
// Runs a program to its end.
Finished run_program(const std::vector<std::string>& words, const std::string& input = "",
                     int timeout_ms = 30'000);

bool is_installed(const std::string& program);

}  // namespace rondo
