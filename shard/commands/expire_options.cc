#include "shard/commands/expire_options.h"

#include <limits>
#include <string>

#include "protocol/errors.h"
#include "shard/commands/arguments.h"
#include "shard/keyspace.h"

namespace rondo {

namespace {

constexpr int64_t kMax = std::numeric_limits<int64_t>::max();
constexpr int64_t kMin = std::numeric_limits<int64_t>::min();

// One of EX, PX, EXAT, PXAT. Only two options of the same name may meet.
bool parse_expiry_word(std::string_view word, ExpireArgument& argument) {
  if (is_word(word, "ex")) {
    argument = {.text = {}, .seconds = true, .absolute = false};
  } else if (is_word(word, "px")) {
    argument = {.text = {}, .seconds = false, .absolute = false};
  } else if (is_word(word, "exat")) {
    argument = {.text = {}, .seconds = true, .absolute = true};
  } else if (is_word(word, "pxat")) {
    argument = {.text = {}, .seconds = false, .absolute = true};
  } else {
    return false;
  }
  return true;
}

bool same_form(const ExpireArgument& a, const ExpireArgument& b) {
  return a.seconds == b.seconds && a.absolute == b.absolute;
}

}  // namespace

Error expire_time_error(std::string_view command) {
  std::string text = "ERR invalid expire time in '";
  text += command;
  text += "' command";
  return Error(std::move(text));
}

Error resolve_value_expiry(const ExpireArgument& argument, int64_t now_ms, std::string_view command,
                           int64_t& at_ms) {
  int64_t value = 0;
  if (Error error = read_integer(argument.text, value)) return error;
  if (value <= 0) return expire_time_error(command);
  if (argument.seconds) {
    if (value > kMax / 1000) return expire_time_error(command);
    value *= 1000;
  }
  if (!argument.absolute) {
    if (value > kMax - now_ms) return expire_time_error(command);
    value += now_ms;
  }
  at_ms = value;
  return {};
}

Error resolve_key_expiry(const ExpireArgument& argument, int64_t now_ms, std::string_view command,
                         int64_t& at_ms) {
  int64_t value = 0;
  if (Error error = read_integer(argument.text, value)) return error;
  if (argument.seconds) {
    if (value > kMax / 1000 || value < kMin / 1000) return expire_time_error(command);
    value *= 1000;
  }
  const int64_t base_ms = argument.absolute ? 0 : now_ms;
  if (value > kMax - base_ms) return expire_time_error(command);
  at_ms = value + base_ms;
  return {};
}

Error parse_value_options(Args args, size_t first, ValueCommand command, ValueOptions& options) {
  const bool set = command == ValueCommand::kSet;
  for (size_t i = first; i < args.size(); i++) {
    const std::string_view word = args[i];
    ExpireArgument expiry;
    if (set && is_word(word, "nx") && !options.if_present) {
      options.if_absent = true;
    } else if (set && is_word(word, "xx") && !options.if_absent) {
      options.if_present = true;
    } else if (set && is_word(word, "get")) {
      options.get = true;
    } else if (set && is_word(word, "keepttl") && !options.expires) {
      options.keep_expiry = true;
    } else if (!set && is_word(word, "persist") && !options.expires) {
      options.persist = true;
    } else if (parse_expiry_word(word, expiry) && i + 1 < args.size() && !options.keep_expiry &&
               !options.persist && (!options.expires || same_form(options.expiry, expiry))) {
      expiry.text = args[++i];
      options.expiry = expiry;
      options.expires = true;
    } else {
      return errors::kSyntax;
    }
  }
  return {};
}

bool ExpireConditions::allow(int64_t current_ms, int64_t next_ms) const {
  const bool has_expiry = current_ms != kNoExpiry;
  if (if_none && has_expiry) return false;
  if (if_some && !has_expiry) return false;
  if (if_later && (!has_expiry || next_ms <= current_ms)) return false;
  if (if_earlier && has_expiry && next_ms >= current_ms) return false;
  return true;
}

Error parse_expire_conditions(Args args, size_t first, ExpireConditions& conditions) {
  for (size_t i = first; i < args.size(); i++) {
    const std::string_view word = args[i];
    if (is_word(word, "nx")) {
      conditions.if_none = true;
    } else if (is_word(word, "xx")) {
      conditions.if_some = true;
    } else if (is_word(word, "gt")) {
      conditions.if_later = true;
    } else if (is_word(word, "lt")) {
      conditions.if_earlier = true;
    } else {
      return Error("ERR Unsupported option " + std::string(word));
    }
  }
  if (conditions.if_none && (conditions.if_some || conditions.if_later || conditions.if_earlier)) {
    return "ERR NX and XX, GT or LT options at the same time are not compatible";
  }
  if (conditions.if_later && conditions.if_earlier) {
    return "ERR GT and LT options at the same time are not compatible";
  }
  return {};
}

}  // namespace rondo
