// Session: the connection of rondo-cli together with what outlives a reconnect: credentials,
// database, protocol. It runs commands, prints their replies, and follows what they change (SELECT,
// MULTI, HELLO, RESET), which the prompt shows. One thread.
#pragma once

#include <optional>
#include <span>
#include <string>
#include <vector>

#include "protocol/resp_reader.h"
#include "tools/cli/options.h"
#include "tools/client/client.h"

namespace rondo::cli {

enum class Outcome : uint8_t {
  kReply,
  kErrorReply,
  kFailed,  // No reply: the reason is printed.
};

class Session {
 public:
  explicit Session(Options options);

  // Connects, authenticates, chooses protocol and database. A refused password or database is a
  // warning, since the next command may well be the one that puts it right.
  Status connect();
  void connect_to(const std::string& host, uint16_t port);

  bool is_connected() const { return client_.has_value(); }
  bool in_multi() const { return in_multi_; }
  const Options& options() const { return options_; }
  // REQUIRES: is_connected().
  client::Client& client() { return *client_; }

  // "127.0.0.1:6379[1](TX)> ", or "not connected> ".
  std::string prompt() const;

  // Runs a command and prints its reply. A connection that has died is renewed once. Commands that
  // turn the connection into a stream (SUBSCRIBE, MONITOR) print it until it ends.
  Outcome run(std::span<const std::string> arguments);
  // From now on Ctrl-C ends a stream and leaves the program alone.
  void let_interrupts_end_streams() { interrupts_end_streams_ = true; }

  // Prints a reply in the form that was asked for, with its line end. `as_text`: a reply of text
  // for people, such as INFO's, which stands as it is in every form.
  void print(const RespValue& value, bool as_text = false) const;

 private:
  void warn_if_error(const std::string& what, const Result<RespValue>& reply) const;
  Result<RespValue> exchange(std::span<const std::string> arguments);
  Outcome stream(const RespValue& first);
  void follow(std::span<const std::string> arguments, const RespValue& reply);
  void print_pushes();
  Format format() const { return *options_.format; }

  Options options_;
  std::optional<client::Client> client_;
  int database_ = 0;
  int database_before_multi_ = 0;
  bool in_multi_ = false;
  bool interrupts_end_streams_ = false;
};

}  // namespace rondo::cli
