#include "server/config_option.h"

#include <fmt/format.h>

#include <charconv>
#include <cstdlib>

#include "protocol/number.h"
#include "protocol/quote.h"
#include "reactor/base/check.h"
#include "server/text.h"

namespace rondo {
namespace {

// Visits the names of an enum; visit(name, index) says whether to go on.
template <class Visit>
void for_each_name(const Option& option, Visit&& visit) {
  std::string_view rest = option.names;
  for (size_t index = 0; !rest.empty(); ++index) {
    const size_t end = rest.find(' ');
    if (!visit(rest.substr(0, end), index)) return;
    rest = end == rest.npos ? std::string_view() : rest.substr(end + 1);
  }
}

bool has_name(const Option& option, std::string_view word, std::string& canonical) {
  bool found = false;
  for_each_name(option, [&](std::string_view name, size_t) {
    found = same_word(name, word);
    if (found) canonical = name;
    return !found;
  });
  return found;
}

std::string wrong_name(const Option& option) {
  std::string text = "argument(s) must be one of the following: ";
  for_each_name(option, [&](std::string_view name, size_t index) {
    if (index != 0) text += ", ";
    text += name;
    return true;
  });
  return text;
}

std::string out_of_bounds(const Option& option) {
  if (option.kind == OptionKind::kOctal) {
    return fmt::format("argument must be between {:o} and {:o} inclusive", option.min, option.max);
  }
  return fmt::format("argument must be between {} and {} inclusive", option.min, option.max);
}

std::string check_number(const Option& option, std::string_view word, std::string& canonical) {
  int64_t value = 0;
  switch (option.kind) {
    case OptionKind::kBytesOrPercent:
      if (word.ends_with('%')) {
        const auto percent = parse_integer(word.substr(0, word.size() - 1));
        if (!percent || *percent < 0) return "argument must be a memory or percent value";
        if (*percent > 100) return "percentage argument must be less or equal to 100";
        canonical = word;
        return {};
      }
      [[fallthrough]];
    case OptionKind::kBytes: {
      const auto bytes = parse_bytes(word);
      if (!bytes) {
        return option.kind == OptionKind::kBytes ? "argument must be a memory value"
                                                 : "argument must be a memory or percent value";
      }
      value = *bytes;
      break;
    }
    case OptionKind::kOctal: {
      const auto [end, error] = std::from_chars(word.data(), word.data() + word.size(), value, 8);
      if (error != std::errc() || end != word.data() + word.size()) {
        return "argument couldn't be parsed as an octal number";
      }
      break;
    }
    default: {
      const auto integer = parse_integer(word);
      if (!integer) return "argument couldn't be parsed into an integer";
      value = *integer;
    }
  }
  if (value < option.min || value > option.max) return out_of_bounds(option);
  canonical =
      option.kind == OptionKind::kOctal ? fmt::format("{:o}", value) : fmt::format("{}", value);
  return {};
}

std::string check_word(const Option& option, const std::string& word, std::string& canonical) {
  switch (option.kind) {
    case OptionKind::kFlag:
      if (!same_word(word, "yes") && !same_word(word, "no")) {
        return "argument must be 'yes' or 'no'";
      }
      canonical = same_word(word, "yes") ? "yes" : "no";
      return {};
    case OptionKind::kEnum:
      return has_name(option, word, canonical) ? std::string() : wrong_name(option);
    case OptionKind::kText:
      canonical = word;
      return {};
    default:
      return check_number(option, word, canonical);
  }
}

// The canonical text lists the names in the table's order.
std::string check_names(const Option& option, OptionWords words, std::string& canonical) {
  std::vector<std::string> given;
  for (const std::string& word : words) {
    if (!has_name(option, word, given.emplace_back())) return wrong_name(option);
  }
  if (given.empty()) return wrong_name(option);
  for_each_name(option, [&](std::string_view name, size_t) {
    for (const std::string& word : given) {
      if (word != name) continue;
      if (!canonical.empty()) canonical += ' ';
      canonical += name;
      break;
    }
    return true;
  });
  return {};
}

}  // namespace

const Option* find_option(std::string_view name) {
  const Option* found = nullptr;
  for_each_option([&](const Option& option) {
    if (same_word(option.name, name) || (!option.alias.empty() && same_word(option.alias, name))) {
      found = &option;
    }
  });
  return found;
}

std::string option_value(const Config& config, const Option& option) {
  if (option.has_meaning()) return option.access.get(config, option);
  const auto at = config.remembered.find(option.name);
  return at == config.remembered.end() ? std::string(option.fallback) : at->second;
}

std::string option_default(const Option& option) {
  static const Config defaults;
  return option_value(defaults, option);
}

std::string set_option(Config& config, const Option& option, OptionWords words) {
  const bool several = option.kind == OptionKind::kWords || option.kind == OptionKind::kEnumSet;
  std::vector<std::string> parts;
  if (several && words.size() == 1) {
    auto split = split_words(words[0]);
    if (!split) return "wrong number of arguments";
    parts = std::move(*split);
    words = parts;
  } else if (!several && words.size() != 1) {
    return "wrong number of arguments";
  }
  std::string canonical;
  std::string wrong;
  if (option.check != nullptr) {
    wrong = option.check(config, words, canonical);
  } else if (option.kind == OptionKind::kEnumSet) {
    wrong = check_names(option, words, canonical);
  } else {
    CHECK(option.kind != OptionKind::kWords);
    wrong = check_word(option, words[0], canonical);
  }
  if (!wrong.empty()) return wrong;
  store_option(config, option, canonical);
  return {};
}

void store_option(Config& config, const Option& option, std::string_view canonical) {
  if (option.has_meaning()) {
    option.access.set(config, option, canonical);
  } else if (canonical == option.fallback) {
    config.remembered.erase(std::string(option.name));
  } else {
    config.remembered[std::string(option.name)] = canonical;
  }
}

std::string show_value(bool value, const Option&) {
  return value ? "yes" : "no";
}

std::string show_value(int64_t value, const Option& option) {
  return option.kind == OptionKind::kOctal ? fmt::format("{:o}", value) : fmt::format("{}", value);
}

std::string show_value(const std::string& value, const Option&) {
  return value;
}

std::string show_value(const std::vector<std::string>& value, const Option&) {
  return fmt::format("{}", fmt::join(value, " "));
}

std::string show_value(const std::vector<double>& value, const Option&) {
  std::string text;
  for (const double number : value) {
    if (!text.empty()) text += ' ';
    char digits[kDoubleBytesMax];
    text.append(digits, format_double(number, digits));
  }
  return text;
}

std::string show_name(size_t index, const Option& option) {
  std::string found;
  for_each_name(option, [&](std::string_view name, size_t at) {
    if (at == index) found = name;
    return at != index;
  });
  CHECK(!found.empty());
  return found;
}

void read_value(bool& value, const Option&, std::string_view canonical) {
  value = canonical == "yes";
}

void read_value(int64_t& value, const Option& option, std::string_view canonical) {
  const int base = option.kind == OptionKind::kOctal ? 8 : 10;
  const auto [end, error] =
      std::from_chars(canonical.data(), canonical.data() + canonical.size(), value, base);
  CHECK(error == std::errc());
  CHECK(end == canonical.data() + canonical.size());
}

void read_value(std::string& value, const Option&, std::string_view canonical) {
  value = canonical;
}

void read_value(std::vector<std::string>& value, const Option&, std::string_view canonical) {
  value.clear();
  while (!canonical.empty()) {
    const size_t end = canonical.find(' ');
    if (end != 0) value.emplace_back(canonical.substr(0, end));
    canonical = end == canonical.npos ? std::string_view() : canonical.substr(end + 1);
  }
}

void read_value(std::vector<double>& value, const Option& option, std::string_view canonical) {
  std::vector<std::string> words;
  read_value(words, option, canonical);
  value.clear();
  for (const std::string& word : words) {
    const auto number = parse_double(word);
    CHECK(number.has_value());
    value.push_back(*number);
  }
}

size_t read_name(const Option& option, std::string_view canonical) {
  size_t found = SIZE_MAX;
  for_each_name(option, [&](std::string_view name, size_t index) {
    if (name == canonical) found = index;
    return found == SIZE_MAX;
  });
  CHECK(found != SIZE_MAX);
  return found;
}

}  // namespace rondo
