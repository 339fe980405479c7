#include "server/commands/process.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "protocol/errors.h"
#include "protocol/number.h"
#include "server/core.h"
#include "server/logger.h"
#include "server/server_call.h"
#include "server/text.h"
#include "server/version.h"

namespace rondo {
namespace {

Error time_command(ServerCall& call) {
  const int64_t us = call.core.now().unix_us;
  call.reply.array(2);
  call.reply.bulk_integer(us / 1'000'000);
  call.reply.bulk_integer(us % 1'000'000);
  return {};
}

Error shutdown_command(ServerCall& call) {
  bool save = false;
  bool nosave = false;
  bool force = false;
  bool abort = false;
  for (size_t i = 1; i < call.size(); ++i) {
    if (same_word(call[i], "save"))
      save = true;
    else if (same_word(call[i], "nosave"))
      nosave = true;
    else if (same_word(call[i], "force"))
      force = true;
    else if (same_word(call[i], "abort"))
      abort = true;
    else if (!same_word(call[i], "now"))
      return errors::kSyntax;
  }
  if ((save && nosave) || (abort && call.size() > 2)) return errors::kSyntax;
  if (abort) return "ERR No shutdown in progress.";
  if (save && !force) {
    log_warning("SHUTDOWN SAVE is refused: this server keeps its data in memory only");
    return "ERR Errors trying to SHUTDOWN. Check logs.";
  }
  log_notice("User requested shutdown...");
  call.core.server().stopping.store(true, std::memory_order_relaxed);
  // Like Redis: no reply, the connection closes.
  call.session.close_after_reply();
  return {};
}

// A rondo: a theme that comes round again. `turns` rings of dots, drawn from the outside in.
std::string draw_rondo(int64_t turns) {
  constexpr double kAspect = 2.1;  // A character is about twice as high as it is wide.
  constexpr std::string_view kInk = ".:oO@";
  const auto radius = static_cast<int>(turns * 2 + 1);
  const int width = static_cast<int>(radius * kAspect);
  std::string text;
  for (int y = -radius; y <= radius; ++y) {
    std::string line;
    for (int x = -width; x <= width; ++x) {
      const double distance = std::hypot(x / kAspect, y);
      const auto ring = static_cast<int>(std::lround(distance));
      const bool inked = ring <= radius && (radius - ring) % 2 == 0;
      line += inked ? kInk[static_cast<size_t>(radius - ring) / 2 % kInk.size()] : ' ';
    }
    line.erase(line.find_last_not_of(' ') + 1);
    text += line + '\n';
  }
  return text;
}

Error lolwut(ServerCall& call) {
  size_t at = 1;
  if (call.size() > 2 && same_word(call[1], "version")) {
    if (!parse_integer(call[2])) return errors::kNotInteger;
    at = 3;
  }
  int64_t turns = 4;
  if (call.size() > at) {
    const auto wanted = parse_integer(call[at]);
    if (!wanted) return errors::kNotInteger;
    turns = std::clamp<int64_t>(*wanted, 1, 20);
  }
  call.reply.verbatim("txt", fmt::format("{}\nRedis ver. {}\n", draw_rondo(turns), kRedisVersion));
  return {};
}

const Command kRows[] = {
    {.name = "lolwut",
     .arity = -1,
     .flags = kReadonly | kFast,
     .route = Route::kConnection,
     .serve = lolwut,
     .group = "server",
     .since = "5.0.0",
     .summary = "Draws something, and tells the version.",
     .syntax = "[VERSION version:integer]"},
    {.name = "shutdown",
     .arity = -1,
     .flags = kAdmin | kNoscript | kLoading | kStale | kNoMulti | kAllowBusy,
     .route = Route::kConnection,
     .serve = shutdown_command,
     .group = "server",
     .since = "1.0.0",
     .summary = "Answers what was received and ends the server.",
     .complexity = "O(1)",
     .syntax = "[save-selector(NOSAVE | SAVE)] [NOW@7.0.0] [FORCE@7.0.0] [ABORT@7.0.0]"},
    {.name = "time",
     .arity = 1,
     .flags = kLoading | kStale | kFast,
     .route = Route::kConnection,
     .serve = time_command,
     .tips = "nondeterministic_output",
     .group = "server",
     .since = "2.6.0",
     .summary = "Tells the time of the server.",
     .complexity = "O(1)"},
};

}  // namespace

std::span<const Command> process_commands() {
  return kRows;
}

}  // namespace rondo
