#include "server/scripting/script_header.h"

#include <fmt/format.h>

#include <string>

namespace rondo {

namespace {

struct FlagName {
  std::string_view name;
  ScriptFlag flag;
};

constexpr FlagName kFlags[] = {
    {"no-writes", kScriptNoWrites},
    {"allow-oom", kScriptAllowOom},
    {"allow-stale", kScriptAllowStale},
    {"no-cluster", kScriptNoCluster},
    {"allow-cross-slot-keys", kScriptAllowCrossSlotKeys},
};

Error parse_flags(std::string_view names, uint32_t& flags) {
  if (names.empty()) return {};
  for (;;) {
    const size_t comma = names.find(',');
    const std::string_view name = names.substr(0, comma);
    uint32_t found = 0;
    for (const FlagName& known : kFlags) {
      if (known.name == name) found = known.flag;
    }
    if (found == 0) return Error(fmt::format("ERR Unexpected flag in script shebang: {}", name));
    flags |= found;
    if (comma == names.npos) return {};
    names.remove_prefix(comma + 1);
  }
}

// The next word of `line`, which is taken off; empty: there is none.
std::string_view take_word(std::string_view& line) {
  const size_t begin = line.find_first_not_of(" \t\r");
  if (begin == line.npos) return {};
  line.remove_prefix(begin);
  const std::string_view word = line.substr(0, line.find_first_of(" \t\r"));
  line.remove_prefix(word.size());
  return word;
}

}  // namespace

Error parse_script_header(std::string_view text, uint32_t& flags, size_t& header_bytes) {
  header_bytes = 0;
  flags = kScriptWithoutHeader;
  if (!text.starts_with("#!")) return {};
  flags = 0;
  const size_t end = text.find('\n');
  if (end == text.npos) return "ERR Invalid script shebang";
  header_bytes = end;
  std::string_view line = text.substr(0, end);
  const std::string_view engine = take_word(line);
  if (engine != "#!lua") {
    return Error(fmt::format("ERR Unexpected engine in script shebang: {}", engine));
  }
  for (std::string_view word = take_word(line); !word.empty(); word = take_word(line)) {
    constexpr std::string_view kFlagsOption = "flags=";
    if (!word.starts_with(kFlagsOption)) {
      return Error(fmt::format("ERR Unknown lua shebang option: {}", word));
    }
    if (Error error = parse_flags(word.substr(kFlagsOption.size()), flags)) return error;
  }
  return {};
}

}  // namespace rondo
