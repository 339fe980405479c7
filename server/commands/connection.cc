#include "server/commands/connection.h"

#include <fmt/format.h>

#include <algorithm>

#include "protocol/errors.h"
#include "protocol/number.h"
#include "server/commands/monitor.h"
#include "server/core.h"
#include "server/pubsub.h"
#include "server/server_call.h"
#include "server/text.h"
#include "server/version.h"

namespace rondo {

bool is_client_name(std::string_view name) {
  return std::all_of(name.begin(), name.end(),
                     [](char byte) { return byte >= '!' && byte <= '~'; });
}

namespace {

constexpr const char* kBadName =
    "ERR Client names cannot contain spaces, newlines or special characters.";

// Takes the same time wherever the two differ, so that a password can't be guessed byte by byte.
bool same_secret(std::string_view given, std::string_view secret) {
  unsigned difference = given.size() == secret.size() ? 0 : 1;
  for (size_t i = 0; i < given.size(); ++i) {
    const char other = secret.empty() ? '\0' : secret[i % secret.size()];
    difference |= static_cast<unsigned char>(given[i]) ^ static_cast<unsigned char>(other);
  }
  return difference == 0;
}

Error authenticate(ServerCall& call, std::string_view user, std::string_view password) {
  const std::string& required = call.core.config().requirepass;
  const bool right = user == "default" && (required.empty() || same_secret(password, required));
  if (!right) return errors::kWrongPass;
  call.session.authenticated = true;
  call.session.user = user;
  return {};
}

Error auth(ServerCall& call) {
  if (call.size() > 3) return errors::kSyntax;
  if (call.size() == 2 && call.core.config().requirepass.empty()) {
    return "ERR AUTH <password> called without any password configured for the default user. Are "
           "you sure your configuration is correct?";
  }
  const std::string_view user = call.size() == 3 ? call[1] : "default";
  if (Error error = authenticate(call, user, call[call.size() - 1])) return error;
  call.reply.ok();
  return {};
}

Error echo(ServerCall& call) {
  call.reply.bulk(call[1]);
  return {};
}

// What HELLO asks for; nothing of it takes effect before all of it is known to be right.
struct HelloOptions {
  Resp resp;
  bool has_auth = false;
  std::string_view user;
  std::string_view password;
  bool has_name = false;
  std::string_view name;
};

Error parse_hello(const ServerCall& call, HelloOptions& options) {
  options.resp = call.session.resp;
  if (call.size() == 1) return {};
  const auto version = parse_integer(call[1]);
  if (!version) return "ERR Protocol version is not an integer or out of range";
  if (*version != 2 && *version != 3) return "NOPROTO unsupported protocol version";
  options.resp = *version == 2 ? Resp::k2 : Resp::k3;
  for (size_t i = 2; i < call.size(); ++i) {
    const size_t left = call.size() - 1 - i;
    if (same_word(call[i], "auth") && left >= 2) {
      options.has_auth = true;
      options.user = call[i + 1];
      options.password = call[i + 2];
      i += 2;
    } else if (same_word(call[i], "setname") && left >= 1) {
      options.has_name = true;
      options.name = call[++i];
      if (!is_client_name(options.name)) return kBadName;
    } else {
      return Error(fmt::format("ERR Syntax error in HELLO option '{}'", call[i].substr(0, 128)));
    }
  }
  return {};
}

Error hello(ServerCall& call) {
  HelloOptions options;
  if (Error error = parse_hello(call, options)) return error;
  Session& session = call.session;
  if (options.has_auth) {
    if (Error error = authenticate(call, options.user, options.password)) return error;
  }
  if (!session.authenticated) {
    return "NOAUTH HELLO must be called with the client already authenticated, otherwise the HELLO "
           "<proto> AUTH <user> <pass> option can be used to authenticate the client and select "
           "the RESP protocol version at the same time";
  }
  if (options.has_name) session.name = options.name;
  session.resp = options.resp;

  Reply reply(call.reply.out(), session.resp);
  reply.map(7);
  reply.bulk("server");
  reply.bulk("redis");
  reply.bulk("version");
  reply.bulk(kRedisVersion);
  reply.bulk("proto");
  reply.integer(static_cast<int64_t>(session.resp));
  reply.bulk("id");
  reply.integer(static_cast<int64_t>(session.id()));
  reply.bulk("mode");
  reply.bulk("standalone");
  reply.bulk("role");
  reply.bulk("master");
  reply.bulk("modules");
  reply.array(0);
  return {};
}

Error ping(ServerCall& call) {
  if (call.size() > 2) {
    return Error(fmt::format("ERR wrong number of arguments for '{}' command", call.row.name));
  }
  if (call.session.resp == Resp::k2 && call.session.subscribed()) {
    // What a client that expects messages can read as one.
    call.reply.array(2);
    call.reply.bulk("pong");
    call.reply.bulk(call.size() == 2 ? call[1] : "");
  } else if (call.size() == 2) {
    call.reply.bulk(call[1]);
  } else {
    call.reply.simple("PONG");
  }
  return {};
}

Error quit(ServerCall& call) {
  call.reply.ok();
  call.session.close_after_reply();
  return {};
}

Error reset(ServerCall& call) {
  Session& session = call.session;
  session.multi().reset();
  session.forget_watches();
  if (session.monitor) end_monitor(call.core, session);
  call.core.pubsub().unsubscribe_all(session);
  session.db = 0;
  session.resp = Resp::k2;
  session.authenticated = call.core.config().requirepass.empty();
  session.user = "default";
  session.name.clear();
  session.no_evict = false;
  session.no_touch = false;
  session.reply_mode = ReplyMode::kOn;
  call.reply.simple("RESET");
  return {};
}

Error select(ServerCall& call) {
  const auto index = parse_integer(call[1]);
  if (!index) return errors::kNotInteger;
  if (*index < INT32_MIN || *index > INT32_MAX) {
    return "ERR value is out of range, value must between -2147483648 and 2147483647";
  }
  if (*index < 0 || *index >= call.core.config().databases) return errors::kDbIndex;
  call.session.db = static_cast<int>(*index);
  call.reply.ok();
  return {};
}

constexpr uint32_t kHandshake = kNoscript | kLoading | kStale | kFast | kNoAuth | kAllowBusy;

const Command kRows[] = {
    {.name = "auth",
     .arity = -2,
     .flags = kHandshake,
     .acl = kAclConnection,
     .route = Route::kConnection,
     .serve = auth,
     .group = "connection",
     .since = "1.0.0",
     .summary = "Proves who the client is.",
     .complexity = "O(N), N the length of the password",
     .syntax = "[username@6.0.0] password"},
    {.name = "echo",
     .arity = 2,
     .flags = kLoading | kStale | kFast,
     .acl = kAclConnection,
     .route = Route::kConnection,
     .serve = echo,
     .group = "connection",
     .since = "1.0.0",
     .summary = "Answers with its argument.",
     .complexity = "O(1)",
     .syntax = "message"},
    {.name = "hello",
     .arity = -1,
     .flags = kHandshake,
     .acl = kAclConnection,
     .route = Route::kConnection,
     .serve = hello,
     .group = "connection",
     .since = "6.0.0",
     .summary = "Chooses the protocol and introduces server and client.",
     .complexity = "O(1)",
     .syntax = "[arguments(protover:integer [AUTH auth(username password)] [SETNAME clientname])]"},
    {.name = "ping",
     .arity = -1,
     .flags = kFast,
     .acl = kAclConnection,
     .route = Route::kConnection,
     .serve = ping,
     .tips = "request_policy:all_shards response_policy:all_succeeded",
     .group = "connection",
     .since = "1.0.0",
     .summary = "Answers PONG, or with its argument.",
     .complexity = "O(1)",
     .syntax = "[message]"},
    // Not kFast: replies that are still made on other cores must go out first.
    {.name = "quit",
     .arity = -1,
     .flags = kHandshake,
     .acl = kAclConnection | kAclFast,
     .route = Route::kConnection,
     .serve = quit,
     .group = "connection",
     .since = "1.0.0",
     .summary = "Closes the connection.",
     .complexity = "O(1)",
     .deprecated_since = "7.2.0",
     .replaced_by = "closing the connection"},
    {.name = "reset",
     .arity = 1,
     .flags = kHandshake,
     .acl = kAclConnection,
     .route = Route::kConnection,
     .serve = reset,
     .group = "connection",
     .since = "6.2.0",
     .summary = "Makes the connection as it was when it was opened.",
     .complexity = "O(1)"},
    {.name = "select",
     .arity = 2,
     .flags = kLoading | kStale | kFast,
     .acl = kAclConnection,
     .route = Route::kConnection,
     .serve = select,
     .group = "connection",
     .since = "1.0.0",
     .summary = "Chooses the database of the connection.",
     .complexity = "O(1)",
     .syntax = "index:integer"},
};

}  // namespace

std::span<const Command> connection_commands() {
  return kRows;
}

}  // namespace rondo
