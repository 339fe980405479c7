// The log: one for the process. A line is formatted by the caller and handed to a bounded queue; a
// thread of the log writes it, so a reactor never waits for a disk or a terminal. When the queue is
// full the oldest lines are dropped and counted. Callable from every thread; before log_start() and
// after log_stop() lines go nowhere.
//
//   4242:M 21 Nov 2026 09:00:00.000 * text
//
// The mark is '.' for debug, '-' verbose, '*' notice, '#' warning. Secrets (passwords, AUTH's
// arguments) must never be passed to these functions.
#pragma once

#include <fmt/core.h>

#include <cstdint>
#include <string>
#include <string_view>

#include "reactor/base/result.h"
#include "server/config.h"

namespace rondo {

// Opens `path` (empty: standard output) for appending and starts the log's thread.
Status log_start(const std::string& path, LogLevel level);
// Writes what is queued and ends the thread.
void log_stop();
// Opens the file again, for rotation: on the next line, by the log's thread. Async-signal-safe.
void log_reopen();

void log_set_level(LogLevel level);
bool log_enabled(LogLevel level);
// Lines lost to a full queue since the start.
uint64_t log_dropped();

// The text must be one line; other control characters in it are written as '?'.
void log_line(LogLevel level, std::string_view text);

template <class... T>
void log_at(LogLevel level, fmt::format_string<T...> text, T&&... args) {
  if (!log_enabled(level)) return;
  log_line(level, fmt::vformat(text, fmt::make_format_args(args...)));
}
template <class... T>
void log_debug(fmt::format_string<T...> text, T&&... args) {
  log_at(LogLevel::kDebug, text, std::forward<T>(args)...);
}
template <class... T>
void log_verbose(fmt::format_string<T...> text, T&&... args) {
  log_at(LogLevel::kVerbose, text, std::forward<T>(args)...);
}
template <class... T>
void log_notice(fmt::format_string<T...> text, T&&... args) {
  log_at(LogLevel::kNotice, text, std::forward<T>(args)...);
}
template <class... T>
void log_warning(fmt::format_string<T...> text, T&&... args) {
  log_at(LogLevel::kWarning, text, std::forward<T>(args)...);
}

}  // namespace rondo
