// rondo: the server's entry point. Reads the configuration, opens what can be refused by the
// machine, starts one reactor for each core, and waits for the end.
#include <sys/resource.h>
#include <unistd.h>

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <memory>
#include <string>
#include <vector>

#include "reactor/cpu.h"
#include "reactor/listener.h"
#include "reactor/signals.h"
#include "reactor/threads.h"
#include "server/allocator.h"
#include "server/command_table.h"
#include "server/config_reader.h"
#include "server/core_application.h"
#include "server/huge_pages.h"
#include "server/logger.h"
#include "server/memory_use.h"
#include "server/settle.h"
#include "server/version.h"
#include "shard/key.h"

namespace rondo {
namespace {

constexpr int kThreadsMax = 512;
constexpr int kStartMsMax = 2000;
// How long commands that were still under way may take when the threads have ended.
constexpr int64_t kSettleNs = 1'000'000'000;
// Descriptors that are neither clients nor a core's: standard streams, log, files that are read,
// and some to spare.
constexpr int64_t kFewDescriptors = 32;

int fail(const std::string& text) {
  std::fprintf(stderr, "rondo: %s\n", text.c_str());
  return 1;
}

bool cpu_is_new_enough() {
#if defined(__x86_64__)
  return __builtin_cpu_supports("avx2") && __builtin_cpu_supports("pclmul");
#else
  return true;
#endif
}

// Each core has a ring, an event and its listeners.
int64_t own_descriptors(const Config& config, int cores) {
  const auto listeners = static_cast<int64_t>(config.bind.size()) + !config.unixsocket.empty();
  return kFewDescriptors + cores * (2 + listeners);
}

// Raises the limit of open files as far as the machine allows, to `wanted` at most; what it is now.
int64_t raise_descriptor_limit(int64_t wanted) {
  rlimit limit{};
  if (getrlimit(RLIMIT_NOFILE, &limit) != 0) return wanted;
  const auto files = static_cast<rlim_t>(wanted);
  if (limit.rlim_cur >= files) return wanted;
  const rlimit both{files, std::max(files, limit.rlim_max)};
  if (setrlimit(RLIMIT_NOFILE, &both) == 0) return wanted;
  const rlimit hard{limit.rlim_max, limit.rlim_max};
  const bool raised = setrlimit(RLIMIT_NOFILE, &hard) == 0;
  return static_cast<int64_t>(raised ? limit.rlim_max : limit.rlim_cur);
}

// The limit of open files follows maxclients; where the machine does not allow that, maxclients
// follows the limit, as the log says.
Status fit_descriptor_limit(Config& config, int cores) {
  const int64_t own = own_descriptors(config, cores);
  const int64_t limit = raise_descriptor_limit(config.maxclients + own);
  if (limit <= own) {
    return Failure{fmt::format("the limit of open files is {}, and {} threads need {} and one for "
                               "each client: raise it (ulimit -n), or use fewer threads",
                               limit, cores, own),
                   0};
  }
  if (limit < config.maxclients + own) {
    log_warning("maxclients is {}, but the limit of open files allows {}: using that",
                config.maxclients, limit - own);
    config.maxclients = limit - own;
  }
  return Done{};
}

// One listening socket for each core on each address of `bind`.
Status open_listeners(const Config& config, int cores,
                      std::vector<std::unique_ptr<CoreApplication>>& applications,
                      std::string& ports) {
  ListenOptions options;
  options.backlog = static_cast<int>(config.tcp_backlog);
  options.keepalive_s = static_cast<int>(config.tcp_keepalive);
  if (config.port != 0) {
    size_t opened = 0;
    for (const std::string& text : config.bind) {
      const bool optional = text.starts_with('-');
      std::string host = optional ? text.substr(1) : text;
      if (host == "*") host = "0.0.0.0";
      if (host == "::*") host = "::";
      auto sockets = open_tcp_listeners(host, static_cast<uint16_t>(config.port), cores, options);
      if (!sockets) {
        if (optional) continue;
        return sockets.failure();
      }
      for (size_t i = 0; i < sockets->size(); ++i) {
        applications[i]->add_listener(std::move((*sockets)[i]), Listener::Mode::kOwnSocket);
      }
      ++opened;
    }
    if (opened == 0) return Failure{"no address of 'bind' could be listened on", 0};
    ports += fmt::format(" tcp port {}", config.port);
  }
  if (!config.unixsocket.empty()) {
    auto socket = open_unix_listener(config.unixsocket,
                                     static_cast<uint32_t>(config.unixsocketperm), options);
    if (!socket) return socket.failure();
    for (auto& application : applications) {
      const int copy = ::dup(socket->get());
      if (copy < 0) return Failure::from_errno("dup of the unix socket", errno);
      application->add_listener(Descriptor(copy), Listener::Mode::kSharedSocket);
    }
    ports += fmt::format(" unix socket {}", config.unixsocket);
  }
  if (ports.empty())
    return Failure{"nothing to listen on: port is 0 and there is no unixsocket", 0};
  return Done{};
}

// What the rings use is known when their threads have enabled them. A reactor that fails to start
// ends all of them, which join() reports; so the wait is bounded.
void wait_until_started(const Server& server) {
  for (int ms = 0; ms < kStartMsMax; ++ms) {
    if (server.started.load(std::memory_order_acquire) == server.cores_count) return;
    ::usleep(1000);
  }
}

ReactorOptions reactor_options(const Config& config) {
  ReactorOptions options;
  options.spin_us_max = config.spin_us_max;
  options.stall_us = config.stall_threshold_us;
  options.on_stall = [](int core, int64_t tick_ns) {
    log_warning("Core {} spent {} us in one tick", core, tick_ns / 1000);
  };
  return options;
}

void choose_pages(const Config& config) {
  const HugePages pages = set_up_huge_pages(config.disable_thp);
  if (pages != HugePages::kOff) log_notice("Huge pages: {}", to_text(pages));
}

// As many as it says, or as the process may run on.
int count_cores(const Config& config) {
  return config.threads == 0 ? static_cast<int>(allowed_cpus().size())
                             : static_cast<int>(config.threads);
}

int serve(StartRequest request) {
  Config& config = request.config;
  if (!cpu_is_new_enough()) return fail("this build needs a CPU with AVX2 and PCLMULQDQ");
  if (Status log = log_start(config.logfile, config.loglevel); !log) {
    return fail(log.failure().text);
  }
  for (const std::string& warning : request.warnings)
    log_warning("{}", warning);
  ignore_pipe_and_hangup();
  static_cast<void>(cycles_per_us());

  const int cores = count_cores(config);
  if (cores > kThreadsMax) return fail(fmt::format("threads is at most {}", kThreadsMax));
  log_notice("Rondo {} (Redis {} compatible), {} threads, pid {}", kVersion, kRedisVersion, cores,
             ::getpid());
  if (Status fits = fit_descriptor_limit(config, cores); !fits) {
    log_stop();
    return fail(fits.failure().text);
  }
  choose_pages(config);
  Server server(cores, config);
  set_hash_seed(server.seed);
  MailboxGrid grid(cores);
  auto threads = ReactorThreads::create(reactor_options(config), grid);
  if (!threads) {
    log_stop();
    return fail(threads.failure().text);
  }
  std::vector<std::unique_ptr<CoreApplication>> applications;
  std::vector<Application*> started;
  for (int core = 0; core < cores; ++core) {
    applications.push_back(std::make_unique<CoreApplication>(server, core, grid.of(core)));
    started.push_back(applications.back().get());
  }
  std::string ports;
  if (Status opened = open_listeners(config, cores, applications, ports); !opened) {
    log_stop();
    return fail(opened.failure().text);
  }
  server.tcp_port = static_cast<int>(config.port);
  server.request_stop = [&threads] { (*threads)->request_stop(); };

  int status = 0;
  {
    StopSignals signals(**threads);
    server.startup_bytes = read_process_memory().resident;
    if (Status running = (*threads)->start(started); !running) {
      log_stop();
      return fail(running.failure().text);
    }
    wait_until_started(server);
    log_notice("Ready to accept connections:{}, {} threads, {}", ports, cores,
               server.ring_features);
    const Status ended = (*threads)->join();
    if (signals.received() != 0) log_notice("Stopped by signal {}", signals.received());
    if (!ended) {
      log_warning("{}", ended.failure().text);
      status = 1;
    }
  }
  const bool settled = settle(server, grid, kSettleNs);
  if (!settled) log_warning("Some commands did not end in time");
  if (!config.unixsocket.empty()) ::unlink(config.unixsocket.c_str());
  threads->reset();
  log_notice("Rondo is now stopped, bye");
  log_stop();
  // What is under way can not be destroyed.
  if (!settled) std::_Exit(status);
  return status;
}

int run(int argc, char** argv) {
  const std::vector<std::string> arguments(argv + 1, argv + argc);
  auto request = read_command_line(arguments);
  if (!request) {
    std::fprintf(stderr, "%s\n", request.failure().text.c_str());
    return 1;
  }
  switch (request->kind) {
    case StartRequest::Kind::kVersion:
      std::printf("Rondo server v=%s redis=%s\n", std::string(kVersion).c_str(),
                  std::string(kRedisVersion).c_str());
      return 0;
    case StartRequest::Kind::kHelp:
      std::fputs(usage_text(argv[0]).c_str(), stdout);
      return 0;
    case StartRequest::Kind::kRun:
      return serve(std::move(*request));
  }
  return 1;
}

}  // namespace
}  // namespace rondo

int main(int argc, char** argv) {
  rondo::set_up_allocator();
  return rondo::run(argc, argv);
}
