// ConfigReader: redis.conf syntax and the command line to a Config. Used at start, before there are
// other threads.
//
//   # a comment            one option a line; words as of protocol/quote.h
//   port 7000
//   include conf.d/*.conf  read in its place, in the order of the names
//
// A failure's text has several lines: it is what the operator sees, and names line and option. The
// values of secret options are not in it.
#pragma once

#include <map>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "reactor/base/result.h"
#include "server/config.h"
#include "server/config_option.h"

namespace rondo {

class ConfigReader {
 public:
  explicit ConfigReader(Config& config) : config_(config) {}

  // Reads a whole file; "-" is standard input. Sets Config::config_file unless it is "-".
  Status read_file(const std::string& path);
  // The same for a text that is at hand.
  Status read_text(std::string_view text);
  // Options of a command line: "--name value ...".
  Status read_arguments(std::span<const std::string> arguments);

  // One line for each option that asks for something that this server does not do.
  const std::vector<std::string>& warnings() const { return warnings_; }

 private:
  struct Place {
    std::string_view path;  // Of an included file; empty for the first one.
    int line = 0;           // 0: the command line.
    std::string_view text;
  };
  Status read_lines(std::string_view text, std::string_view path, int depth);
  Status include(const std::string& pattern, const Place& place, int depth);
  Status apply(std::vector<std::string> words, const Place& place, int depth);
  void warn_without_effect(const Option& option);
  static Failure failure(const Place& place, const Option* option, std::string_view what);

  Config& config_;
  std::vector<std::string> warnings_;
  std::map<const Option*, std::vector<std::string>> repeated_;  // Words so far.
};

// What a command line asks for.
struct StartRequest {
  enum class Kind : uint8_t { kRun, kVersion, kHelp };
  Kind kind = Kind::kRun;
  Config config;
  std::vector<std::string> warnings;
};

// `arguments` without the program's name: [file | -] [--option value ...] | --version | --help.
Result<StartRequest> read_command_line(std::span<const std::string> arguments);
// For --help.
std::string usage_text(std::string_view program);

// Reads all of a file.
Result<std::string> read_whole_file(const std::string& path);

}  // namespace rondo
