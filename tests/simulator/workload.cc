#include "tests/simulator/workload.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <utility>

#include "reactor/base/check.h"

namespace rondo {

namespace {

constexpr size_t kNone = SIZE_MAX;
constexpr size_t kTokenBytes = 8;  // Hexadecimal digits of a value.

std::string text_of(uint64_t value) {
  return fmt::format("{:08x}", value);
}

uint64_t value_of(std::string_view text, int base) {
  uint64_t value = 0;
  std::from_chars(text.data(), text.data() + text.size(), value, base);
  return value;
}

std::string encode(const std::vector<std::string>& args) {
  std::string bytes = fmt::format("*{}\r\n", args.size());
  for (const std::string& arg : args)
    bytes += fmt::format("${}\r\n{}\r\n", arg.size(), arg);
  return bytes;
}

}  // namespace

HistoryProcess::HistoryProcess(const WorkloadOptions& options, int client, uint64_t seed)
    : options_(options), client_(static_cast<uint64_t>(client) + 1), prng_(seed) {}

// --- Choosing
// -------------------------------------------------------------------------------------

// The first key of a kind is hot.
std::string HistoryProcess::key(char kind, int count) {
  const uint64_t number = prng_.one_in(3) ? 0 : prng_.below(static_cast<uint64_t>(count));
  return fmt::format("{}{}", kind, number);
}

// Different keys of one kind, in any order.
std::vector<std::string> HistoryProcess::some_keys(char kind, int count, size_t at_most) {
  std::vector<std::string> keys;
  for (size_t tries = 1 + prng_.below(at_most); tries > 0; --tries) {
    std::string one = key(kind, count);
    if (std::find(keys.begin(), keys.end(), one) == keys.end()) keys.push_back(std::move(one));
  }
  return keys;
}

Action HistoryProcess::read_action(const std::string& name) const {
  Action action{};
  action.kind = name[0] == 'l'   ? Action::Kind::kReadList
                : name[0] == 'c' ? Action::Kind::kReadCounter
                                 : Action::Kind::kRead;
  action.key = name;
  return action;
}

HistoryProcess::Step HistoryProcess::append_step() {
  Action action{Action::Kind::kAppend, key('l', options_.lists), fresh_value(), 0, {}};
  return {{"APPEND", action.key, text_of(action.value)}, Form::kLength, {action}};
}

HistoryProcess::Step HistoryProcess::read_step() {
  const std::string name = prng_.one_in(3)   ? key('r', options_.registers)
                           : prng_.one_in(4) ? key('c', options_.counters)
                                             : key('l', options_.lists);
  return {{"GET", name}, Form::kBulk, {read_action(name)}};
}

HistoryProcess::Step HistoryProcess::write_step() {
  if (prng_.one_in(4)) {
    const std::string name = key('c', options_.counters);
    return {{"INCR", name}, Form::kInteger, {{Action::Kind::kIncrement, name, 0, 0, {}}}};
  }
  const std::string name = key('r', options_.registers);
  const Action write{Action::Kind::kWrite, name, fresh_value(), 0, {}};
  const std::string value = text_of(write.value);
  if (prng_.one_in(2)) return {{"SET", name, value}, Form::kStatus, {write}};
  return {{"SET", name, value, "GET"}, Form::kOldValue, {read_action(name), write}};
}

HistoryProcess::Step HistoryProcess::random_step(bool may_span) {
  switch (prng_.below(may_span ? 8 : 5)) {
    case 0:
    case 1:
      return append_step();
    case 2:
    case 3:
      return read_step();
    case 4:
      return write_step();
    case 5: {
      Step step{{"MSET"}, Form::kStatus, {}};
      for (const std::string& name : some_keys('r', options_.registers, 4)) {
        step.actions.push_back({Action::Kind::kWrite, name, fresh_value(), 0, {}});
        step.args.push_back(name);
        step.args.push_back(text_of(step.actions.back().value));
      }
      return step;
    }
    default: {
      Step step{{"MGET"}, Form::kArray, {}};
      for (const char kind : {'l', 'r', 'c'}) {
        const int count = kind == 'l'   ? options_.lists
                          : kind == 'r' ? options_.registers
                                        : options_.counters;
        for (const std::string& name : some_keys(kind, count, 3)) {
          step.args.push_back(name);
          step.actions.push_back(read_action(name));
        }
      }
      return step;
    }
  }
}

// --- Asking
// ---------------------------------------------------------------------------------------

std::string HistoryProcess::next(int64_t now) {
  CHECK(expected_.empty());
  std::string bytes;
  if (watched_read_ != kNone) {
    add_block(bytes, now, std::exchange(watched_read_, kNone));
    return bytes;
  }
  for (uint64_t left = 1 + prng_.below(static_cast<uint64_t>(options_.pipeline_max)); left > 0;
       --left) {
    const uint64_t choice = prng_.below(10);
    if (choice < 2) {
      add_block(bytes, now, kNone);
    } else if (choice == 2 && options_.spanning) {
      add_copy(bytes, now);
    } else if (choice == 3 && options_.watch) {
      add_watch(bytes, now);
      break;
    } else {
      add_single(bytes, now);
    }
  }
  return bytes;
}

std::string HistoryProcess::read_everything(int64_t now) {
  Step step{{"MGET"}, Form::kArray, {}};
  for (const auto& [kind, count] :
       {std::pair('l', options_.lists), std::pair('r', options_.registers),
        std::pair('c', options_.counters)}) {
    for (int i = 0; i < count; ++i) {
      step.args.push_back(fmt::format("{}{}", kind, i));
      step.actions.push_back(read_action(step.args.back()));
    }
  }
  const std::string bytes = encode(step.args);
  history_.complete = true;
  expected_.push_back({Expected::Kind::kResult, begin_operation(now, {}, true), {step}});
  return bytes;
}

void HistoryProcess::add_single(std::string& bytes, int64_t now) {
  Step step = random_step(true);
  std::vector<std::string> keys;
  for (const Action& action : step.actions)
    keys.push_back(action.key);
  bytes += encode(step.args);
  const size_t operation = begin_operation(now, keys, false);
  // What it writes is known even if no answer comes.
  for (const Action& action : step.actions) {
    if (action.writes()) history_.operations[operation].actions.push_back(action);
  }
  expected_.push_back({Expected::Kind::kResult, operation, {std::move(step)}});
}

void HistoryProcess::add_block(std::string& bytes, int64_t now, size_t watched_read) {
  bytes += encode({"MULTI"});
  expected_.push_back({Expected::Kind::kOk});
  const size_t operation = begin_operation(now, {}, true);
  Expected exec{Expected::Kind::kExec, operation, {}, watched_read};
  const bool may_span = options_.spanning && prng_.one_in(2);
  for (uint64_t left = 1 + prng_.below(4); left > 0; --left) {
    Step step = random_step(may_span);
    bytes += encode(step.args);
    expected_.push_back({Expected::Kind::kQueued});
    for (const Action& action : step.actions) {
      if (action.writes()) history_.operations[operation].actions.push_back(action);
    }
    exec.steps.push_back(std::move(step));
  }
  bytes += encode({"EXEC"});
  expected_.push_back(std::move(exec));
}

// WATCH and a read of the same keys; if the EXEC that comes next succeeds, they were still so.
void HistoryProcess::add_watch(std::string& bytes, int64_t now) {
  std::vector<std::string> keys = some_keys('r', options_.registers, 2);
  if (prng_.one_in(2)) keys = some_keys('l', options_.lists, 3);
  Step step{{"MGET"}, Form::kArray, {}};
  std::vector<std::string> watch = {"WATCH"};
  for (const std::string& name : keys) {
    watch.push_back(name);
    step.args.push_back(name);
    step.actions.push_back(read_action(name));
  }
  bytes += encode(watch) + encode(step.args);
  expected_.push_back({Expected::Kind::kOk});
  watched_read_ = begin_operation(now, keys, false);
  expected_.push_back({Expected::Kind::kResult, watched_read_, {std::move(step)}});
}

// COPY is a read of its source; what it read is found in its target, which nobody else knows.
void HistoryProcess::add_copy(std::string& bytes, int64_t now) {
  const std::string source = key('l', options_.lists);
  const std::string target = fmt::format("copy:{}:{}", client_, ++values_);
  bytes += encode({"COPY", source, target}) + encode({"GET", target}) + encode({"DEL", target});
  const size_t operation = begin_operation(now, {source, target}, false);
  const Step step{{}, Form::kBulk, {read_action(source)}};
  expected_.push_back({Expected::Kind::kCopy, operation});
  expected_.push_back({Expected::Kind::kCopied, operation, {step}});
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

// --- Answers
// --------------------------------------------------------------------------------------

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
      add_results(*operation, expected.steps[0], reply);
      end_operation(expected.operation, now, Outcome::kDone);
      return;
    case Expected::Kind::kCopy:
      expect(reply.type == RespValue::Type::kInteger, "a count", reply);
      end_operation(expected.operation, now, Outcome::kDone);
      return;
    case Expected::Kind::kCopied:
      add_results(*operation, expected.steps[0], reply);
      return;
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
        add_results(*operation, expected.steps[i], reply.elements[i]);
      }
      end_operation(expected.operation, now, Outcome::kDone);
      return;
  }
}

