// Option: one row of the table of options. Files, the command line, CONFIG GET, SET and REWRITE
// read these rows; nothing else knows how an option is spelled. Rows are constant; any thread.
//
// A value goes through two steps. First the words that were written become one canonical text
// ("1gb" becomes "1073741824"), or an error; then the text, which can't fail any more, goes into
// the Config. So a row without a meaning here is the same as one with a meaning but for its
// `access`: it keeps its text in Config::remembered. To give such an option a meaning, add a field
// to Config and write `.access = field<&Config::...>` in place of `.fallback`.
#pragma once

#include <cstdint>
#include <limits>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "server/config.h"

namespace rondo {

enum class OptionKind : uint8_t {
  kFlag,  // yes or no.
  kInteger,
  kOctal,
  kBytes,           // 1024, 1kb, 1mb, 1gb; 1k is 1000.
  kBytesOrPercent,  // The same, or 5%.
  kEnum,            // One of `names`.
  kEnumSet,         // Some of `names`.
  kText,
  kWords,  // Several words; `check` says which.
};

struct Option;

// The words of an option, already split, as far as they were written.
using OptionWords = std::span<const std::string>;

struct OptionAccess {
  std::string (*get)(const Config& config, const Option& option);
  void (*set)(Config& config, const Option& option, std::string_view canonical);
};

struct Option {
  std::string_view name;
  std::string_view alias = {};  // Another spelling, listed by CONFIG GET as well.
  OptionKind kind = OptionKind::kText;
  OptionAccess access = {};  // Nothing: the value is remembered, and `fallback` its default.
  std::string_view fallback = {};
  int64_t min = 0;
  int64_t max = std::numeric_limits<int64_t>::max();
  std::string_view names = {};  // Separated by spaces, in the order of the enum's values.
  bool fixed = false;           // Only at start.
  // Redis can change it while it runs, we can not: the error, unless the value stays the same.
  std::string_view pinned = {};
  bool guarded = false;  // Not by clients, who could write files with it.
  bool secret = false;   // The value must not be shown in a log.
  bool repeats = false;  // Further lines of a file add to the first.
  bool idle = false;     // Has a place in Config, where others read it, but nothing obeys it.
  // Makes the canonical text of kWords, or of any other kind that needs more than its kind says.
  // Returns what is wrong, or an empty text.
  std::string (*check)(const Config& config, OptionWords words, std::string& canonical) = nullptr;

  bool has_meaning() const { return access.get != nullptr; }
  bool has_effect() const { return has_meaning() && !idle; }
};

// All rows: those with a meaning, then the others.
std::span<const Option> meaningful_options();
std::span<const Option> remembered_options();
template <class Visit>
void for_each_option(Visit&& visit) {
  for (const Option& option : meaningful_options())
    visit(option);
  for (const Option& option : remembered_options())
    visit(option);
}

// By name or alias in any case; null when there is none.
const Option* find_option(std::string_view name);

// As CONFIG GET shows it.
std::string option_value(const Config& config, const Option& option);
std::string option_default(const Option& option);

// Empty, or what is wrong in the words of CONFIG SET's errors; then `config` is unchanged.
std::string set_option(Config& config, const Option& option, OptionWords words);

// Stores a text that option_value() gave for another Config.
void store_option(Config& config, const Option& option, std::string_view canonical);

// --- Access to fields ----------------------------------------------------------------------------

std::string show_value(bool value, const Option& option);
std::string show_value(int64_t value, const Option& option);
std::string show_value(const std::string& value, const Option& option);
std::string show_value(const std::vector<std::string>& value, const Option& option);
std::string show_value(const std::vector<double>& value, const Option& option);
std::string show_name(size_t index, const Option& option);
void read_value(bool& value, const Option& option, std::string_view canonical);
void read_value(int64_t& value, const Option& option, std::string_view canonical);
void read_value(std::string& value, const Option& option, std::string_view canonical);
void read_value(std::vector<std::string>& value, const Option& option, std::string_view canonical);
void read_value(std::vector<double>& value, const Option& option, std::string_view canonical);
size_t read_name(const Option& option, std::string_view canonical);

template <class T>
std::string show_field(const T& value, const Option& option) {
  if constexpr (std::is_enum_v<T>) {
    return show_name(static_cast<size_t>(value), option);
  } else {
    return show_value(value, option);
  }
}
template <class T>
void read_field(T& value, const Option& option, std::string_view canonical) {
  if constexpr (std::is_enum_v<T>) {
    value = static_cast<T>(read_name(option, canonical));
  } else {
    read_value(value, option, canonical);
  }
}

template <auto Field>
inline constexpr OptionAccess field = {
    [](const Config& config, const Option& option) { return show_field(config.*Field, option); },
    [](Config& config, const Option& option, std::string_view canonical) {
      read_field(config.*Field, option, canonical);
    }};

}  // namespace rondo
