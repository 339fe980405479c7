// Step: one command of the history workload: its arguments, the actions that it stands for, and how
// its reply tells what they did. StepMaker chooses steps by chance. The names of keys say what they
// are: l lists that APPEND writes, a lists that RPUSH writes, q queues, r registers, c counters.
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "protocol/resp_reader.h"
#include "reactor/base/prng.h"
#include "tests/simulator/history.h"

namespace rondo {

struct WorkloadOptions {
  std::string kinds = "larcq";  // Of the keys that are used.
  int lists = 4;
  int appends = 3;
  int queues = 3;  // Tokens are moved from one to those with higher numbers.
  int registers = 3;
  int counters = 2;
  int pipeline_max = 4;  // Groups that are sent at once.
  bool spanning = true;  // Commands that need parks: COPY, MGET and MSET inside EXEC.
  int sources = 3;  // Queues that one waiting command takes from at most, where it may span shards.
  bool watch = true;
  bool strict_order = false;  // The server keeps the order of a pipeline across shards.
  // For the order that the server promises to a pipeline; null: nothing is promised.
  std::function<int(std::string_view key)> shard_of;
};

struct Step {
  // How the reply tells the results of the actions.
  enum class Form : uint8_t {
    kStatus,    // OK: nothing to tell.
    kOldValue,  // The bulk is what the first action read.
    kLength,    // The integer is a length in bytes.
    kInteger,
    kBulk,
    kArray,     // A bulk for each action.
    kCount,     // The integer is the number of elements after all of these were appended.
    kPushed,    // An integer that says nothing.
    kElements,  // The array is what the one action read.
    kPopped,    // Nothing, "token", [token ...], [queue, token] or [queue, [token ...]].
  };
  std::vector<std::string> args;
  Form form = Form::kStatus;
  // What it writes is here even before the reply, as far as it is known.
  std::vector<Action> actions;
  // Of a pop: from the first of these that has something, to another queue or to the client.
  std::vector<std::string> sources = {};
  std::string target = {};
  bool waits = false;  // Outside of EXEC: nothing means that the time was over.

  // Takes the results out of the reply and appends the actions to `into`. Returns what the reply
  // should have been, or null when it is well.
  const char* finish(const RespValue& reply, bool in_block, std::vector<Action>& into);

 private:
  const char* fill_value(Action& action, const RespValue& reply);
  const char* fill_list(Action& action, const RespValue& reply);
  const char* fill_popped(const RespValue& reply, bool in_block);
};

class StepMaker {
 public:
  // `client` is different for each maker whose tokens meet, from 1 on and below 1000.
  StepMaker(const WorkloadOptions& options, uint64_t client, Prng& prng)
      : options_(options), client_(client), prng_(prng) {}

  // Any command; `may_span`: of keys on several shards too.
  Step any(bool may_span);
  bool uses(char kind) const { return options_.kinds.find(kind) != std::string::npos; }
  // What a client waits for when its queue is empty.
  Step waiting_pop();
  // Every key, all of a kind in one command.
  std::vector<Step> everything() const;
  // A read of a key of any kind.
  static Step read(const std::string& key);
  static Action read_action(const std::string& key);

  std::string key(char kind);
  // Different keys of one kind, in any order.
  std::vector<std::string> some_keys(char kind, size_t at_most);
  uint64_t fresh_value() { return (uint64_t{1} << 20) * client_ + ++values_; }

 private:
  int count(char kind) const;
  Step any_kind(bool may_span);
  Step append();
  Step read_any();
  Step write();
  Step write_several();
  Step read_several();
  Step push(char kind);
  Step pop();
  Step move(bool waits);
  void add_timeout(Step& step);

  const WorkloadOptions& options_;
  const uint64_t client_;
  Prng& prng_;
  uint64_t values_ = 0;
};

// The bytes of one command.
std::string encode_step(const std::vector<std::string>& args);

}  // namespace rondo
