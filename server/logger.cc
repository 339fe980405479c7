#include "server/logger.h"

#include <fcntl.h>
#include <spdlog/async.h>
#include <spdlog/details/null_mutex.h>
#include <spdlog/sinks/base_sink.h>
#include <spdlog/spdlog.h>
#include <unistd.h>

#include <atomic>
#include <ctime>

namespace rondo {
namespace {

constexpr size_t kQueueLines = 8192;
constexpr const char* kLoggerName = "rondo";

std::atomic<LogLevel> level_now{LogLevel::kNothing};
std::atomic<bool> reopen_wanted{false};

int open_for_append(const std::string& path) {
  return open(path.c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0644);
}

char mark_of(spdlog::level::level_enum level) {
  switch (level) {
    case spdlog::level::trace:
      return '.';
    case spdlog::level::debug:
      return '-';
    case spdlog::level::info:
      return '*';
    default:
      return '#';
  }
}

spdlog::level::level_enum level_of(LogLevel level) {
  switch (level) {
    case LogLevel::kDebug:
      return spdlog::level::trace;
    case LogLevel::kVerbose:
      return spdlog::level::debug;
    case LogLevel::kNotice:
      return spdlog::level::info;
    default:
      return spdlog::level::warn;
  }
}

// Writes lines to a descriptor. Only the log's one thread calls it, hence no lock.
class LineSink final : public spdlog::sinks::base_sink<spdlog::details::null_mutex> {
 public:
  LineSink(std::string path, int file) : path_(std::move(path)), file_(file), pid_(getpid()) {}
  ~LineSink() override {
    if (!path_.empty()) close(file_);
  }

 protected:
  void sink_it_(const spdlog::details::log_msg& message) override {
    if (reopen_wanted.exchange(false)) reopen();
    const auto since = message.time.time_since_epoch();
    const auto ms = std::chrono::duration_cast<std::chrono::milliseconds>(since).count();
    line_.clear();
    fmt::format_to(std::back_inserter(line_), "{}:M {}.{:03} {} ", pid_, second_text(ms / 1000),
                   ms % 1000, mark_of(message.level));
    line_.append(message.payload.begin(), message.payload.end());
    line_.push_back('\n');
    write_line();
  }
  void flush_() override {}

 private:
  // "21 Nov 2026 09:00:00", made anew once a second.
  const char* second_text(time_t seconds) {
    if (seconds != second_) {
      second_ = seconds;
      tm parts = {};
      localtime_r(&seconds, &parts);
      strftime(second_text_, sizeof second_text_, "%d %b %Y %H:%M:%S", &parts);
    }
    return second_text_;
  }

  // What can't be written (a full disk, a closed terminal) is lost: there is no one to tell.
  void write_line() {
    std::string_view rest = line_;
    while (!rest.empty()) {
      const ssize_t count = write(file_, rest.data(), rest.size());
      if (count < 0 && errno == EINTR) continue;
      if (count <= 0) return;
      rest.remove_prefix(static_cast<size_t>(count));
    }
  }

  void reopen() {
    if (path_.empty()) return;
    const int file = open_for_append(path_);
    if (file < 0) return;
    close(file_);
    file_ = file;
  }

  const std::string path_;
  int file_;
  const int pid_;
  std::string line_;
  time_t second_ = -1;
  char second_text_[32] = "";
};

}  // namespace

Status log_start(const std::string& path, LogLevel level) {
  int file = STDOUT_FILENO;
  if (!path.empty()) {
    file = open_for_append(path);
    if (file < 0) return Failure::from_errno("can't open the log file " + path, errno);
  }
  spdlog::init_thread_pool(kQueueLines, 1);
  auto logger = spdlog::create_async_nb<LineSink>(kLoggerName, path, file);
  logger->set_level(spdlog::level::trace);  // log_enabled() decides.
  level_now = level;
  return Done{};
}

void log_stop() {
  level_now = LogLevel::kNothing;
  // Held until the thread that writes has ended, so that it is this one that closes the file.
  const auto logger = spdlog::get(kLoggerName);
  spdlog::shutdown();  // Waits until the queue is written.
}

void log_reopen() {
  reopen_wanted = true;
}

void log_set_level(LogLevel level) {
  if (spdlog::get(kLoggerName)) level_now = level;
}

bool log_enabled(LogLevel level) {
  const LogLevel now = level_now.load(std::memory_order_relaxed);
  return now != LogLevel::kNothing && level >= now;
}

uint64_t log_dropped() {
  const auto pool = spdlog::thread_pool();
  return pool ? pool->overrun_counter() : 0;
}

void log_line(LogLevel level, std::string_view text) {
  const auto logger = spdlog::get(kLoggerName);
  if (!logger || !log_enabled(level)) return;
  const auto control = [](char byte) { return static_cast<unsigned char>(byte) < ' '; };
  if (std::none_of(text.begin(), text.end(), control)) {
    logger->log(level_of(level), spdlog::string_view_t(text.data(), text.size()));
    return;
  }
  std::string clean(text);
  std::replace_if(clean.begin(), clean.end(), control, '?');
  logger->log(level_of(level), spdlog::string_view_t(clean));
}

}  // namespace rondo
