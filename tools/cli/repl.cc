#include "tools/cli/repl.h"

#include <unistd.h>

#include <algorithm>
#include <cctype>
#include <charconv>
#include <cstdio>
#include <cstdlib>

#include "protocol/quote.h"
#include "reactor/base/clock.h"
#include "tools/cli/line_editor.h"
#include "tools/cli/usage.h"

namespace rondo::cli {
namespace {

constexpr int64_t kSlowNs = 500'000'000;

std::string upper(std::string_view text) {
  std::string result(text);
  for (char& c : result)
    c = static_cast<char>(std::toupper(static_cast<unsigned char>(c)));
  return result;
}

std::string history_path() {
  if (const char* path = std::getenv("RONDOCLI_HISTFILE")) return path;
  const char* home = std::getenv("HOME");
  return home ? std::string(home) + "/.rondocli_history" : std::string();
}

// A line with a password stays out of the history file.
bool is_secret(const std::vector<std::string>& words) {
  const std::string name = upper(words[0]);
  if (name == "AUTH" || name == "HELLO" || name == "MIGRATE") return true;
  if (words.size() < 3) return false;
  const std::string second = upper(words[1]);
  const std::string third = upper(words[2]);
  return (name == "ACL" && second == "SETUSER") ||
         (name == "CONFIG" && second == "SET" &&
          (third == "MASTERAUTH" || third == "MASTERUSER" || third == "REQUIREPASS"));
}

class Repl {
 public:
  explicit Repl(Session& session)
      : session_(session),
        editor_(history_path(), [this](std::string_view typed) { return complete(typed); }) {
    if (editor_.is_interactive()) session_.let_interrupts_end_streams();
  }

  int run() {
    Outcome last = Outcome::kReply;
    while (std::optional<std::string> line = editor_.read_line(session_.prompt())) {
      const std::optional<std::vector<std::string>> words = split_words(*line);
      if (!words) {
        std::puts("Invalid argument(s)");
        continue;
      }
      if (words->empty()) continue;
      if (!is_secret(*words)) editor_.remember(*line);
      const std::string name = upper(words->front());
      if (name == "QUIT" || name == "EXIT") return 0;
      if (!run_local(name, *words)) last = run_command(*words);
      std::fflush(stdout);
    }
    if (editor_.is_interactive()) std::puts("");
    return last == Outcome::kFailed ? 1 : 0;
  }

 private:
  // Commands of rondo-cli itself.
  bool run_local(const std::string& name, const std::vector<std::string>& words) {
    uint16_t port = 0;
    if (name == "CLEAR" && words.size() == 1) {
      std::fputs("\x1b[H\x1b[2J", stdout);
    } else if (name == "CONNECT" && words.size() == 3 &&
               std::from_chars(words[2].data(), words[2].data() + words[2].size(), port).ec ==
                   std::errc()) {
      names_.clear();
      session_.connect_to(words[1], port);
    } else if (name == "HELP" || name == "?") {
      help(words);
    } else {
      return false;
    }
    return true;
  }

  Outcome run_command(std::span<const std::string> words) {
    // "3 PING" is PING three times.
    int64_t repeat = 1;
    const std::string& first = words.front();
    const char* end = first.data() + first.size();
    if (words.size() > 1 && std::from_chars(first.data(), end, repeat).ptr == end && repeat > 0) {
      words = words.subspan(1);
    } else {
      repeat = session_.options().repeat;
    }
    const int64_t from_ns = read_monotonic_ns();
    const Outcome outcome = run_repeatedly(session_, words, repeat);
    const int64_t took_ns = read_monotonic_ns() - from_ns;
    if (took_ns >= kSlowNs && session_.options().format == Format::kReadable) {
      std::printf("(%.2fs)\n", static_cast<double>(took_ns) / 1e9);
    }
    return outcome;
  }

  // Names of commands; behind a whole one, how it is used. In a transaction the server would queue
  // the questions.
  Completion complete(std::string_view typed) {
    if (typed.empty() || !session_.is_connected() || session_.in_multi()) return {};
    Completion completion{.words = names_that_begin(typed), .hint = {}};
    const std::optional<std::vector<std::string>> words = split_words(typed);
    if (completion.words.empty() && words && !words->empty()) completion.hint = usage(*words);
    return completion;
  }

  // How the command is used that a line begins with; empty: the server does not say.
  std::string usage(std::span<const std::string> words) {
    const Result<RespValue> reply = session_.client().command({"COMMAND", "DOCS", words.front()});
    if (!reply) return {};
    const std::optional<CommandUsage> found = find_usage(reply.value(), words);
    return found ? found->line : std::string();
  }

  // The names of the server's commands, asked for once and when TAB is first used.
  std::vector<std::string> names_that_begin(std::string_view typed) {
    if (names_.empty()) {
      const Result<RespValue> reply = session_.client().command({"COMMAND", "LIST"});
      if (!reply) return {};
      for (const RespValue& name : reply.value().elements) {
        names_.push_back(upper(name.text));
        std::replace(names_.back().begin(), names_.back().end(), '|', ' ');  // CONFIG|GET
      }
      std::sort(names_.begin(), names_.end());
    }
    const std::string beginning = upper(typed);
    std::vector<std::string> found;
    for (const std::string& name : names_) {
      if (name.starts_with(beginning)) found.push_back(name);
    }
    return found;
  }

  void help(const std::vector<std::string>& words) {
    if (words.size() == 1) {
      std::puts(
          "rondo-cli: type a command and its arguments; \"quotes\" keep spaces together.\n"
          "  <n> <command>        run it n times\n"
          "  help <command>       what the server says about it\n"
          "  connect <host> <port>, clear, quit\n"
          "TAB completes a command, and behind one shows its arguments.\n"
          "The arrows and Ctrl-R go through the history.");
      return;
    }
    if (!session_.is_connected() || session_.in_multi()) {
      std::puts("the server can be asked when connected, and outside of a transaction");
      return;
    }
    const auto asked = std::span(words).subspan(1);
    const Result<RespValue> reply = session_.client().command({"COMMAND", "DOCS", asked.front()});
    const auto usage = reply ? find_usage(reply.value(), asked) : std::nullopt;
    if (!usage) {
      std::puts("no such command, or the server has no words about it");
      return;
    }
    std::printf("  %s\n", usage->line.c_str());
    for (size_t index = 0; index + 1 < usage->docs.size(); index += 2) {
      const RespValue& value = usage->docs[index + 1];
      if (value.is_aggregate()) continue;
      std::printf("  %s: %s\n", usage->docs[index].text.c_str(), value.text.c_str());
    }
  }

  Session& session_;
  std::vector<std::string> names_;
  LineEditor editor_;
};

}  // namespace

int run_repl(Session& session) {
  return Repl(session).run();
}

Outcome run_repeatedly(Session& session, std::span<const std::string> arguments, int64_t repeat) {
  Outcome outcome = Outcome::kReply;
  for (int64_t round = 0; (repeat < 0 || round < repeat) && outcome != Outcome::kFailed; ++round) {
    outcome = session.run(arguments);
    std::fflush(stdout);
    const double pause_s = session.options().interval_s;
    if (pause_s > 0) ::usleep(static_cast<useconds_t>(pause_s * 1e6));
  }
  return outcome;
}

}  // namespace rondo::cli
