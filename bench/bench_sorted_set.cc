// What sorted sets cost without a server: the commands' handlers, called with ready arguments, on a
// sorted set of n members and on small packed ones; and the memory for each member.
//
//   bench_sorted_set [members]
//
// Members have 14 bytes and are visited in random order; scores are random. Times are processor
// time of the thread, so that other load on the machine disturbs them less.
#include <sys/resource.h>
#include <unistd.h>

#include <cstdio>
#include <cstdlib>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "protocol/number.h"
#include "protocol/out_buffer.h"
#include "reactor/base/clock.h"
#include "reactor/base/prng.h"
#include "shard/call.h"
#include "shard/command.h"
#include "shard/commands/all.h"

namespace rondo {
namespace {

size_t resident_bytes() {
  std::FILE* file = std::fopen("/proc/self/statm", "r");
  CHECK(file != nullptr);
  long pages = 0;
  CHECK(std::fscanf(file, "%*s %ld", &pages) == 1);
  std::fclose(file);
  return static_cast<size_t>(pages) * static_cast<size_t>(sysconf(_SC_PAGESIZE));
}

// Processor time of this thread.
double cpu_ns() {
  rusage usage;
  CHECK(getrusage(RUSAGE_THREAD, &usage) == 0);
  const auto ns = [](const timeval& time) {
    return static_cast<double>(time.tv_sec) * 1e9 + static_cast<double>(time.tv_usec) * 1e3;
  };
  return ns(usage.ru_utime) + ns(usage.ru_stime);
}

const Command* row_of(std::string_view name) {
  for (const std::span<const Command> family : data_command_families()) {
    for (const Command& row : family) {
      if (row.name == name) return &row;
    }
  }
  CHECK(false);
  return nullptr;
}

std::string member_name(uint64_t i) {
  char text[32];
  std::snprintf(text, sizeof(text), "member:%07llu", static_cast<unsigned long long>(i));
  return text;
}

std::string random_score(Prng& prng) {
  char text[kDoubleBytesMax];
  return {text, format_double(static_cast<double>(prng.below(1'000'000'000)) / 8, text)};
}

// Executes commands on one shard and throws the replies away.
class Runner {
 public:
  Runner() : shard_(std::make_unique<Shard>(ShardOptions{})) { shard_->set_time(read_time()); }

  void run(const Command& row, std::initializer_list<std::string_view> args) {
    Reply reply(out_, Resp::k2);
    Call call(*shard_, 0, Args(args.begin(), args.size()), reply);
    CHECK(!row.run(call));
    if (out_.size() > 64 * 1024) out_.clear();
  }
  size_t memory_bytes() const { return shard_->memory_bytes(); }

 private:
  std::unique_ptr<Shard> shard_;
  OutBuffer out_;
};

template <class Each>
void report(const char* name, size_t n, Each&& each) {
  const double from = cpu_ns();
  for (size_t i = 0; i < n; ++i)
    each(i);
  std::printf("%-44s %8.1f ns\n", name, (cpu_ns() - from) / static_cast<double>(n));
}

// Members and scores as text, so that making them is not part of what is timed.
struct Arguments {
  std::vector<std::string> members;
  std::vector<std::string> scores;

  Arguments(size_t n, Prng& prng) {
    for (size_t i = 0; i < n; ++i) {
      members.push_back(member_name(i));
      scores.push_back(random_score(prng));
    }
    shuffle(prng);
  }
  void shuffle(Prng& prng) {
    for (size_t i = members.size(); i > 1; --i)
      std::swap(members[i - 1], members[prng.below(i)]);
  }
};

void time_large(size_t n) {
  Prng prng(1);
  Arguments arguments(n, prng);
  const auto& members = arguments.members;
  const auto& scores = arguments.scores;
  const size_t resident = resident_bytes();
  Runner runner;
  const size_t accounted = runner.memory_bytes();
  const Command& zadd = *row_of("zadd");
  report("ZADD of a new member", n, [&](size_t i) {
    runner.run(zadd, {"ZADD", "z", scores[i], members[i]});
  });
  const auto count = static_cast<double>(n);
  std::printf("%zu members of 14 bytes: %.1f B resident, %.1f B accounted for each\n", n,
              static_cast<double>(resident_bytes() - resident) / count,
              static_cast<double>(runner.memory_bytes() - accounted) / count);
  arguments.shuffle(prng);
  report("ZADD of another score", n, [&](size_t i) {
    runner.run(zadd, {"ZADD", "z", scores[n - 1 - i], members[i]});
  });
  const Command& zincrby = *row_of("zincrby");
  report("ZINCRBY 1", n, [&](size_t i) { runner.run(zincrby, {"ZINCRBY", "z", "1", members[i]}); });
  const Command& zscore = *row_of("zscore");
  report("ZSCORE", n, [&](size_t i) { runner.run(zscore, {"ZSCORE", "z", members[i]}); });
  const Command& zrank = *row_of("zrank");
  report("ZRANK", n, [&](size_t i) { runner.run(zrank, {"ZRANK", "z", members[i]}); });
  const Command& zrange = *row_of("zrange");
  report("ZRANGE of 100", n / 20, [&](size_t) {
    const std::string from = std::to_string(prng.below(n));
    const std::string to = std::to_string(std::stoull(from) + 99);
    runner.run(zrange, {"ZRANGE", "z", from, to});
  });
  const Command& zrem = *row_of("zrem");
  report("ZREM", n / 2, [&](size_t i) { runner.run(zrem, {"ZREM", "z", members[i]}); });
  const Command& zpopmin = *row_of("zpopmin");
  report("ZPOPMIN", n / 2, [&](size_t) { runner.run(zpopmin, {"ZPOPMIN", "z"}); });
}

void time_ascending(size_t n) {
  Runner runner;
  const Command& zadd = *row_of("zadd");
  const size_t accounted = runner.memory_bytes();
  report("ZADD in the order of the scores", n, [&](size_t i) {
    const std::string score = std::to_string(i);
    runner.run(zadd, {"ZADD", "z", score, member_name(i)});
  });
  std::printf("%zu members in order: %.1f B accounted for each\n", n,
              static_cast<double>(runner.memory_bytes() - accounted) / static_cast<double>(n));
}

void time_small(size_t members) {
  Prng prng(2);
  Arguments arguments(members, prng);
  Runner runner;
  const Command& zadd = *row_of("zadd");
  constexpr size_t kRuns = 1'000'000;
  const auto name = [&](const char* what) {
    return std::string(what) + " on " + std::to_string(members) + " members";
  };
  report(name("ZADD").c_str(), kRuns, [&](size_t i) {
    runner.run(zadd, {"ZADD", "z", arguments.scores[(i * 7 + i / members) % members],
                      arguments.members[i % members]});
  });
  const Command& zrank = *row_of("zrank");
  report(name("ZRANK").c_str(), kRuns, [&](size_t i) {
    runner.run(zrank, {"ZRANK", "z", arguments.members[i % members]});
  });
  const Command& zrange = *row_of("zrange");
  report(name("ZRANGE 0 99").c_str(), kRuns / 10, [&](size_t) {
    runner.run(zrange, {"ZRANGE", "z", "0", "99"});
  });
}

}  // namespace
}  // namespace rondo

int main(int argc, char** argv) {
  const size_t members = argc > 1 ? std::strtoul(argv[1], nullptr, 10) : 1'000'000;
  if (members < 100) {
    std::fprintf(stderr, "usage: bench_sorted_set [members]\n");
    return 2;
  }
  rondo::time_large(members);
  rondo::time_ascending(members);
  rondo::time_small(10);
  rondo::time_small(100);
  return 0;
}
