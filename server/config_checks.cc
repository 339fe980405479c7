#include "server/config_checks.h"

#include <fmt/format.h>
#include <sys/resource.h>

#include <algorithm>
#include <iterator>

#include "protocol/number.h"
#include "reactor/base/check.h"
#include "server/text.h"

namespace rondo {
namespace {

constexpr size_t kAddressesMax = 16;
constexpr const char* kClassNames[] = {"normal", "slave", "pubsub"};
// Descriptors that are not clients: listeners, rings, files.
constexpr uint64_t kReservedFiles = 32;

int class_index(std::string_view name) {
  if (same_word(name, "replica")) return static_cast<int>(ClientClass::kReplica);
  for (int i = 0; i < 3; ++i) {
    if (same_word(name, kClassNames[i])) return i;
  }
  return -1;
}

std::string show_limits(const std::array<OutputLimit, 3>& limits) {
  std::string text;
  for (size_t i = 0; i < limits.size(); ++i) {
    const OutputLimit& limit = limits[i];
    text += fmt::format("{}{} {} {} {}", i == 0 ? "" : " ", kClassNames[i], limit.hard, limit.soft,
                        limit.soft_seconds);
  }
  return text;
}

}  // namespace

std::string check_words(const Config&, OptionWords words, std::string& canonical) {
  canonical = fmt::format("{}", fmt::join(words, " "));
  return {};
}

std::string check_bind(const Config& config, OptionWords words, std::string& canonical) {
  if (words.size() > kAddressesMax) return "Too many bind addresses specified.";
  return check_words(config, words, canonical);
}

std::string check_output_limits(const Config& config, OptionWords words, std::string& canonical) {
  if (words.empty() || words.size() % 4 != 0) {
    return "Wrong number of arguments in buffer limit configuration.";
  }
  std::array<OutputLimit, 3> limits = config.client_output_buffer_limits;
  for (size_t i = 0; i < words.size(); i += 4) {
    const int index = class_index(words[i]);
    if (index < 0) return "Invalid client class specified in buffer limit configuration.";
    const auto hard = parse_bytes(words[i + 1]);
    const auto soft = parse_bytes(words[i + 2]);
    const auto seconds = parse_integer(words[i + 3]);
    if (!hard || !soft || !seconds || *seconds < 0) {
      return "Error in hard, soft or soft_seconds setting in buffer limit configuration.";
    }
    limits[static_cast<size_t>(index)] = OutputLimit{*hard, *soft, *seconds};
  }
  canonical = show_limits(limits);
  return {};
}

std::string check_percentiles(const Config& config, OptionWords words, std::string& canonical) {
  for (const std::string& word : words) {
    const auto number = parse_double(word);
    if (!number) return "Invalid latency-tracking-info-percentiles parameters";
    if (*number < 0 || *number > 100) {
      return "latency-tracking-info-percentiles parameters should sit between [0.0,100.0]";
    }
  }
  return check_words(config, words, canonical);
}

std::string check_maxclients(const Config&, OptionWords words, std::string& canonical) {
  if (words.size() != 1) return "wrong number of arguments";
  const auto wanted = parse_integer(words[0]);
  if (!wanted) return "argument couldn't be parsed into an integer";
  if (*wanted < 1 || *wanted > UINT32_MAX) {
    return "argument must be between 1 and 4294967295 inclusive";
  }
  rlimit limit = {};
  const auto needed = static_cast<uint64_t>(*wanted) + kReservedFiles;
  if (getrlimit(RLIMIT_NOFILE, &limit) == 0 && limit.rlim_max < needed) {
    const uint64_t possible = limit.rlim_max > kReservedFiles ? limit.rlim_max - kReservedFiles : 1;
    return fmt::format(
        "The operating system is not able to handle the specified number of "
        "clients, try with {}",
        possible);
  }
  canonical = fmt::format("{}", *wanted);
  return {};
}

std::string check_save(const Config&, OptionWords words, std::string& canonical) {
  // One empty word clears the list.
  if (words.empty() || (words.size() == 1 && words[0].empty())) return {};
  if (words.size() % 2 != 0) return "Invalid save parameters";
  for (size_t i = 0; i < words.size(); i += 2) {
    const auto seconds = parse_integer(words[i]);
    const auto changes = parse_integer(words[i + 1]);
    if (!seconds || !changes || *seconds < 1 || *changes < 0) return "Invalid save parameters";
    canonical += fmt::format("{}{} {}", i == 0 ? "" : " ", *seconds, *changes);
  }
  return {};
}

std::string check_oom_scores(const Config& config, OptionWords words, std::string& canonical) {
  if (words.size() != 3) return "wrong number of arguments";
  for (const std::string& word : words) {
    const auto value = parse_integer(word);
    if (!value || *value < -2000 || *value > 2000) {
      return "Invalid oom-score-adj-values, elements must be between -2000 and 2000.";
    }
  }
  return check_words(config, words, canonical);
}

std::string check_event_classes(const Config&, OptionWords words, std::string& canonical) {
  constexpr std::string_view kClasses = "g$lshzxetd";  // Those that "A" stands for.
  constexpr std::string_view kWhere = "KEm";
  if (words.size() != 1) return "wrong number of arguments";
  const std::string& given = words[0];
  const auto has = [&](char letter) { return given.find(letter) != given.npos; };
  const auto known = [&](char letter) {
    return letter == 'A' || letter == 'n' || kClasses.find(letter) != kClasses.npos ||
           kWhere.find(letter) != kWhere.npos;
  };
  if (!std::all_of(given.begin(), given.end(), known)) {
    return "Invalid event class character. Use 'Ag$lshzxeKEtmdn'.";
  }
  if (has('A') || std::all_of(kClasses.begin(), kClasses.end(), has)) {
    canonical = "A";
  } else {
    std::copy_if(kClasses.begin(), kClasses.end(), std::back_inserter(canonical), has);
  }
  // Redis's CONFIG REWRITE loses it behind an "A", because CONFIG GET says nothing of it there.
  if (has('n')) canonical += 'n';
  std::copy_if(kWhere.begin(), kWhere.end(), std::back_inserter(canonical), has);
  return {};
}

std::string check_hz(const Config&, OptionWords words, std::string& canonical) {
  if (words.size() != 1) return "wrong number of arguments";
  const auto value = parse_integer(words[0]);
  if (!value) return "argument couldn't be parsed into an integer";
  if (*value < 0 || *value > INT32_MAX) {
    return "argument must be between 0 and 2147483647 inclusive";
  }
  canonical = fmt::format("{}", std::clamp<int64_t>(*value, 1, 500));
  return {};
}

std::string show_output_limits(const Config& config, const Option&) {
  return show_limits(config.client_output_buffer_limits);
}

void read_output_limits(Config& config, const Option& option, std::string_view canonical) {
  std::vector<std::string> words;
  read_value(words, option, canonical);
  CHECK(words.size() == 12);
  for (size_t i = 0; i < 3; ++i) {
    OutputLimit& limit = config.client_output_buffer_limits[i];
    read_value(limit.hard, option, words[i * 4 + 1]);
    read_value(limit.soft, option, words[i * 4 + 2]);
    read_value(limit.soft_seconds, option, words[i * 4 + 3]);
  }
}

}  // namespace rondo
