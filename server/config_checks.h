// Checks of the options whose words need more than their kind says: each makes the canonical text,
// or returns what is wrong in Redis's words. See Option::check. Pure functions; any thread.
#pragma once

#include <string>

#include "server/config_option.h"

namespace rondo {

// Any words, joined by single spaces.
std::string check_words(const Config& config, OptionWords words, std::string& canonical);
// Up to 16 addresses.
std::string check_bind(const Config& config, OptionWords words, std::string& canonical);
// Groups of: class, hard limit, soft limit, soft seconds. Classes not named keep their limits.
std::string check_output_limits(const Config& config, OptionWords words, std::string& canonical);
// Percentiles from 0 to 100.
std::string check_percentiles(const Config& config, OptionWords words, std::string& canonical);
// As many connections as the limit of open files leaves room for.
std::string check_maxclients(const Config& config, OptionWords words, std::string& canonical);
// Pairs of seconds and changes.
std::string check_save(const Config& config, OptionWords words, std::string& canonical);
// Three numbers from -2000 to 2000.
std::string check_oom_scores(const Config& config, OptionWords words, std::string& canonical);
// Letters of the classes of keyspace events, in Redis's order; all of them are "A".
std::string check_event_classes(const Config& config, OptionWords words, std::string& canonical);
// Clamped to 1..500.
std::string check_hz(const Config& config, OptionWords words, std::string& canonical);

// The text of client-output-buffer-limit, and back.
std::string show_output_limits(const Config& config, const Option& option);
void read_output_limits(Config& config, const Option& option, std::string_view canonical);

}  // namespace rondo
