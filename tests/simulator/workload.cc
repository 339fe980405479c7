#include "tests/simulator/workload.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <utility>

#include "reactor/base/check.h"

namespace rondo {

namespace {

constexpr size_t kNone = SIZE_MAX;

}  // namespace

HistoryProcess::HistoryProcess(const WorkloadOptions& options, int client, uint64_t seed)
    : options_(options),
      client_(static_cast<uint64_t>(client) + 1),
      prng_(seed),
      maker_(options_, client_, prng_) {}

// --- Asking --------------------------------------------------------------------------------------

std::string HistoryProcess::next(int64_t now) {
  CHECK(expected_.empty());
  std::string bytes;
  if (watched_read_ != kNone) {
    add_block(bytes, now, std::exchange(watched_read_, kNone));
    return bytes;
  }
  for (uint64_t left = 1 + prng_.below(static_cast<uint64_t>(options_.pipeline_max)); left > 0;
       --left) {
    const uint64_t choice = prng_.below(12);
    if (choice < 3) {
      add_block(bytes, now, kNone);
    } else if (choice == 3 && options_.spanning) {
      prng_.one_in(3) ? add_take(bytes, now) : add_copy(bytes, now);
    } else if (choice == 4 && maker_.uses('q')) {
      add_step(bytes, now, maker_.waiting_pop(), true);
    } else if (choice == 5 && options_.watch) {
      add_watch(bytes, now);
      break;
    } else {
      add_step(bytes, now, maker_.any(true), false);
    }
  }
  return bytes;
}

std::string HistoryProcess::read_everything(int64_t now) {
  std::string bytes = encode_step({"MULTI"});
  expected_.push_back({Expected::Kind::kOk});
  Expected exec{Expected::Kind::kExec, begin_operation(now, {}, true), maker_.everything()};
  for (const Step& step : exec.steps) {
    bytes += encode_step(step.args);
    expected_.push_back({Expected::Kind::kQueued});
  }
  expected_.push_back(std::move(exec));
  history_.complete = true;
  return bytes + encode_step({"EXEC"});
}

void HistoryProcess::add_step(std::string& bytes, int64_t now, Step step, bool barrier) {
  std::vector<std::string> keys = step.sources;
  for (const Action& action : step.actions)
    keys.push_back(action.key);
  bytes += encode_step(step.args);
  const size_t operation = begin_operation(now, keys, barrier);
  note_writes(operation, step);
  expected_.push_back({Expected::Kind::kResult, operation, {std::move(step)}});
}

// What it writes is known even if no answer comes.
void HistoryProcess::note_writes(size_t operation, const Step& step) {
  for (const Action& action : step.actions) {
    if (action.writes()) history_.operations[operation].actions.push_back(action);
  }
}

void HistoryProcess::add_block(std::string& bytes, int64_t now, size_t watched_read) {
  const size_t operation = begin_operation(now, {}, true);
  Expected exec{Expected::Kind::kExec, operation, {}, watched_read};
  const bool may_span = options_.spanning && prng_.one_in(2);
  for (uint64_t left = 1 + prng_.below(5); left > 0; --left) {
    // Inside EXEC nobody waits.
    Step step = may_span && maker_.uses('q') && prng_.one_in(10) ? maker_.waiting_pop()
                                                                 : maker_.any(may_span);
    note_writes(operation, step);
    exec.steps.push_back(std::move(step));
  }
  if (watched_read == kNone && prng_.one_in(3)) {
    bytes += encode_script(exec.steps);
  } else {
    bytes += encode_step({"MULTI"});
    expected_.push_back({Expected::Kind::kOk});
    for (const Step& step : exec.steps) {
      bytes += encode_step(step.args);
      expected_.push_back({Expected::Kind::kQueued});
    }
    bytes += encode_step({"EXEC"});
  }
  expected_.push_back(std::move(exec));
}

// The same commands in a script, which answers as EXEC does. The texts differ now and then, since
// the server remembers which scripts touch more than one shard.
std::string HistoryProcess::encode_script(const std::vector<Step>& steps) {
  std::vector<std::string> args = {
      "EVAL",
      "local r, i = {}, 1 while i <= #ARGV do local n = tonumber(ARGV[i]) r[#r + 1] = "
      "redis.call(unpack(ARGV, i + 1, i + n)) i = i + n + 1 end return r -- " +
          std::to_string(prng_.below(1000)),
      "0"};
  if (prng_.one_in(2)) {
    args.back() = "1";
    args.push_back(steps[0].actions[0].key);
  }
  for (const Step& step : steps) {
    args.push_back(std::to_string(step.args.size()));
    args.insert(args.end(), step.args.begin(), step.args.end());
  }
  return encode_step(args);
}

// WATCH and a read of the same keys; if the EXEC that comes next succeeds, they were still so.
void HistoryProcess::add_watch(std::string& bytes, int64_t now) {
  std::vector<std::string> keys = maker_.some_keys(prng_.one_in(2) ? 'l' : 'r', 3);
  Step step{{"MGET"}, Step::Form::kArray, {}};
  if (prng_.one_in(2)) {
    keys = {maker_.key(prng_.one_in(2) ? 'a' : 'q')};
    step = StepMaker::read(keys[0]);
  } else {
    for (const std::string& name : keys) {
      step.args.push_back(name);
      step.actions.push_back(StepMaker::read_action(name));
    }
  }
  std::vector<std::string> watch = {"WATCH"};
  watch.insert(watch.end(), keys.begin(), keys.end());
  bytes += encode_step(watch) + encode_step(step.args);
  expected_.push_back({Expected::Kind::kOk});
  watched_read_ = begin_operation(now, keys, false);
  expected_.push_back({Expected::Kind::kResult, watched_read_, {std::move(step)}});
}

// COPY is a read of its source; what it read is found in its target, which nobody else knows.
void HistoryProcess::add_copy(std::string& bytes, int64_t now) {
  const char kind = prng_.one_in(2) ? 'l' : prng_.one_in(2) ? 'a' : 'q';
  const std::string source = maker_.key(kind);
  const std::string target = fmt::format("copy:{}:{}", client_, maker_.fresh_value());
  bytes += encode_step({"COPY", source, target});
  const size_t operation = begin_operation(now, {source, target}, false);
  expected_.push_back({Expected::Kind::kCopy, operation});
  add_read_of_copy(bytes, {Expected::Kind::kCopied, operation, {StepMaker::read(source)}}, target);
}

// RENAME takes all that is in a queue, and fails when there is nothing.
void HistoryProcess::add_take(std::string& bytes, int64_t now) {
  const std::string source = maker_.key('q');
  const std::string target = fmt::format("copy:{}:{}", client_, maker_.fresh_value());
  bytes += encode_step({"RENAME", source, target});
  const size_t operation = begin_operation(now, {source, target}, false);
  history_.operations[operation].actions = {{Action::Kind::kPopAll, source, 0, 0, {}}};
  expected_.push_back({Expected::Kind::kTake, operation});
  add_read_of_copy(bytes, {Expected::Kind::kTaken, operation, {StepMaker::read(source)}}, target);
}

void HistoryProcess::add_read_of_copy(std::string& bytes, Expected expected,
                                      const std::string& target) {
  std::vector<std::string> args = expected.steps[0].args;
  args[1] = target;
  bytes += encode_step(args) + encode_step({"DEL", target});
  expected_.push_back(std::move(expected));
  expected_.push_back({Expected::Kind::kIgnored});
}

// A barrier is ordered with everything else of its client; what is on one shard only with what
// else goes there.
size_t HistoryProcess::begin_operation(int64_t now, const std::vector<std::string>& keys,
                                       bool barrier) {
  const size_t number = history_.operations.size();
  Operation& operation = history_.operations.emplace_back();
  operation.client = static_cast<int>(client_) - 1;
  operation.invoked = now;
  if (!options_.shard_of) return number;
  size_t shard = 0;
  for (size_t i = 0; i < keys.size(); ++i) {
    const auto owner = static_cast<size_t>(options_.shard_of(keys[i]));
    barrier = barrier || (i > 0 && owner != shard);
    shard = owner;
  }
  barrier = barrier || options_.strict_order;
  if (last_of_shard_.size() <= shard) last_of_shard_.resize(shard + 1, kNone);
  for (size_t i = 0; i < last_of_shard_.size(); ++i) {
    if ((barrier || i == shard) && last_of_shard_[i] != kNone) {
      operation.after.push_back(last_of_shard_[i]);
    }
  }
  if (last_barrier_ != kNone) operation.after.push_back(last_barrier_);
  if (barrier) {
    last_barrier_ = number;
  } else {
    last_of_shard_[shard] = number;
  }
  return number;
}

// --- Answers -------------------------------------------------------------------------------------

void HistoryProcess::expect(bool condition, const char* what, const RespValue& reply) {
  if (condition || !problem_.empty()) return;
  problem_ = fmt::format("client {}: {} expected, not type {} '{}'", client_ - 1, what,
                         static_cast<int>(reply.type), reply.text);
}

void HistoryProcess::end_operation(size_t number, int64_t now, Outcome outcome) {
  Operation& operation = history_.operations[number];
  operation.answered = now;
  operation.outcome = outcome;
  slowest_ = std::max(slowest_, now - operation.invoked);
}

void HistoryProcess::on_reply(const RespValue& reply, int64_t now) {
  CHECK(!expected_.empty());
  Expected expected = std::move(expected_.front());
  expected_.pop_front();
  Operation* operation =
      history_.operations.empty() ? nullptr : &history_.operations[expected.operation];
  switch (expected.kind) {
    case Expected::Kind::kOk:
      expect(reply.type == RespValue::Type::kSimple && reply.text == "OK", "OK", reply);
      return;
    case Expected::Kind::kQueued:
      expect(reply.text == "QUEUED", "QUEUED", reply);
      return;
    case Expected::Kind::kIgnored:
      return;
    case Expected::Kind::kResult:
      operation->actions.clear();
      add_results(*operation, expected.steps[0], reply, false);
      end_operation(expected.operation, now, Outcome::kDone);
      return;
    case Expected::Kind::kCopy:
      expect(reply.type == RespValue::Type::kInteger, "a count", reply);
      end_operation(expected.operation, now, Outcome::kDone);
      return;
    case Expected::Kind::kCopied:
      add_results(*operation, expected.steps[0], reply, false);
      return;
    case Expected::Kind::kTake:
      // Until somebody has looked what it took, it may be anything.
      operation->answered = now;
      return;
    case Expected::Kind::kTaken: {
      operation->actions.clear();
      add_results(*operation, expected.steps[0], reply, false);
      const Action read = operation->actions.at(0);
      for (const uint64_t token : read.list)
        operation->actions.push_back({Action::Kind::kPop, read.key, token, 0, {}});
      end_operation(expected.operation, operation->answered, Outcome::kDone);
      return;
    }
    case Expected::Kind::kExec:
      if (reply.is_null()) {
        expect(expected.read != kNone, "results", reply);
        end_operation(expected.operation, now, Outcome::kFailed);
        return;
      }
      expect(reply.elements.size() == expected.steps.size(), "a result of each command", reply);
      if (!problem_.empty()) return;
      operation->actions.clear();
      if (expected.read != kNone) {
        operation->actions = history_.operations[expected.read].actions;
      }
      for (size_t i = 0; i < expected.steps.size(); ++i) {
        add_results(*operation, expected.steps[i], reply.elements[i], true);
      }
      end_operation(expected.operation, now, Outcome::kDone);
      return;
  }
}

void HistoryProcess::add_results(Operation& operation, Step& step, const RespValue& reply,
                                 bool in_block) {
  const char* wrong = step.finish(reply, in_block, operation.actions);
  expect(wrong == nullptr, wrong, reply);
}

}  // namespace rondo
