// Feeder: a RequestParser with the connection's half around it, for tests: it keeps the bytes of an
// unfinished command, takes out the payload of big arguments, and copies what comes out. The bytes
// are handed to the parser at a new address each time, in an allocation of just their size, so that
// a sanitizer sees a view that was not moved and a byte read too far.
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "protocol/request_parser.h"

namespace rondo {

using TestCommand = std::vector<std::string>;

struct Parsed {
  std::vector<TestCommand> commands;
  std::string error;
  bool operator==(const Parsed&) const = default;
};

class Feeder {
 public:
  explicit Feeder(const ParserLimits& limits = {}) : limits_(limits) {}

  void feed(std::string_view bytes);
  const Parsed& parsed() const { return parsed_; }
  const RequestParser& parser() const { return parser_; }
  // Bytes of an unfinished command.
  size_t left() const { return kept_.size(); }

 private:
  std::string_view fill_big_argument(std::string_view bytes);
  void take_command(std::string_view input);

  ParserLimits limits_;
  RequestParser parser_;
  Parsed parsed_;
  std::string kept_;
  bool filling_ = false;
};

// Feeds `bytes` in pieces of `step` bytes; 0: all at once.
Parsed parse_in_steps(std::string_view bytes, size_t step, const ParserLimits& limits = {});
// Feeds `bytes` in two pieces.
Parsed parse_cut_at(std::string_view bytes, size_t cut, const ParserLimits& limits = {});
// A command as clients send it.
std::string as_request(const TestCommand& command);

}  // namespace rondo
