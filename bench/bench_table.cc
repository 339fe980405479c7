// What the table and the keyspace cost without a server: one key at a time and in batches, memory
// for each key, and the longest single insertion while a keyspace grows.
//
//   bench_table [keys of the timing runs] [keys of the loading run]
//
// Keys are visited in random order; every figure includes hashing the key. What one miss costs on
// this machine is measured beside them: loads from random places of as much memory, each waiting
// for the one before. Times are processor time of the thread, so that other load on the machine
// disturbs them less; of single insertions, those during which the thread was preempted are counted
// apart.
#include <sys/resource.h>
#include <unistd.h>

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "reactor/base/clock.h"
#include "reactor/base/prng.h"
#include "shard/shard.h"

namespace rondo {
namespace {

constexpr size_t kBatch = 32;

size_t resident_bytes() {
  std::FILE* file = std::fopen("/proc/self/statm", "r");
  CHECK(file != nullptr);
  long pages = 0;
  CHECK(std::fscanf(file, "%*s %ld", &pages) == 1);
  std::fclose(file);
  return static_cast<size_t>(pages) * static_cast<size_t>(sysconf(_SC_PAGESIZE));
}

double used_ns(const timeval& time) {
  return static_cast<double>(time.tv_sec) * 1e9 + static_cast<double>(time.tv_usec) * 1e3;
}

// Processor time of this thread.
double cpu_ns() {
  rusage usage;
  CHECK(getrusage(RUSAGE_THREAD, &usage) == 0);
  return used_ns(usage.ru_utime) + used_ns(usage.ru_stime);
}

long preemptions() {
  rusage usage;
  CHECK(getrusage(RUSAGE_THREAD, &usage) == 0);
  return usage.ru_nivcsw;
}

// The text of key `i`: `width` characters.
struct KeyText {
  char bytes[32];
  size_t size;

  KeyText(uint64_t i, size_t width) : size(width) {
    std::snprintf(bytes, sizeof(bytes), "key:%0*llu", static_cast<int>(width - 4),
                  static_cast<unsigned long long>(i));
  }
  operator std::string_view() const { return {bytes, size}; }
};

std::unique_ptr<Shard> make_shard() {
  auto shard = std::make_unique<Shard>(ShardOptions{});
  shard->set_time(read_time());
  return shard;
}

// Keys in random order, as text side by side, so that making them is not part of what is timed.
std::vector<KeyText> shuffled_keys(size_t n, uint64_t seed) {
  std::vector<KeyText> keys;
  keys.reserve(n);
  for (size_t i = 0; i < n; ++i)
    keys.emplace_back(i, 16);
  Prng prng(seed);
  for (size_t i = n; i > 1; --i)
    std::swap(keys[i - 1], keys[prng.below(i)]);
  return keys;
}

template <class Run>
void report(const char* name, size_t n, Run&& run) {
  constexpr int kRounds = 5;
  double rounds[kRounds];
  for (double& ns : rounds) {
    const double from = cpu_ns();
    run();
    ns = (cpu_ns() - from) / static_cast<double>(n);
  }
  std::sort(std::begin(rounds), std::end(rounds));
  std::printf("%-34s %7.1f ns median  %7.1f ns best\n", name, rounds[kRounds / 2], rounds[0]);
}

// What every look-up that is not prefetched waits for at least once, twice for its bucket and its
// entry. The next place depends on what was loaded, so no two loads overlap.
void time_misses(size_t n, size_t bytes) {
  const std::vector<uint8_t> memory(bytes, 1);
  uint64_t state = 1;
  size_t sum = 0;
  report("one load that misses", n, [&] {
    for (size_t i = 0; i < n; ++i) {
      state = state * 6364136223846793005 + memory[(state >> 32) % bytes];
      sum += state & 1;
    }
  });
  std::printf("(checksum %zu)\n", sum);
}

// Operations on a keyspace of n keys.
class Operations {
 public:
  explicit Operations(size_t n)
      : n_(n), shard_(make_shard()), keys_(shuffled_keys(n, 1)), other_keys_(shuffled_keys(n, 2)) {
    load(*shard_);
  }

  void inserting() {
    report("insert (empty to full)", n_, [&] {
      auto shard = make_shard();
      load(*shard);
    });
  }

  void single() {
    report("GET", n_, [&] {
      for (const KeyText& key : other_keys_)
        get(make_key(key));
    });
    report("GET of absent keys", n_, [&] {
      for (size_t i = 0; i < n_; ++i)
        sum_ += keyspace().find(make_key(KeyText(n_ + i, 16))) ? 1 : 0;
    });
    report("SET over an equal size", n_, [&] {
      for (const KeyText& key : other_keys_)
        set(make_key(key));
    });
    report("DEL and SET again", n_, [&] {
      for (const KeyText& key : other_keys_) {
        const Key hashed = make_key(key);
        keyspace().erase(hashed);
        set(hashed);
      }
    });
  }

  void batched() {
    report("GET in batches of 32, prefetched", n_,
           [&] { in_batches([&](const Key& key) { get(key); }); });
    report("SET in batches of 32, prefetched", n_,
           [&] { in_batches([&](const Key& key) { set(key); }); });
  }

  void walking() {
    report("random key", n_, [&] {
      for (size_t i = 0; i < n_; ++i)
        sum_ += keyspace().random().key().size();
    });
    report("SCAN COUNT 10, for each key", n_, [&] {
      uint64_t cursor = 0;
      do {
        cursor = keyspace().scan(cursor, 10, [&](Entry entry) { sum_ += entry.key().size(); });
      } while (cursor != 0);
    });
  }

