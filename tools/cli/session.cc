#include "tools/cli/session.h"

#include <unistd.h>

#include <algorithm>
#include <cctype>
#include <charconv>
#include <cstdio>
#include <utility>

#include "tools/cli/format.h"
#include "tools/cli/interrupt.h"

namespace rondo::cli {
namespace {

std::string lower(std::string_view text) {
  std::string result(text);
  for (char& c : result)
    c = static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
  return result;
}

// True when the arguments begin with these words, in any case.
bool begins_with(std::span<const std::string> arguments,
                 std::initializer_list<std::string_view> words) {
  if (arguments.size() < words.size()) return false;
  return std::equal(
      words.begin(), words.end(), arguments.begin(),
      [](std::string_view word, const std::string& argument) { return lower(argument) == word; });
}

// Commands whose reply is a text for people.
bool replies_with_text(std::span<const std::string> arguments) {
  for (const auto& words :
       std::initializer_list<std::initializer_list<std::string_view>>{{"info"},
                                                                      {"lolwut"},
                                                                      {"client", "list"},
                                                                      {"client", "info"},
                                                                      {"cluster", "info"},
                                                                      {"cluster", "nodes"},
                                                                      {"latency", "doctor"},
                                                                      {"latency", "graph"},
                                                                      {"memory", "doctor"},
                                                                      {"memory", "malloc-stats"}}) {
    if (begins_with(arguments, words)) return true;
  }
  return false;
}

bool opens_stream(std::span<const std::string> arguments) {
  for (const std::string_view name : {"subscribe", "psubscribe", "ssubscribe", "monitor"}) {
    if (begins_with(arguments, {name})) return true;
  }
  return false;
}

}  // namespace

Session::Session(Options options) : options_(std::move(options)), database_(options_.database) {
  const bool at_terminal = ::isatty(STDOUT_FILENO) != 0;
  if (!options_.format) options_.format = at_terminal ? Format::kReadable : Format::kRaw;
  if (!options_.show_pushes) options_.show_pushes = at_terminal;
}

Status Session::connect() {
  client_.reset();
  in_multi_ = false;
  Result<client::Client> client = client::Client::connect(options_.address);
  if (!client) return client.failure();
  client_ = std::move(*client);
  client_->set_timeout_ms(client::Client::kForever);  // A BLPOP may take its time.

  if (options_.password) {
    std::vector<std::string> auth{"AUTH"};
    if (!options_.user.empty()) auth.push_back(options_.user);
    auth.push_back(*options_.password);
    warn_if_error("AUTH", client_->command(auth));
  }
  if (options_.resp == 3) warn_if_error("HELLO 3", client_->command({"HELLO", "3"}));
  if (database_ != 0) {
    const std::string number = std::to_string(database_);
    const Result<RespValue> reply = client_->command({"SELECT", number});
    warn_if_error("SELECT " + number, reply);
    if (!reply || reply.value().is_error()) database_ = 0;
  }
  return Done{};
}

void Session::connect_to(const std::string& host, uint16_t port) {
  options_.address = {.host = host, .port = port, .unix_path = ""};
  if (const Status status = connect(); !status) {
    std::fprintf(stderr, "Could not connect to %s\n", status.failure().text.c_str());
  }
}

void Session::warn_if_error(const std::string& what, const Result<RespValue>& reply) const {
  if (reply && !reply.value().is_error()) return;
  const std::string& why = reply ? reply.value().text : reply.failure().text;
  std::fprintf(stderr, "%s failed: %s\n", what.c_str(), why.c_str());
}

std::string Session::prompt() const {
  if (!client_) return "not connected> ";
  std::string text = options_.address.unix_path.empty() ? options_.address.text()
                                                        : "rondo " + options_.address.unix_path;
  if (database_ != 0) text += '[' + std::to_string(database_) + ']';
  if (in_multi_) text += "(TX)";
  return text + "> ";
}

Result<RespValue> Session::exchange(std::span<const std::string> arguments) {
  std::string bytes;
  client::append_command(bytes, arguments);
  if (const Status status = client_->send(bytes); !status) return status.failure();
  // In RESP3 a subscription is confirmed by a push, and there is no other reply.
  return opens_stream(arguments) ? client_->read() : client_->read_reply();
}

Outcome Session::run(std::span<const std::string> arguments) {
  Result<RespValue> reply = Failure{"not connected"};
  for (int attempt = 0; attempt < 2 && !reply; ++attempt) {
    if (!client_) {
      if (const Status status = connect(); !status) {
        std::fprintf(stderr, "Could not connect to %s\n", status.failure().text.c_str());
        return Outcome::kFailed;
      }
    }
    reply = exchange(arguments);
    if (reply) break;
    client_.reset();
    in_multi_ = false;
    if (begins_with(arguments, {"shutdown"}) && reply.failure().code == ECONNRESET) {
      return Outcome::kReply;  // The server does not say goodbye.
    }
    if (reply.failure().code == EINTR) break;
  }
  if (!reply) {
    std::fprintf(stderr, "Error: %s\n", reply.failure().text.c_str());
    return Outcome::kFailed;
  }

  print_pushes();
  if (opens_stream(arguments) && !reply->is_error() && !in_multi_) return stream(*reply);
  if (reply->is_error() && options_.error_exit) {
    std::fprintf(stderr, "%s\n", reply->text.c_str());
  } else {
    print(*reply, replies_with_text(arguments));
  }
  follow(arguments, *reply);
  return reply->is_error() ? Outcome::kErrorReply : Outcome::kReply;
}

Outcome Session::stream(const RespValue& first) {
  const bool is_monitor = first.type == RespValue::Type::kSimple;
  if (format() == Format::kReadable && !is_monitor) {
    std::puts("Reading messages... (press Ctrl-C to quit)");
  }
  std::optional<Interrupt> interrupt;
  if (interrupts_end_streams_) interrupt.emplace(client_->fd());
  print(first);
  while (true) {
    std::fflush(stdout);
    const Result<RespValue> message = client_->read();
    if (!message) {
      const bool was_interrupted = interrupt && interrupt->happened();
      interrupt.reset();  // It names the socket that is closed now.
      client_.reset();    // The server must forget the subscriptions.
      if (was_interrupted) {
        std::puts("");
        return connect() ? Outcome::kReply : Outcome::kFailed;
      }
      std::fprintf(stderr, "Error: %s\n", message.failure().text.c_str());
      return Outcome::kFailed;
    }
    print(message.value());
  }
}

// What a command that went well means for the prompt and for a later reconnect.
void Session::follow(std::span<const std::string> arguments, const RespValue& reply) {
  if (begins_with(arguments, {"exec"}) || begins_with(arguments, {"discard"})) {
    const bool ran = begins_with(arguments, {"exec"}) && reply.type == RespValue::Type::kArray;
    if (in_multi_ && !ran) database_ = database_before_multi_;
    // EXEC outside of MULTI changes nothing, and in_multi_ is false already.
    in_multi_ = false;
    return;
  }
  if (reply.is_error()) return;
  if (begins_with(arguments, {"select"}) && arguments.size() == 2) {
    const std::string& text = arguments[1];
    std::from_chars(text.data(), text.data() + text.size(), database_);
  } else if (begins_with(arguments, {"multi"})) {
    in_multi_ = true;
    database_before_multi_ = database_;
  } else if (begins_with(arguments, {"reset"})) {
    in_multi_ = false;
    database_ = 0;
    options_.resp = 2;
  } else if (begins_with(arguments, {"hello"}) && arguments.size() > 1) {
    options_.resp = arguments[1] == "3" ? 3 : 2;
  }
}

void Session::print_pushes() {
  if (!client_) return;
  while (std::optional<RespValue> push = client_->next_push()) {
    if (*options_.show_pushes) print(*push);
  }
}

void Session::print(const RespValue& value, bool as_text) const {
  std::string text;
  if (as_text && !value.is_error()) {
    text = format_raw(value, "\n");
    if (!text.empty() && !text.ends_with('\n')) text += '\n';
    std::fwrite(text.data(), 1, text.size(), stdout);
    return;
  }
  switch (format()) {
    case Format::kReadable:
      text = format_readable(value) + '\n';
      break;
    case Format::kRaw:
      text = format_raw(value, options_.element_delimiter) + options_.reply_delimiter;
      break;
    case Format::kCsv:
      text = format_csv(value) + '\n';
      break;
    case Format::kJson:
      text = format_json(value, options_.json_ascii) + '\n';
      break;
  }
  std::fwrite(text.data(), 1, text.size(), stdout);
}

}  // namespace rondo::cli
