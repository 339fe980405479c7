#include <algorithm>
#include <string>
#include <vector>

#include "protocol/request_parser.h"
#include "protocol/whole_command.h"
#include "reactor/base/check.h"
#include "tests/fuzz/targets.h"
#include "tests/protocol/feeder.h"

namespace rondo {

namespace {

// What the quick way takes, the parser reads in the same way.
void check_whole_command(std::string_view bytes) {
  std::vector<std::string_view> args;
  const size_t consumed = parse_whole_command(bytes, args);
  if (consumed == 0) return;
  RequestParser parser;
  CHECK(parser.next(bytes, {}) == ParseStatus::kCommand);
  CHECK(parser.consumed() == consumed);
  CHECK(std::ranges::equal(parser.args(), args));
}

}  // namespace

// The first byte chooses limits and where the rest is split; the split changes nothing, and the
// commands mean the same when they are written again.
void fuzz_request_parser(std::string_view bytes) {
  if (bytes.empty()) return;
  const auto choice = static_cast<uint8_t>(bytes[0]);
  bytes.remove_prefix(1);
  check_whole_command(bytes);
  ParserLimits limits;
  limits.authenticated = choice % 2 == 0;
  limits.inline_bytes_max = choice % 4 < 2 ? 64 : 64 * 1024;
  const Parsed whole = parse_in_steps(bytes, 0, limits);
  CHECK(parse_in_steps(bytes, 1 + choice / 4, limits) == whole);
  CHECK(parse_cut_at(bytes, bytes.size() * choice / 256, limits) == whole);
  std::string again;
  for (const TestCommand& command : whole.commands)
    again += as_request(command);
  CHECK(parse_in_steps(again, 0).commands == whole.commands);
}

}  // namespace rondo
