#include "shard/commands/hash_expiry_options.h"

#include <limits>
#include <optional>
#include <string>

#include "shard/commands/arguments.h"
#include "shard/commands/expire_options.h"

namespace rondo {

namespace {

// Redis keeps the times of fields in 46 bits.
constexpr int64_t kAtMax = (int64_t{1} << 46) - 1;

std::optional<FieldTime> time_of(std::string_view word) {
  if (is_word(word, "ex")) return FieldTime{.seconds = true, .absolute = false};
  if (is_word(word, "px")) return FieldTime{.seconds = false, .absolute = false};
  if (is_word(word, "exat")) return FieldTime{.seconds = true, .absolute = true};
  if (is_word(word, "pxat")) return FieldTime{.seconds = false, .absolute = true};
  return std::nullopt;
}

// The options of HSETEX while they are read.
class HsetexParser {
 public:
  HsetexParser(Args args, int64_t now_ms, FieldOptions& options)
      : args_(args), now_ms_(now_ms), options_(options) {}

  Error run() {
    while (at_ < args_.size()) {
      if (Error error = step(args_[at_])) return error;
    }
    if (options_.fields.empty()) return "ERR missing FIELDS argument";
    return {};
  }

 private:
  Error step(std::string_view word) {
    ++at_;
    if (is_word(word, "fields")) return fields();
    if (is_word(word, "fnx") || is_word(word, "fxx")) return condition(word);
    if (const std::optional<FieldTime> time = time_of(word)) return expiry(*time);
    if (is_word(word, "keepttl")) {
      if (Error error = only_expiry()) return error;
      options_.keeps = true;
      return {};
    }
    return Error("ERR unknown argument: " + std::string(word));
  }

  Error condition(std::string_view word) {
    if (options_.if_absent || options_.if_present) {
      return "ERR Only one of FXX or FNX arguments can be specified";
    }
    (is_word(word, "fnx") ? options_.if_absent : options_.if_present) = true;
    return {};
  }

  Error only_expiry() const {
    if (!options_.expires && !options_.keeps) return {};
    return "ERR Only one of EX, PX, EXAT, PXAT or KEEPTTL arguments can be specified";
  }

  Error expiry(const FieldTime& time) {
    if (Error error = only_expiry()) return error;
    if (at_ == args_.size()) return "ERR missing expire time";
    options_.expires = true;
    return resolve_field_expiry(args_[at_++], time, now_ms_, "hsetex", options_.expire_at_ms);
  }

  // The fields end the command.
  Error fields() {
    constexpr const char* kArity = "ERR wrong number of arguments for 'hsetex' command";
    if (at_ + 3 > args_.size()) return kArity;  // A number, a field, a value.
    int64_t count = 0;
    if (read_integer(args_[at_++], count) || count < 1 ||
        count > std::numeric_limits<int32_t>::max()) {
      return "ERR invalid number of fields";
    }
    if (static_cast<size_t>(count) * 2 != args_.size() - at_) return kArity;
    options_.fields = args_.subspan(at_);
    at_ = args_.size();
    return {};
  }

  const Args args_;
  const int64_t now_ms_;
  FieldOptions& options_;
  size_t at_ = 2;
};

}  // namespace

Error read_fields(Args args, size_t at, const char* number_error, Args& fields) {
  if (at + 1 >= args.size() || !is_word(args[at], "fields")) {
    return "ERR Mandatory argument FIELDS is missing or not at the right position";
  }
  int64_t count = 0;
  if (read_integer(args[at + 1], count) || count < 1) return number_error;
  fields = args.subspan(at + 2);
  if (static_cast<uint64_t>(count) != fields.size()) {
    return "ERR The `numfields` parameter must match the number of arguments";
  }
  return {};
}

Error resolve_field_expiry(std::string_view text, const FieldTime& time, int64_t now_ms,
                           std::string_view command, int64_t& at_ms) {
  int64_t value = 0;
  if (Error error = read_integer(text, value)) return error;
  if (value < 0) return "ERR invalid expire time, must be >= 0";
  if (time.seconds) {
    if (value > kAtMax / 1000) return expire_time_error(command);
    value *= 1000;
  }
  const int64_t base_ms = time.absolute ? 0 : now_ms;
  if (value > kAtMax - base_ms) return expire_time_error(command);
  at_ms = value + base_ms;
  return {};
}

Error parse_hgetex_options(Args args, int64_t now_ms, FieldOptions& options) {
  size_t at = 2;
  if (const std::optional<FieldTime> time = time_of(args[at])) {
    options.expires = true;
    if (Error error =
            resolve_field_expiry(args[at + 1], *time, now_ms, "hgetex", options.expire_at_ms)) {
      return error;
    }
    at += 2;
  } else if (is_word(args[at], "persist")) {
    options.persists = true;
    ++at;
  }
  if (at + 2 > args.size()) return "ERR wrong number of arguments for 'hgetex' command";
  return read_fields(args, at, kFieldsNumber, options.fields);
}

Error parse_hsetex_options(Args args, int64_t now_ms, FieldOptions& options) {
  return HsetexParser(args, now_ms, options).run();
}

}  // namespace rondo
