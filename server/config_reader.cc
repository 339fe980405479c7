#include "server/config_reader.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <glob.h>
#include <unistd.h>

#include <algorithm>
#include <climits>
#include <cstdlib>

#include "protocol/quote.h"
#include "server/text.h"
#include "server/version.h"

namespace rondo {
namespace {

constexpr int kIncludeDepthMax = 16;
constexpr const char* kBadDirective = "Bad directive or wrong number of arguments";

std::string_view trimmed(std::string_view line) {
  constexpr std::string_view kSpace = " \t\r\n";
  const size_t from = line.find_first_not_of(kSpace);
  if (from == line.npos) return {};
  return line.substr(from, line.find_last_not_of(kSpace) - from + 1);
}

std::string absolute_path(const std::string& path) {
  char resolved[PATH_MAX];
  return realpath(path.c_str(), resolved) != nullptr ? resolved : path;
}

// Options that change who may do what: to read over them would leave a server more open than its
// file says.
bool is_refused(std::string_view name, std::span<const std::string> words) {
  // Without a path, as a redis.conf may have it, it names no users.
  if (same_word(name, "aclfile")) return words.size() == 1 && !words[0].empty();
  return same_word(name, "user") || same_word(name, "rename-command") ||
         same_word(name, "loadmodule");
}

}  // namespace

Result<std::string> read_whole_file(const std::string& path) {
  const bool standard = path == "-";
  const int file = standard ? STDIN_FILENO : open(path.c_str(), O_RDONLY | O_CLOEXEC);
  if (file < 0) return Failure::from_errno("can't open " + path, errno);
  std::string text;
  char bytes[16 * 1024];
  for (;;) {
    const ssize_t count = read(file, bytes, sizeof bytes);
    if (count < 0 && errno == EINTR) continue;
    if (count < 0) {
      const int code = errno;
      if (!standard) close(file);
      return Failure::from_errno("can't read " + path, code);
    }
    if (count == 0) break;
    text.append(bytes, static_cast<size_t>(count));
  }
  if (!standard) close(file);
  return text;
}

Failure ConfigReader::failure(const Place& place, const Option* option, std::string_view what) {
  std::string where = "Reading the command line";
  if (place.line != 0) {
    where = fmt::format("Reading the configuration file, at line {}", place.line);
    if (!place.path.empty()) where += fmt::format(" of {}", place.path);
  }
  std::string shown(place.text);
  if (option != nullptr && option->secret) shown = std::string(option->name) + " ...";
  return Failure{fmt::format("\n*** FATAL CONFIG FILE ERROR (Rondo {}) ***\n{}\n>>> '{}'\n{}",
                             kVersion, where, shown, what)};
}

Status ConfigReader::read_file(const std::string& path) {
  auto text = read_whole_file(path);
  if (!text) {
    return Failure{fmt::format("Fatal error, can't open config file '{}': {}", path,
                               std::strerror(text.failure().code))};
  }
  if (path != "-") config_.config_file = absolute_path(path);
  return read_lines(*text, {}, 0);
}

Status ConfigReader::read_text(std::string_view text) {
  return read_lines(text, {}, 0);
}

Status ConfigReader::read_lines(std::string_view text, std::string_view path, int depth) {
  Place place{path, 0, {}};
  while (!text.empty()) {
    const size_t end = text.find('\n');
    place.text = trimmed(text.substr(0, end));
    ++place.line;
    text = end == text.npos ? std::string_view() : text.substr(end + 1);
    if (place.text.empty() || place.text.front() == '#') continue;
    auto words = split_words(place.text);
    if (!words) return failure(place, nullptr, "Unbalanced quotes in configuration line");
    if (words->empty()) continue;
    if (auto status = apply(std::move(*words), place, depth); !status) return status;
  }
  return Done{};
}

Status ConfigReader::read_arguments(std::span<const std::string> arguments) {
  for (size_t i = 0; i < arguments.size();) {
    const size_t from = i++;
    while (i < arguments.size() && !arguments[i].starts_with("--"))
      ++i;
    std::vector<std::string> words(arguments.begin() + static_cast<ptrdiff_t>(from),
                                   arguments.begin() + static_cast<ptrdiff_t>(i));
    const std::string text = fmt::format("{}", fmt::join(words, " "));
    const Place place{{}, 0, text};
    if (!words[0].starts_with("--")) return failure(place, nullptr, kBadDirective);
    words[0].erase(0, 2);
    if (auto status = apply(std::move(words), place, 0); !status) return status;
  }
  return Done{};
}

Status ConfigReader::include(const std::string& pattern, const Place& place, int depth) {
  if (depth == kIncludeDepthMax) return failure(place, nullptr, "Too many nested includes");
  glob_t found = {};
  const int result = glob(pattern.c_str(), GLOB_NOCHECK | GLOB_BRACE, nullptr, &found);
  if (result != 0) return failure(place, nullptr, "Can't expand the name of the file");
  Status status = Done{};
  for (size_t i = 0; i < found.gl_pathc && status; ++i) {
    const std::string path = found.gl_pathv[i];
    // A pattern that matches nothing is left as it is, and means that there is nothing to read.
    if (path == pattern && pattern.find_first_of("*?[{") != pattern.npos) continue;
    auto text = read_whole_file(path);
    status = text ? read_lines(*text, path, depth + 1)
                  : Status(failure(place, nullptr, text.failure().text));
  }
  globfree(&found);
  return status;
}

Status ConfigReader::apply(std::vector<std::string> words, const Place& place, int depth) {
  const std::string name = lower(words[0]);
  words.erase(words.begin());
  if (name == "include") {
    if (words.size() != 1) return failure(place, nullptr, kBadDirective);
    return include(words[0], place, depth);
  }
  if (is_refused(name, words)) {
    return failure(place, nullptr, "This option is not supported, and can't be ignored safely");
  }
  const Option* option = find_option(name);
  if (option == nullptr) return failure(place, nullptr, kBadDirective);
  if (option->repeats) {
    std::vector<std::string>& all = repeated_[option];
    // A lone empty word starts anew.
    if (words.size() == 1 && words[0].empty())
      all.clear();
    else
      all.insert(all.end(), words.begin(), words.end());
    words = all.empty() ? std::vector<std::string>{""} : all;
  }
  if (words.empty() || (words.size() > 1 && option->kind != OptionKind::kWords &&
                        option->kind != OptionKind::kEnumSet)) {
    return failure(place, option, kBadDirective);
  }
  const std::string wrong = set_option(config_, *option, words);
  if (!wrong.empty()) return failure(place, option, wrong);
  warn_without_effect(*option);
  return Done{};
}

// A redis.conf spells out dozens of defaults: only what it wants otherwise is worth a line, and
// what is written line by line (save), which nobody writes without meaning it.
void ConfigReader::warn_without_effect(const Option& option) {
  if (option.has_effect()) return;
  if (!option.repeats && option_value(config_, option) == option_default(option)) return;
  const std::string warning =
      fmt::format("The option '{}' has no effect in this server", option.name);
  if (std::ranges::find(warnings_, warning) == warnings_.end()) warnings_.push_back(warning);
}

Result<StartRequest> read_command_line(std::span<const std::string> arguments) {
  StartRequest request;
  if (!arguments.empty()) {
    const std::string& first = arguments[0];
    if (first == "-v" || first == "--version") request.kind = StartRequest::Kind::kVersion;
    if (first == "-h" || first == "--help") request.kind = StartRequest::Kind::kHelp;
    if (request.kind != StartRequest::Kind::kRun) return request;
  }
  ConfigReader reader(request.config);
  if (!arguments.empty() && (arguments[0] == "-" || !arguments[0].starts_with("-"))) {
    if (auto status = reader.read_file(arguments[0]); !status) return status.failure();
    arguments = arguments.subspan(1);
  }
  if (auto status = reader.read_arguments(arguments); !status) return status.failure();
  request.warnings = reader.warnings();
  return request;
}

std::string usage_text(std::string_view program) {
  return fmt::format(
      "Usage: {0} [FILE | -] [--OPTION VALUE ...]\n"
      "       {0} --version | --help\n"
      "\n"
      "FILE has the syntax of redis.conf; - reads it from standard input. Every option of the "
      "file\n"
      "can be given on the command line, where it overrides the file.\n"
      "\n"
      "  --port 7000              TCP port; 0 for none\n"
      "  --bind 127.0.0.1 ::1     addresses to listen on\n"
      "  --unixsocket PATH        listen on a unix socket as well\n"
      "  --threads 4              cores to use; 0 for all of the affinity mask\n"
      "  --requirepass PASSWORD   what clients must authenticate with\n"
      "  --maxclients 10000       connections at a time\n"
      "  --logfile PATH           the log; standard output otherwise\n"
      "  --loglevel verbose       debug, verbose, notice, warning or nothing\n"
      "\n"
      "Examples:\n"
      "  {0}\n"
      "  {0} /etc/rondo.conf --port 7000\n"
      "  {0} --port 7000 --threads 2 --loglevel debug\n",
      program);
}

}  // namespace rondo