void HistoryProcess::add_results(Operation& operation, Step& step, const RespValue& reply) {
  using Type = RespValue::Type;
  switch (step.form) {
    case Form::kStatus:
      expect(reply.type == Type::kSimple, "OK", reply);
      break;
    case Form::kLength:
      expect(reply.type == Type::kInteger && reply.integer % 8 == 0, "a length", reply);
      step.actions[0].position = static_cast<uint64_t>(reply.integer) / kTokenBytes;
      break;
    case Form::kInteger:
      expect(reply.type == Type::kInteger, "an integer", reply);
      step.actions[0].position = static_cast<uint64_t>(reply.integer);
      break;
    case Form::kOldValue:
    case Form::kBulk:
      fill_value(step.actions[0], reply);
      break;
    case Form::kArray:
      expect(reply.elements.size() == step.actions.size(), "a value of each key", reply);
      for (size_t i = 0; i < step.actions.size() && i < reply.elements.size(); ++i) {
        fill_value(step.actions[i], reply.elements[i]);
      }
      break;
  }
  for (Action& action : step.actions)
    operation.actions.push_back(std::move(action));
}

void HistoryProcess::fill_value(Action& action, const RespValue& reply) {
  expect(reply.is_null() || reply.type == RespValue::Type::kBulk, "a value", reply);
  const std::string& text = reply.text;
  if (action.kind == Action::Kind::kReadCounter) {
    action.position = value_of(text, 10);
  } else if (action.kind == Action::Kind::kRead) {
    action.value = value_of(text, 16);
  } else {
    expect(text.size() % kTokenBytes == 0, "whole tokens", reply);
    for (size_t at = 0; at < text.size(); at += kTokenBytes) {
      action.list.push_back(value_of(std::string_view(text).substr(at, kTokenBytes), 16));
    }
  }
}

}  // namespace rondo
