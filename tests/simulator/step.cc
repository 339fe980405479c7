#include "tests/simulator/step.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>

namespace rondo {

namespace {

using Kind = Action::Kind;
using Type = RespValue::Type;

constexpr size_t kTokenBytes = 8;  // Hexadecimal digits of a value.

uint64_t value_of(std::string_view text, int base) {
  uint64_t value = 0;
  std::from_chars(text.data(), text.data() + text.size(), value, base);
  return value;
}

}  // namespace

std::string encode_step(const std::vector<std::string>& args) {
  std::string bytes = fmt::format("*{}\r\n", args.size());
  for (const std::string& arg : args)
    bytes += fmt::format("${}\r\n{}\r\n", arg.size(), arg);
  return bytes;
}

const char* Step::finish(const RespValue& reply, bool in_block, std::vector<Action>& into) {
  const char* wrong = nullptr;
  switch (form) {
    case Form::kStatus:
      if (reply.type != Type::kSimple) wrong = "OK";
      break;
    case Form::kLength:
      if (reply.type != Type::kInteger || reply.integer % 8 != 0) wrong = "a length";
      actions[0].position = static_cast<uint64_t>(reply.integer) / kTokenBytes;
      break;
    case Form::kInteger:
      if (reply.type != Type::kInteger) wrong = "an integer";
      actions[0].position = static_cast<uint64_t>(reply.integer);
      break;
    case Form::kCount:
      if (reply.type != Type::kInteger) wrong = "an integer";
      for (size_t i = 0; i < actions.size(); ++i) {
        actions[i].position = static_cast<uint64_t>(reply.integer) - actions.size() + i + 1;
      }
      break;
    case Form::kPushed:
      if (reply.type != Type::kInteger) wrong = "an integer";
      break;
    case Form::kOldValue:
    case Form::kBulk:
      wrong = fill_value(actions[0], reply);
      break;
    case Form::kArray:
      if (reply.elements.size() != actions.size()) return "a value of each key";
      for (size_t i = 0; i < actions.size() && !wrong; ++i)
        wrong = fill_value(actions[i], reply.elements[i]);
      break;
    case Form::kElements:
      wrong = fill_list(actions[0], reply);
      break;
    case Form::kPopped:
      wrong = fill_popped(reply, in_block);
      break;
  }
  for (Action& action : actions)
    into.push_back(std::move(action));
  return wrong;
}

const char* Step::fill_value(Action& action, const RespValue& reply) {
  if (!reply.is_null() && reply.type != Type::kBulk) return "a value";
  const std::string& text = reply.text;
  if (action.kind == Kind::kReadCounter) {
    action.position = value_of(text, 10);
  } else if (action.kind == Kind::kRead) {
    action.value = value_of(text, 16);
  } else {
    if (text.size() % kTokenBytes != 0) return "whole tokens";
    for (size_t at = 0; at < text.size(); at += kTokenBytes)
      action.list.push_back(value_of(std::string_view(text).substr(at, kTokenBytes), 16));
  }
  return nullptr;
}

const char* Step::fill_list(Action& action, const RespValue& reply) {
  if (reply.type != Type::kArray) return "a list";
  for (const RespValue& element : reply.elements) {
    if (element.text.size() != kTokenBytes) return "tokens";
    action.list.push_back(value_of(element.text, 16));
  }
  return nullptr;
}

// Which queues had nothing, which one lost what, and where that is now.
const char* Step::fill_popped(const RespValue& reply, bool in_block) {
  actions.clear();
  const auto saw_empty = [&](const std::string& source) {
    actions.push_back({Kind::kReadQueue, source, 0, 0, {}});
  };
  if (reply.is_null()) {
    // Who waited until the time was over says nothing about an instant.
    for (const std::string& source : sources)
      if (!waits || in_block) saw_empty(source);
    return nullptr;
  }
  const RespValue* value = &reply;
  std::string from = sources[0];
  if (reply.elements.size() == 2 && args[0] != "LPOP") {
    from = reply.elements[0].text;
    value = &reply.elements[1];
  }
  for (const std::string& source : sources) {
    if (source == from) break;
    saw_empty(source);
  }
  std::vector<const RespValue*> tokens;
  if (value->type == Type::kBulk) tokens.push_back(value);
  for (const RespValue& element : value->elements)
    tokens.push_back(&element);
  if (tokens.empty()) return "tokens";
  for (const RespValue* token : tokens) {
    if (token->type != Type::kBulk || token->text.size() != kTokenBytes) return "tokens";
    const uint64_t number = value_of(token->text, 16);
    actions.push_back({Kind::kPop, from, number, 0, {}});
    if (!target.empty()) actions.push_back({Kind::kPush, target, number, 0, {}});
  }
  return nullptr;
}

}  // namespace rondo
