#include "tests/simulator/history.h"

#include <fmt/format.h>

namespace rondo {

namespace {

// Of a long list only the end is of interest.
constexpr size_t kShownMax = 6;

std::string describe_list(const std::vector<uint64_t>& list) {
  std::string text = fmt::format("{} tokens [", list.size());
  const size_t from = list.size() > kShownMax ? list.size() - kShownMax : 0;
  if (from > 0) text += "... ";
  for (size_t i = from; i < list.size(); ++i) {
    text += fmt::format("{}{:x}", i == from ? "" : " ", list[i]);
  }
  return text + "]";
}

std::string describe(const Action& action) {
  switch (action.kind) {
    case Action::Kind::kAppend:
      return fmt::format("append {} {:x} (place {})", action.key, action.value, action.position);
    case Action::Kind::kReadList:
      return fmt::format("read {} {}", action.key, describe_list(action.list));
    case Action::Kind::kIncrement:
      return fmt::format("increment {} to {}", action.key, action.position);
    case Action::Kind::kReadCounter:
      return fmt::format("read {} {}", action.key, action.position);
    case Action::Kind::kWrite:
      return fmt::format("write {} {:x}", action.key, action.value);
    case Action::Kind::kRead:
      return fmt::format("read {} {:x}", action.key, action.value);
    case Action::Kind::kPush:
      return fmt::format("push {} {:x}", action.key, action.value);
    case Action::Kind::kPop:
      return fmt::format("pop {} {:x}", action.key, action.value);
    case Action::Kind::kPopAll:
      return fmt::format("pop all of {}", action.key);
    case Action::Kind::kReadQueue:
      return fmt::format("read {} {}", action.key, describe_list(action.list));
  }
  return {};
}

}  // namespace

std::string describe(const Operation& operation) {
  const bool open = operation.answered == Operation::kNever;
  std::string text = fmt::format("client {} [{}, {}]", operation.client, operation.invoked,
                                 open ? "-" : std::to_string(operation.answered));
  if (operation.outcome == Outcome::kFailed) text += " failed";
  const char* separator = ": ";
  for (const Action& action : operation.actions) {
    text += separator + describe(action);
    separator = ", ";
  }
  return text;
}

void History::append(const History& other) {
  const size_t base = operations.size();
  for (const Operation& operation : other.operations) {
    operations.push_back(operation);
    for (size_t& before : operations.back().after)
      before += base;
  }
}

}  // namespace rondo
