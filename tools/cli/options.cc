#include "tools/cli/options.h"

#include <charconv>
#include <cstdlib>

namespace rondo::cli {
namespace {

template <class Number>
bool parse_whole(std::string_view text, Number& value) {
  const char* end = text.data() + text.size();
  const auto [stop, error] = std::from_chars(text.data(), end, value);
  return error == std::errc() && stop == end && !text.empty();
}

int hex_digit(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return -1;
}

// Percent-decoding; a '%' that starts no pair of digits stands for itself.
std::string decode_percent(std::string_view text) {
  std::string decoded;
  for (size_t at = 0; at < text.size(); ++at) {
    const int high = at + 2 < text.size() ? hex_digit(text[at + 1]) : -1;
    const int low = at + 2 < text.size() ? hex_digit(text[at + 2]) : -1;
    if (text[at] == '%' && high >= 0 && low >= 0) {
      decoded += static_cast<char>(high * 16 + low);
      at += 2;
    } else {
      decoded += text[at];
    }
  }
  return decoded;
}

// Walks over the arguments and fills the options.
class Parser {
 public:
  explicit Parser(const std::vector<std::string>& arguments) : arguments_(arguments) {}

  Result<Options> parse() {
    for (const char* name : {"REDISCLI_AUTH", "RONDOCLI_AUTH"}) {
      if (const char* password = std::getenv(name)) options_.password = password;
    }
    for (; at_ < arguments_.size() && arguments_[at_].starts_with('-'); ++at_) {
      if (arguments_[at_] == "-") break;
      name_ = arguments_[at_];
      failure_.clear();
      if (!parse_connection() && !parse_output() && !parse_mode()) {
        return Failure{"Unrecognized option or bad number of args for: '" + name_ + "'"};
      }
      if (!failure_.empty()) return Failure{failure_};
    }
    options_.command.assign(arguments_.begin() + static_cast<ptrdiff_t>(at_), arguments_.end());
    const bool has_command = !options_.command.empty() || !options_.script_path.empty();
    if (options_.mode == Mode::kRepl && has_command) {
      options_.mode = Mode::kCommand;
    }
    return std::move(options_);
  }

 private:
  bool is(std::string_view name) const { return name_ == name; }

  // True, and the value in `value`, when the current option is `name` and has one.
  bool with_value(std::string_view name, std::string& value) {
    if (name_ != name || at_ + 1 >= arguments_.size()) return false;
    value = arguments_[++at_];
    return true;
  }

  template <class Number>
  bool with_number(std::string_view name, Number& value) {
    std::string text;
    if (!with_value(name, text)) return false;
    if (!parse_whole(text, value)) failure_ = name_ + " takes a number, not '" + text + "'";
    return true;
  }

  // An option without a value.
  template <class Value>
  bool flag(std::string_view name, Value& field, Value value) {
    if (name_ != name) return false;
    field = value;
    return true;
  }

  bool parse_connection() {
    std::string value;
    if (with_value("-h", options_.address.host) || with_value("-s", options_.address.unix_path) ||
        with_number("-p", options_.address.port) || with_number("-n", options_.database) ||
        with_value("--user", options_.user) || flag("--askpass", options_.ask_password, true) ||
        flag("--no-auth-warning", options_.auth_warning, false) || flag("-2", options_.resp, 2) ||
        flag("-3", options_.resp, 3)) {
      return true;
    }
    if (with_value("-a", value) || with_value("--pass", value)) {
      options_.password = value;
      options_.password_on_command_line = true;
      return true;
    }
    if (with_value("-u", value)) {
      if (const Status status = apply_uri(value, options_); !status) {
        failure_ = status.failure().text;
      }
      return true;
    }
    return false;
  }

  bool parse_output() {
    using MaybeFormat = std::optional<Format>;
    std::string value;
    if (flag("--raw", options_.format, MaybeFormat(Format::kRaw)) ||
        flag("--no-raw", options_.format, MaybeFormat(Format::kReadable)) ||
        flag("--csv", options_.format, MaybeFormat(Format::kCsv)) ||
        with_value("-d", options_.element_delimiter) ||
        with_value("-D", options_.reply_delimiter) || flag("-e", options_.error_exit, true)) {
      return true;
    }
    if (is("--json") || is("--quoted-json")) {
      options_.format = Format::kJson;
      options_.json_ascii = is("--quoted-json");
      if (options_.resp == 0) options_.resp = 3;  // Its types are what JSON needs to know.
      return true;
    }
    if (with_value("--show-pushes", value)) {
      options_.show_pushes = value.starts_with('y') || value.starts_with('Y');
      return true;
    }
    return false;
  }

