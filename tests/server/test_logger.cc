// The log: its lines, its levels, rotation, and what it does when it is flooded.
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cstdio>
#include <string>
#include <vector>

#include "server/config_reader.h"
#include "server/logger.h"
#include "tests/testing.h"

namespace rondo {
namespace {

// A path for one test's log.
class LogFile {
 public:
  LogFile() {
    char name[] = "/tmp/rondo-log-XXXXXX";
    const int file = mkstemp(name);
    REQUIRE_GE(file, 0);
    close(file);
    path_ = name;
  }
  ~LogFile() {
    unlink(path_.c_str());
    unlink(old_path().c_str());
  }
  const std::string& path() const { return path_; }
  std::string old_path() const { return path_ + ".1"; }
  static std::vector<std::string> lines(const std::string& path) {
    auto text = read_whole_file(path);
    REQUIRE(static_cast<bool>(text));
    std::vector<std::string> lines;
    for (size_t from = 0; from < text->size();) {
      const size_t end = text->find('\n', from);
      REQUIRE(end != std::string::npos);
      lines.push_back(text->substr(from, end - from));
      from = end + 1;
    }
    return lines;
  }
  std::vector<std::string> lines() const { return lines(path_); }

 private:
  std::string path_;
};

TEST_CASE("a line has process, time, mark and text") {
  LogFile file;
  REQUIRE(static_cast<bool>(log_start(file.path(), LogLevel::kDebug)));
  log_debug("one {}", 1);
  log_verbose("two");
  log_notice("three");
  log_warning("four");
  log_notice("a line\nand\tmore");
  log_stop();
  log_notice("after the end");
  const std::vector<std::string> lines = file.lines();
  REQUIRE_EQ(lines.size(), 5);
  const std::string start = std::to_string(getpid()) + ":M ";
  for (const std::string& line : lines)
    CHECK(line.starts_with(start));
  CHECK(lines[0].ends_with(" . one 1"));
  CHECK(lines[1].ends_with(" - two"));
  CHECK(lines[2].ends_with(" * three"));
  CHECK(lines[3].ends_with(" # four"));
  CHECK(lines[4].ends_with(" * a line?and?more"));
  // "21 Nov 2026 09:00:00.000"
  const std::string time = lines[0].substr(start.size(), 24);
  CHECK_EQ(time[2], ' ');
  CHECK_EQ(time[6], ' ');
  CHECK_EQ(time[14], ':');
  CHECK_EQ(time[20], '.');
}

TEST_CASE("levels leave out what is below them, also when they change") {
  LogFile file;
  REQUIRE(static_cast<bool>(log_start(file.path(), LogLevel::kNotice)));
  CHECK_FALSE(log_enabled(LogLevel::kVerbose));
  log_verbose("no");
  log_set_level(LogLevel::kVerbose);
  log_verbose("yes");
  log_set_level(LogLevel::kNothing);
  log_warning("no");
  log_stop();
  REQUIRE_EQ(file.lines().size(), 1);
  CHECK(file.lines()[0].ends_with("yes"));
}

TEST_CASE("a file that was moved away is opened anew on request") {
  LogFile file;
  REQUIRE(static_cast<bool>(log_start(file.path(), LogLevel::kNotice)));
  log_notice("before");
  log_stop();
  REQUIRE(static_cast<bool>(log_start(file.path(), LogLevel::kNotice)));
  REQUIRE_EQ(std::rename(file.path().c_str(), file.old_path().c_str()), 0);
  log_reopen();
  log_notice("behind");
  log_stop();
  CHECK_EQ(LogFile::lines(file.old_path()).size(), 1);
  REQUIRE_EQ(file.lines().size(), 1);
  CHECK(file.lines()[0].ends_with("behind"));
}

TEST_CASE("a file that can't be opened is a failure with a reason") {
  const auto status = log_start("/nonexistent/rondo.log", LogLevel::kNotice);
  REQUIRE_FALSE(static_cast<bool>(status));
  CHECK_EQ(status.failure().code, ENOENT);
  CHECK_FALSE(log_enabled(LogLevel::kWarning));
}

// A pipe that nobody reads stops the log's thread; its callers must go on.
TEST_CASE("a flood loses its oldest lines and counts them, and nobody waits") {
  LogFile file;
  unlink(file.path().c_str());
  REQUIRE_EQ(mkfifo(file.path().c_str(), 0600), 0);
  const int reader = open(file.path().c_str(), O_RDONLY | O_NONBLOCK | O_CLOEXEC);
  REQUIRE_GE(reader, 0);
  REQUIRE(static_cast<bool>(log_start(file.path(), LogLevel::kNotice)));
  constexpr int kLines = 40'000;
  for (int i = 0; i < kLines; ++i)
    log_notice("line {:06} {}", i, std::string(100, 'x'));
  const uint64_t dropped = log_dropped();
  CHECK_GT(dropped, 0);

  // Somebody reads again: what is left arrives whole, the last line among it.
  REQUIRE_EQ(fcntl(reader, F_SETFL, 0), 0);
  std::string text;
  std::vector<char> bytes(1 << 16);
  while (text.find("line 039999") == std::string::npos) {
    const ssize_t count = read(reader, bytes.data(), bytes.size());
    REQUIRE_GT(count, 0);
    text.append(bytes.data(), static_cast<size_t>(count));
  }
  log_stop();
  close(reader);
  const auto arrived = static_cast<uint64_t>(std::count(text.begin(), text.end(), '\n'));
  CHECK_GE(arrived + log_dropped() + 1, kLines - dropped);
  CHECK_LT(arrived, kLines);
}

}  // namespace
}  // namespace rondo
