// HistoryProcess: one client of the history workload: says what to send next, and writes down in a
// History what was asked and answered. It knows no transport, so the simulator and the
// test over TCP run the same workload.
//
// The commands: APPEND, GET and MGET of lists; SET, SET with GET, MSET and MGET of registers; INCR
// and reads of counters; MULTI blocks of these on one shard or several, with and without commands
// that span shards; WATCH, a read, and EXEC; COPY of a list to a key of its own that is read
// afterwards.
#pragma once

#include <cstdint>
#include <deque>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "protocol/resp_reader.h"
#include "reactor/base/prng.h"
#include "tests/simulator/history.h"

namespace rondo {

struct WorkloadOptions {
  int lists = 4;
  int registers = 3;
  int counters = 2;
  int pipeline_max = 4;  // Groups that are sent at once.
  bool spanning = true;  // Commands that need parks: COPY, MGET and MSET inside EXEC.
  bool watch = true;
  bool strict_order = false;  // The server keeps the order of a pipeline across shards.
  // For the order that the server promises to a pipeline; null: nothing is promised.
  std::function<int(std::string_view key)> shard_of;
};

class HistoryProcess {
 public:
  // `client` is different for each process that shares keys, below 1000.
  HistoryProcess(const WorkloadOptions& options, int client, uint64_t seed);

  // The next bytes to send. REQUIRES: expected() == 0.
  std::string next(int64_t now);
  // One MGET of every key: at the end, when everything else is over.
  std::string read_everything(int64_t now);
  // Replies that are still to come.
  size_t expected() const { return expected_.size(); }
  void on_reply(const RespValue& reply, int64_t now);

  const History& history() const { return history_; }
  // A reply that the workload can not have caused, or empty.
  const std::string& problem() const { return problem_; }
  // The longest time from question to answer so far.
  int64_t slowest() const { return slowest_; }

 private:
  // How a command's reply tells the results of its actions.
  enum class Form : uint8_t {
    kStatus,    // OK: nothing to tell.
    kOldValue,  // The bulk is what the first action read.
    kLength,    // The integer is a length in bytes.
    kInteger,
    kBulk,
    kArray,  // A bulk for each action.
  };
  struct Step {
    std::vector<std::string> args;
    Form form;
    std::vector<Action> actions;
  };
  struct Expected {
    enum class Kind : uint8_t { kOk, kQueued, kResult, kExec, kCopy, kCopied, kIgnored };
    Kind kind;
    size_t operation = 0;
    std::vector<Step> steps = {};
    size_t read = SIZE_MAX;  // The operation that read what an EXEC watches.
  };

  Step random_step(bool may_span);
  Step append_step();
  Step read_step();
  Step write_step();
  std::vector<std::string> some_keys(char kind, int count, size_t at_most);
  std::string key(char kind, int count);
  Action read_action(const std::string& key) const;
  uint64_t fresh_value() { return (uint64_t{1} << 20) * client_ + ++values_; }

  void add_single(std::string& bytes, int64_t now);
  void add_block(std::string& bytes, int64_t now, size_t watched_read);
  void add_watch(std::string& bytes, int64_t now);
  void add_copy(std::string& bytes, int64_t now);
  size_t begin_operation(int64_t now, const std::vector<std::string>& keys, bool barrier);
  void end_operation(size_t operation, int64_t now, Outcome outcome);
  void add_results(Operation& operation, Step& step, const RespValue& reply);
  void fill_value(Action& action, const RespValue& reply);
  void expect(bool condition, const char* what, const RespValue& reply);

  const WorkloadOptions options_;
  const uint64_t client_;
  Prng prng_;
  uint64_t values_ = 0;
  std::deque<Expected> expected_;
  size_t watched_read_ = SIZE_MAX;     // A read under WATCH; EXEC comes next.
  std::vector<size_t> last_of_shard_;  // The last operation on each shard; SIZE_MAX: none.
  size_t last_barrier_ = SIZE_MAX;
  History history_;
  std::string problem_;
  int64_t slowest_ = 0;
};

}  // namespace rondo