  size_t checksum() const { return sum_; }
  size_t footprint() const { return shard_->memory_bytes(); }

 private:
  Keyspace& keyspace() { return shard_->db(0); }

  void load(Shard& shard) const {
    for (const KeyText& key : keys_) {
      shard.db(0).put_string(make_key(key), value_, kNoExpiry, events::kSet);
    }
  }

  void get(const Key& key) {
    char scratch[24];
    sum_ += static_cast<unsigned char>(keyspace().find(key).string(scratch).back());
  }
  void set(const Key& key) { keyspace().put_string(key, value_, kNoExpiry, events::kSet); }

  template <class Each>
  void in_batches(Each&& each) {
    Key keys[kBatch];
    for (size_t i = 0; i + kBatch <= n_; i += kBatch) {
      for (size_t k = 0; k < kBatch; ++k) {
        keys[k] = make_key(other_keys_[i + k]);
        keyspace().prefetch(keys[k]);
      }
      for (const Key& key : keys)
        keyspace().prefetch_entry(key);
      for (const Key& key : keys)
        each(key);
    }
  }

  size_t n_;
  std::unique_ptr<Shard> shard_;
  std::vector<KeyText> keys_;
  std::vector<KeyText> other_keys_;
  std::string value_ = std::string(64, 'v');
  size_t sum_ = 0;
};

void time_operations(size_t n) {
  Operations operations(n);
  operations.inserting();
  operations.single();
  operations.batched();
  operations.walking();
  time_misses(n, operations.footprint());
  std::printf("(checksum %zu)\n", operations.checksum());
}

void measure_memory(size_t n) {
  const size_t before = resident_bytes();
  auto shard = make_shard();
  const std::string value(64, 'v');
  for (size_t i = 0; i < n; ++i) {
    shard->db(0).put_string(make_key(KeyText(i, 14)), value, kNoExpiry, events::kSet);
  }
  const auto per_key = [n](size_t bytes) {
    return static_cast<double>(bytes) / static_cast<double>(n);
  };
  const TableBase& table = shard->db(0).table();
  std::printf(
      "%zu keys of 14 bytes, values of 64: %.1f B resident, %.1f B accounted, %.1f B of the"
      " table for each; load %.2f\n",
      n, per_key(resident_bytes() - before), per_key(shard->memory_bytes()),
      per_key(table.footprint()),
      static_cast<double>(table.size()) / static_cast<double>(table.slots()));
}

// Times single steps. One that takes long is dropped if the thread was preempted since the last
// look, which costs a system call and so is taken only then.
class Steps {
 public:
  explicit Steps(size_t expected) { cycles_.reserve(expected); }

  template <class Step>
  void run(Step&& step) {
    const uint64_t start = read_cycles();
    step();
    const uint64_t cycles = read_cycles() - start;
    if (static_cast<double>(cycles) > 100 * cycles_per_us_) {
      const long now = preemptions();
      const bool preempted = std::exchange(seen_, now) != now;
      dropped_ += preempted ? 1 : 0;
      if (preempted) return;
    }
    cycles_.push_back(static_cast<uint32_t>(std::min<uint64_t>(cycles, UINT32_MAX)));
  }

  void report(const char* name) {
    std::sort(cycles_.begin(), cycles_.end());
    std::printf(
        "%s in us: p50 %.2f, p99 %.2f, p99.9 %.2f, p99.99 %.1f, p99.999 %.1f, longest %.1f"
        " (%zu preempted ones apart)\n",
        name, at(0.5), at(0.99), at(0.999), at(0.9999), at(0.99999), at(1), dropped_);
  }

 private:
  double at(double quantile) const {
    const auto i = static_cast<size_t>(quantile * static_cast<double>(cycles_.size() - 1));
    return cycles_[i] / cycles_per_us_;
  }

  std::vector<uint32_t> cycles_;
  double cycles_per_us_ = cycles_per_us();
  long seen_ = preemptions();
  size_t dropped_ = 0;
};

void measure_loading(size_t n) {
  auto shard = make_shard();
  const std::string value(64, 'v');
  Steps insertions(n);
  const double from = cpu_ns();
  for (size_t i = 0; i < n; ++i) {
    const KeyText key(i, 16);
    insertions.run([&] { shard->db(0).put_string(make_key(key), value, kNoExpiry, events::kSet); });
  }
  std::printf("loading %zu keys: %.1f ns each\n", n, (cpu_ns() - from) / static_cast<double>(n));
  insertions.report("one insertion");

  // Dropping it all: constant time, then slices.
  Steps slices(n / 300);
  slices.run([&] { shard->flush(0); });
  bool more = true;
  while (more)
    slices.run([&] { more = shard->free_slice(); });
  slices.report("flush and slices of freeing");
}

}  // namespace
}  // namespace rondo

int main(int argc, char** argv) {
  const size_t timing = argc > 1 ? std::strtoul(argv[1], nullptr, 10) : 1'000'000;
  const size_t loading = argc > 2 ? std::strtoul(argv[2], nullptr, 10) : 10'000'000;
  if (timing == 0 || loading == 0) {
    std::fprintf(stderr, "usage: bench_table [keys] [keys to load]\n");
    return 2;
  }
  rondo::measure_memory(timing);
  rondo::time_operations(timing);
  rondo::measure_loading(loading);
  return 0;
}
