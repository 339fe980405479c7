// What the command line and the environment ask of rondo-cli. The options are redis-cli's, so
// that its scripts and its users' fingers work.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "reactor/base/result.h"
#include "tools/client/client.h"

namespace rondo::cli {

enum class Format : uint8_t { kReadable, kRaw, kCsv, kJson };
enum class Mode : uint8_t { kCommand, kRepl, kPipe, kLatency, kScan, kHelp, kVersion };

struct Options {
  client::Address address;
  std::string user;  // Empty: AUTH with the password alone.
  std::optional<std::string> password;
  bool password_on_command_line = false;
  bool ask_password = false;
  bool auth_warning = true;
  int database = 0;
  int resp = 0;  // 2 or 3 when asked for, 0 for the server's default.

  Mode mode = Mode::kRepl;
  std::optional<Format> format;          // Chosen by the terminal when not asked for.
  bool json_ascii = false;               // Escape everything outside ASCII.
  std::string reply_delimiter = "\n";    // -D, between replies.
  std::string element_delimiter = "\n";  // -d, between the elements of one.
  std::optional<bool> show_pushes;

  int64_t repeat = 1;  // -1: for ever.
  double interval_s = 0;
  bool interval_given = false;
  bool error_exit = false;  // -e
  bool last_argument_from_stdin = false;
  std::string stdin_tag;  // -X
  bool quoted_input = false;
  std::string script_path;  // --eval
  std::string pattern;      // --pattern
  int64_t scan_count = 0;   // --count
  int pipe_timeout_s = 30;  // 0: wait for ever.
  std::vector<std::string> command;
};

// Reads argv[1..], REDISCLI_AUTH and RONDOCLI_AUTH. The Failure is one line for the user.
Result<Options> parse_options(const std::vector<std::string>& arguments);

// Takes an URI apart: redis://[[user]:password@]host[:port][/database]. The parts that it does not
// name keep what `options` has.
Status apply_uri(std::string_view uri, Options& options);

// The text of --help.
std::string_view help_text();

}  // namespace rondo::cli
