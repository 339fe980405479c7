#include <fmt/format.h>

#include <algorithm>

#include "tests/simulator/step.h"

namespace rondo {

namespace {

using Kind = Action::Kind;
using Form = Step::Form;

std::string text_of(uint64_t value) {
  return fmt::format("{:08x}", value);
}

}  // namespace

int StepMaker::count(char kind) const {
  switch (kind) {
    case 'l':
      return options_.lists;
    case 'a':
      return options_.appends;
    case 'q':
      return options_.queues;
    case 'r':
      return options_.registers;
    default:
      return options_.counters;
  }
}

// The first key of a kind is hot.
std::string StepMaker::key(char kind) {
  const uint64_t number = prng_.one_in(3) ? 0 : prng_.below(static_cast<uint64_t>(count(kind)));
  return fmt::format("{}{}", kind, number);
}

std::vector<std::string> StepMaker::some_keys(char kind, size_t at_most) {
  std::vector<std::string> keys;
  for (size_t tries = 1 + prng_.below(at_most); tries > 0; --tries) {
    std::string one = key(kind);
    if (std::find(keys.begin(), keys.end(), one) == keys.end()) keys.push_back(std::move(one));
  }
  return keys;
}

Action StepMaker::read_action(const std::string& name) {
  Action action{};
  action.kind = name[0] == 'l' || name[0] == 'a' ? Kind::kReadList
                : name[0] == 'q'                 ? Kind::kReadQueue
                : name[0] == 'c'                 ? Kind::kReadCounter
                                                 : Kind::kRead;
  action.key = name;
  return action;
}

Step StepMaker::read(const std::string& name) {
  if (name[0] == 'a' || name[0] == 'q') {
    return {{"LRANGE", name, "0", "-1"}, Form::kElements, {read_action(name)}};
  }
  return {{"GET", name}, Form::kBulk, {read_action(name)}};
}

// --- Strings and counters ------------------------------------------------------------------------

Step StepMaker::append() {
  Action action{Kind::kAppend, key('l'), fresh_value(), 0, {}};
  return {{"APPEND", action.key, text_of(action.value)}, Form::kLength, {action}};
}

Step StepMaker::read_any() {
  return read(prng_.one_in(3) ? key('r') : prng_.one_in(4) ? key('c') : key('l'));
}

Step StepMaker::write() {
  if (prng_.one_in(4)) {
    const std::string name = key('c');
    return {{"INCR", name}, Form::kInteger, {{Kind::kIncrement, name, 0, 0, {}}}};
  }
  const std::string name = key('r');
  const Action write{Kind::kWrite, name, fresh_value(), 0, {}};
  const std::string value = text_of(write.value);
  if (prng_.one_in(2)) return {{"SET", name, value}, Form::kStatus, {write}};
  return {{"SET", name, value, "GET"}, Form::kOldValue, {read_action(name), write}};
}

Step StepMaker::write_several() {
  Step step{{"MSET"}, Form::kStatus, {}};
  for (const std::string& name : some_keys('r', 4)) {
    step.actions.push_back({Kind::kWrite, name, fresh_value(), 0, {}});
    step.args.push_back(name);
    step.args.push_back(text_of(step.actions.back().value));
  }
  return step;
}

Step StepMaker::read_several() {
  Step step{{"MGET"}, Form::kArray, {}};
  for (const char kind : {'l', 'r', 'c'}) {
    for (const std::string& name : some_keys(kind, 3)) {
      step.args.push_back(name);
      step.actions.push_back(read_action(name));
    }
  }
  return step;
}

std::vector<Step> StepMaker::everything() const {
  std::vector<Step> steps(1);
  steps[0].args = {"MGET"};
  steps[0].form = Form::kArray;
  for (const char kind : {'l', 'r', 'c', 'a', 'q'}) {
    for (int i = 0; i < count(kind); ++i) {
      const std::string name = fmt::format("{}{}", kind, i);
      if (kind == 'a' || kind == 'q') {
        steps.push_back(read(name));
        continue;
      }
      steps[0].args.push_back(name);
      steps[0].actions.push_back(read_action(name));
    }
  }
  return steps;
}

// --- Lists and queues ----------------------------------------------------------------------------

Step StepMaker::push(char kind) {
  const std::string name = key(kind);
  Step step{{"RPUSH", name}, kind == 'a' ? Form::kCount : Form::kPushed, {}};
  const Kind action = kind == 'a' ? Kind::kAppend : Kind::kPush;
  for (uint64_t left = prng_.one_in(4) ? 3 : 1; left > 0; --left) {
    step.actions.push_back({action, name, fresh_value(), 0, {}});
    step.args.push_back(text_of(step.actions.back().value));
  }
  return step;
}

Step StepMaker::pop() {
  const std::string name = key('q');
  Step step{{"LPOP", name}, Form::kPopped, {{Kind::kPop, name, 0, 0, {}}}, {name}};
  if (prng_.one_in(3)) {
    step.args.push_back("2");
    step.actions.push_back(step.actions[0]);
  }
  return step;
}

// To a queue with a higher number, so that no token comes to the same one twice.
Step StepMaker::move(bool waits) {
  const auto queues = static_cast<uint64_t>(options_.queues);
  const uint64_t from = prng_.below(queues - 1);
  const uint64_t to = from + 1 + prng_.below(queues - from - 1);
  const std::string source = fmt::format("q{}", from);
  Step step{{waits ? "BLMOVE" : "LMOVE", source, fmt::format("q{}", to), "LEFT", "RIGHT"},
            Form::kPopped,
            {},
            {source},
            fmt::format("q{}", to)};
  step.actions = {{Kind::kPop, source, 0, 0, {}}, {Kind::kPush, step.target, 0, 0, {}}};
  return step;
}

void StepMaker::add_timeout(Step& step) {
  const std::string timeout = fmt::format("0.{:03}", 1 + prng_.below(8));
  if (step.args[0] == "BLMPOP") {
    step.args.insert(step.args.begin() + 1, timeout);
  } else {
    step.args.push_back(timeout);
  }
  step.waits = true;
}

Step StepMaker::waiting_pop() {
  Step step;
  if (options_.queues > 1 && prng_.one_in(3)) {
    step = move(true);
  } else {
    step.form = Form::kPopped;
    step.sources = some_keys('q', options_.spanning ? options_.sources : 1);
    const bool several = prng_.one_in(3);
    if (several) {
      step.args = {"BLMPOP", std::to_string(step.sources.size())};
    } else {
      step.args = {"BLPOP"};
    }
    for (const std::string& source : step.sources) {
      step.args.push_back(source);
      step.actions.push_back({Kind::kPop, source, 0, 0, {}});
    }
    if (several) step.args.push_back("LEFT");
  }
  add_timeout(step);
  return step;
}

Step StepMaker::any(bool may_span) {
  for (;;) {
    Step step = any_kind(may_span);
    if (uses(step.actions[0].key[0])) return step;
  }
}

Step StepMaker::any_kind(bool may_span) {
  switch (prng_.below(may_span ? 18 : 11)) {
    case 0:
    case 1:
      return append();
    case 2:
    case 3:
      return read_any();
    case 4:
      return write();
    case 5:
      return push('a');
    case 6:
      return read(key('a'));
    case 7:
    case 8:
      return push('q');
    case 9:
      return pop();
    case 10:
      return read(key('q'));
    case 11:
    case 12:
      return write_several();
    case 13:
      return options_.queues > 1 ? move(false) : pop();
    case 14:
      return push('a');
    default:
      return read_several();
  }
}

}  // namespace rondo
