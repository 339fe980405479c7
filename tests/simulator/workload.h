// HistoryProcess: one client of the history workload: says what to send next, and writes down in a
// History what was asked and answered. It knows no transport, so the simulator and the
// test over TCP run the same workload.
//
// The commands: APPEND, GET and MGET of lists; RPUSH and LRANGE of others; SET, SET with GET, MSET
// and MGET of registers; INCR and reads of counters; RPUSH, LPOP, LMOVE, BLPOP, BLMPOP, BLMOVE and
// LRANGE of queues; MULTI blocks of these on one shard or several, with and without commands that
// span shards; scripts of the same, with keys that they declare or not; WATCH, a read, and EXEC;
// COPY of a list to a key of its own that is read afterwards, and RENAME of a queue to one.
#pragma once

#include <cstdint>
#include <deque>
#include <string>
#include <vector>

#include "protocol/resp_reader.h"
#include "reactor/base/prng.h"
#include "tests/simulator/history.h"
#include "tests/simulator/step.h"

namespace rondo {

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
  struct Expected {
    enum class Kind : uint8_t {
      kOk,
      kQueued,
      kResult,
      kExec,
      kCopy,    // The count of COPY,
      kCopied,  // and what is in the target;
      kTake,    // the same of RENAME, which may have failed.
      kTaken,
      kIgnored,
    };
    Kind kind;
    size_t operation = 0;
    std::vector<Step> steps = {};
    size_t read = SIZE_MAX;  // The operation that read what an EXEC watches.
  };

  void add_step(std::string& bytes, int64_t now, Step step, bool barrier);
  void note_writes(size_t operation, const Step& step);
  void add_block(std::string& bytes, int64_t now, size_t watched_read);
  std::string encode_script(const std::vector<Step>& steps);
  void add_watch(std::string& bytes, int64_t now);
  void add_copy(std::string& bytes, int64_t now);
  void add_take(std::string& bytes, int64_t now);
  void add_read_of_copy(std::string& bytes, Expected expected, const std::string& target);
  size_t begin_operation(int64_t now, const std::vector<std::string>& keys, bool barrier);
  void end_operation(size_t operation, int64_t now, Outcome outcome);
  void add_results(Operation& operation, Step& step, const RespValue& reply, bool in_block);
  void expect(bool condition, const char* what, const RespValue& reply);

  const WorkloadOptions options_;
  const uint64_t client_;
  Prng prng_;
  StepMaker maker_;
  std::deque<Expected> expected_;
  size_t watched_read_ = SIZE_MAX;     // A read under WATCH; EXEC comes next.
  std::vector<size_t> last_of_shard_;  // The last operation on each shard; SIZE_MAX: none.
  size_t last_barrier_ = SIZE_MAX;
  History history_;
  std::string problem_;
  int64_t slowest_ = 0;
};

}  // namespace rondo