  bool parse_mode() {
    if (is("-i")) {
      options_.interval_given = true;
      return with_number("-i", options_.interval_s);
    }
    return with_number("-r", options_.repeat) ||
           flag("-x", options_.last_argument_from_stdin, true) ||
           with_value("-X", options_.stdin_tag) ||
           flag("--quoted-input", options_.quoted_input, true) ||
           with_value("--eval", options_.script_path) ||
           flag("--pipe", options_.mode, Mode::kPipe) ||
           with_number("--pipe-timeout", options_.pipe_timeout_s) ||
           flag("--latency", options_.mode, Mode::kLatency) ||
           flag("--scan", options_.mode, Mode::kScan) ||
           with_value("--pattern", options_.pattern) ||
           with_number("--count", options_.scan_count) ||
           flag("--help", options_.mode, Mode::kHelp) ||
           flag("-v", options_.mode, Mode::kVersion) ||
           flag("--version", options_.mode, Mode::kVersion);
  }

  const std::vector<std::string>& arguments_;
  size_t at_ = 0;
  std::string name_;
  std::string failure_;
  Options options_;
};

}  // namespace

Result<Options> parse_options(const std::vector<std::string>& arguments) {
  return Parser(arguments).parse();
}

Status apply_uri(std::string_view uri, Options& options) {
  constexpr std::string_view kScheme = "redis://";
  if (uri.starts_with("rediss://")) return Failure{"TLS is not supported: use redis://"};
  if (!uri.starts_with(kScheme)) return Failure{"Invalid URI scheme: it begins with redis://"};
  uri.remove_prefix(kScheme.size());

  if (const size_t at = uri.rfind('@', uri.find('/')); at != uri.npos) {
    const std::string_view credentials = uri.substr(0, at);
    const size_t colon = credentials.find(':');
    if (colon != uri.npos && colon > 0) options.user = decode_percent(credentials.substr(0, colon));
    options.password =
        decode_percent(colon == uri.npos ? credentials : credentials.substr(colon + 1));
    options.password_on_command_line = true;
    uri.remove_prefix(at + 1);
  }
  if (const size_t slash = uri.find('/'); slash != uri.npos) {
    const std::string_view database = uri.substr(slash + 1);
    if (!database.empty() && !parse_whole(database, options.database)) {
      return Failure{"Invalid database in the URI: " + std::string(database)};
    }
    uri = uri.substr(0, slash);
  }
  // An IPv6 address stands in brackets, since it has colons of its own.
  const size_t bracket = uri.starts_with('[') ? uri.find(']') : uri.npos;
  const size_t colon = uri.find(':', bracket == uri.npos ? 0 : bracket);
  if (colon != uri.npos && !parse_whole(uri.substr(colon + 1), options.address.port)) {
    return Failure{"Invalid port in the URI: " + std::string(uri.substr(colon + 1))};
  }
  std::string_view host = uri.substr(0, colon);
  if (bracket != uri.npos) host = uri.substr(1, bracket - 1);
  if (!host.empty()) options.address.host = decode_percent(host);
  return Done{};
}

std::string_view help_text() {
  return R"(Usage: rondo-cli [OPTIONS] [cmd [arg [arg ...]]]
  -h <hostname>      Server host name (default: 127.0.0.1).
  -p <port>          Server port (default: 6379).
  -s <socket>        Server socket (overrides host name and port).
  -u <uri>           Server URI: redis://[[user]:password@]host[:port][/database].
  -a <password>      Password. The environment variables REDISCLI_AUTH and RONDOCLI_AUTH
                     pass it more safely; this option goes before them.
  --user <username>  Send AUTH with this user name. Needs a password.
  --pass <password>  The same as -a.
  --askpass          Ask for the password at the terminal.
  --no-auth-warning  Don't warn about a password on the command line.
  -n <db>            Database number.
  -2, -3             Speak RESP2 or RESP3.
  -r <repeat>        Run the command N times; -1 is for ever.
  -i <interval>      Wait that many seconds between repeats (0.1 is fine), and between the
                     steps of --scan; for --latency without a terminal, the time to sample.
  -x                 Read the last argument from standard input.
  -X <tag>           Read the argument that equals <tag> from standard input.
  -e                 Exit with an error code when the command failed.
  -d <delimiter>     Between the elements of a raw reply (default: \n).
  -D <delimiter>     Between raw replies (default: \n).
  --raw              Raw replies (default when standard output is no terminal).
  --no-raw           Readable replies, also without a terminal.
  --csv              Replies as comma-separated values.
  --json             Replies as JSON (with RESP3, unless -2 is given).
  --quoted-json      The same in pure ASCII.
  --quoted-input     Take the arguments as quoted strings.
  --show-pushes <yn> Print RESP3 push messages (default: at a terminal).
  --latency          Sample the server's latency: at a terminal until interrupted, else for
                     one second (see -i).
  --scan             List the keys by SCAN.
  --pattern <pat>    Keys that --scan lists (default: all).
  --count <n>        COUNT of the SCANs of --scan.
  --pipe             Send raw protocol from standard input to the server.
  --pipe-timeout <n> Give up --pipe when all is sent and no reply came for <n> seconds
                     (default: 30; 0 waits for ever).
  --eval <file>      Run a Lua script: rondo-cli --eval file key1 key2 , arg1 arg2
  --help, --version

Without a command rondo-cli reads them from the terminal, or from standard input.
)";
}

}  // namespace rondo::cli
