// rondo-cli: the command-line client.
#include <termios.h>
#include <unistd.h>

#include <cstdio>
#include <cstdlib>
#include <string>
#include <vector>

#include "protocol/quote.h"
#include "tools/cli/modes.h"
#include "tools/cli/options.h"
#include "tools/cli/pipe.h"
#include "tools/cli/repl.h"
#include "tools/cli/session.h"

namespace rondo::cli {
namespace {

std::string read_all(std::FILE* file) {
  std::string bytes;
  char chunk[64 * 1024];
  while (const size_t got = std::fread(chunk, 1, sizeof(chunk), file))
    bytes.append(chunk, got);
  return bytes;
}

std::string ask_password() {
  std::fputs("Please input password: ", stderr);
  termios before;
  const bool hides = ::tcgetattr(STDIN_FILENO, &before) == 0;
  if (hides) {
    termios hidden = before;
    hidden.c_lflag &= ~static_cast<tcflag_t>(ECHO);
    ::tcsetattr(STDIN_FILENO, TCSANOW, &hidden);
  }
  std::string password;
  for (int c = std::getchar(); c != EOF && c != '\n'; c = std::getchar()) {
    password += static_cast<char>(c);
  }
  if (hides) ::tcsetattr(STDIN_FILENO, TCSANOW, &before);
  std::fputs("\n", stderr);
  return password;
}

// EVAL with the script of a file: `key1 key2 , arg1 arg2` are its keys and arguments.
Status make_eval(Options& options) {
  std::FILE* file = std::fopen(options.script_path.c_str(), "rb");
  if (!file) return Failure::from_errno("Can't open file '" + options.script_path + "'", errno);
  std::vector<std::string> command{"EVAL", read_all(file), ""};
  std::fclose(file);
  size_t keys = 0;
  bool after_comma = false;
  for (std::string& argument : options.command) {
    if (!after_comma && argument == ",") {
      after_comma = true;
      continue;
    }
    if (!after_comma) ++keys;
    command.push_back(std::move(argument));
  }
  command[2] = std::to_string(keys);
  options.command = std::move(command);
  return Done{};
}

// Puts in what comes from files and standard input, and undoes --quoted-input.
Status complete_command(Options& options) {
  if (!options.script_path.empty()) {
    if (const Status status = make_eval(options); !status) return status;
  }
  if (options.quoted_input) {
    for (std::string& argument : options.command) {
      const auto words = split_words(argument);
      if (!words || words->size() != 1) return Failure{"Invalid quoted string: " + argument};
      argument = words->front();
    }
  }
  if (options.last_argument_from_stdin) options.command.push_back(read_all(stdin));
  if (!options.stdin_tag.empty()) {
    const std::string bytes = read_all(stdin);
    for (std::string& argument : options.command) {
      if (argument == options.stdin_tag) argument = bytes;
    }
  }
  return Done{};
}

int run_command(Session& session) {
  const Options& options = session.options();
  const Outcome outcome = run_repeatedly(session, options.command, options.repeat);
  if (outcome == Outcome::kFailed) return 1;
  return outcome == Outcome::kErrorReply && options.error_exit ? 1 : 0;
}

int fail(const std::string& text) {
  std::fprintf(stderr, "%s\n", text.c_str());
  return 1;
}

int run(Options options) {
  if (options.ask_password) options.password = ask_password();
  if (options.password_on_command_line && !options.ask_password && options.auth_warning) {
    std::fputs(
        "Warning: Using a password with '-a' or '-u' option on the command line interface "
        "may not be safe.\n",
        stderr);
  }
  if (const Status status = complete_command(options); !status) return fail(status.failure().text);

  Session session(std::move(options));
  const Mode mode = session.options().mode;
  if (const Status status = session.connect(); !status) {
    const int code = fail("Could not connect to " + status.failure().text);
    // A person at the prompt may start the server, or connect elsewhere.
    if (mode != Mode::kRepl || !::isatty(STDIN_FILENO)) return code;
  }
  switch (mode) {
    case Mode::kPipe:
      return run_pipe(session.client(), STDIN_FILENO, session.options().pipe_timeout_s);
    case Mode::kLatency:
      return run_latency(session);
    case Mode::kScan:
      return run_scan(session);
    case Mode::kRepl:
      return run_repl(session);
    default:
      return run_command(session);
  }
}

int run(const std::vector<std::string>& arguments) {
  Result<Options> options = parse_options(arguments);
  if (!options) return fail(options.failure().text + "\nTry 'rondo-cli --help'.");
  if (options->mode == Mode::kHelp) {
    std::fputs(help_text().data(), stdout);
    return 0;
  }
  if (options->mode == Mode::kVersion) {
    std::puts("rondo-cli " RONDO_VERSION);
    return 0;
  }
  return run(std::move(*options));
}

}  // namespace
}  // namespace rondo::cli

int main(int argc, char** argv) {
  return rondo::cli::run(std::vector<std::string>(argv + 1, argv + argc));
}
