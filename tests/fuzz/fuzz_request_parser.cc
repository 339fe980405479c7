#include <string>

#include "protocol/request_parser.h"
#include "reactor/base/check.h"
#include "tests/fuzz/targets.h"
#include "tests/protocol/feeder.h"

namespace rondo {

// The first byte chooses limits and where the rest is split; the split changes nothing, and the
// commands mean the same when they are written again.
void fuzz_request_parser(std::string_view bytes) {
  if (bytes.empty()) return;
  const auto choice = static_cast<uint8_t>(bytes[0]);
  bytes.remove_prefix(1);
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
