#include "tools/cli/modes.h"

#include <unistd.h>

#include <algorithm>
#include <cstdio>

#include "reactor/base/clock.h"
#include "tools/cli/interrupt.h"

namespace rondo::cli {
namespace {

constexpr int64_t kSampleIntervalUs = 10'000;
constexpr int64_t kQuietRunNs = 1'000'000'000;

void sleep_us(int64_t us) {
  if (us > 0) ::usleep(static_cast<useconds_t>(us));
}

struct Latencies {
  int64_t count = 0;
  int64_t sum_us = 0;
  int64_t min_us = 0;
  int64_t max_us = 0;

  void add(int64_t us) {
    min_us = count == 0 ? us : std::min(min_us, us);
    max_us = std::max(max_us, us);
    sum_us += us;
    ++count;
  }
  double average_ms() const {
    return count == 0 ? 0 : static_cast<double>(sum_us) / static_cast<double>(count) / 1000.0;
  }
};

double to_ms(int64_t us) {
  return static_cast<double>(us) / 1000.0;
}

void show(const Latencies& latencies) {
  std::printf("\x1b[0G\x1b[2Kmin: %.3f, max: %.3f, avg: %.3f (%lld samples)",
              to_ms(latencies.min_us), to_ms(latencies.max_us), latencies.average_ms(),
              static_cast<long long>(latencies.count));
  std::fflush(stdout);
}

void print_line(const Latencies& latencies, bool csv) {
  std::printf(csv ? "%.3f,%.3f,%.3f,%lld\n" : "%.3f %.3f %.3f %lld\n", to_ms(latencies.min_us),
              to_ms(latencies.max_us), latencies.average_ms(),
              static_cast<long long>(latencies.count));
}

}  // namespace

int run_latency(Session& session) {
  const Interrupt interrupt(session.client().fd());
  const Options& options = session.options();
  const bool shows = ::isatty(STDOUT_FILENO) && options.format == Format::kReadable;
  const int64_t run_ns =
      options.interval_s > 0 ? static_cast<int64_t>(options.interval_s * 1e9) : kQuietRunNs;
  const int64_t start_ns = read_monotonic_ns();
  Latencies latencies;
  while (!interrupt.happened() && (shows || read_monotonic_ns() - start_ns < run_ns)) {
    const int64_t from_ns = read_monotonic_ns();
    const Result<RespValue> reply = session.client().command({"PING"});
    if (!reply || reply.value().is_error()) {
      if (interrupt.happened()) break;
      const std::string& why = reply ? reply.value().text : reply.failure().text;
      std::fprintf(stderr, "\nError: %s\n", why.c_str());
      return 1;
    }
    latencies.add((read_monotonic_ns() - from_ns) / 1000);
    if (shows) show(latencies);
    sleep_us(kSampleIntervalUs);
  }
  if (shows) {
    std::puts("");
  } else {
    print_line(latencies, options.format == Format::kCsv);
  }
  return 0;
}

int run_scan(Session& session) {
  const Options& options = session.options();
  std::string cursor = "0";
  do {
    std::vector<std::string> command{"SCAN", cursor};
    if (!options.pattern.empty()) command.insert(command.end(), {"MATCH", options.pattern});
    if (options.scan_count > 0) {
      command.insert(command.end(), {"COUNT", std::to_string(options.scan_count)});
    }
    Result<RespValue> reply = session.client().command(command);
    if (!reply) {
      std::fprintf(stderr, "Error: %s\n", reply.failure().text.c_str());
      return 1;
    }
    if (reply->elements.size() != 2) {
      std::fprintf(stderr, "Error: %s\n",
                   reply->is_error() ? reply->text.c_str() : "that is no reply of SCAN");
      return 1;
    }
    cursor = reply->elements[0].text;
    for (const RespValue& key : reply->elements[1].elements)
      session.print(key);
    sleep_us(static_cast<int64_t>(options.interval_s * 1e6));
  } while (cursor != "0");
  return 0;
}

}  // namespace rondo::cli
