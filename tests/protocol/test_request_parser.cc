#include "protocol/request_parser.h"

#include <cstring>
#include <string>
#include <vector>

#include "protocol/quote.h"
#include "reactor/base/prng.h"
#include "tests/protocol/feeder.h"
#include "tests/testing.h"

namespace rondo {
namespace {

using Commands = std::vector<TestCommand>;

Commands commands_of(std::string_view bytes) {
  const Parsed parsed = parse_in_steps(bytes, 0);
  CHECK(parsed.error == "");
  return parsed.commands;
}

TEST_CASE("arrays of bulk strings") {
  CHECK(commands_of("*1\r\n$4\r\nPING\r\n") == Commands{{"PING"}});
  CHECK(commands_of("*2\r\n$3\r\nGET\r\n$0\r\n\r\n") == Commands{{"GET", ""}});
  CHECK(commands_of("*1\r\n$6\r\na\r\nb\r\n\r\n") == Commands{{"a\r\nb\r\n"}});
  CHECK(commands_of("*1\r\n$1\r\na\r\n*1\r\n$1\r\nb\r\n") == Commands{{"a"}, {"b"}});
  const std::string zeros(17, '\0');
  CHECK(commands_of("*2\r\n$17\r\n" + zeros + "\r\n$1\r\nx\r\n") == Commands{{zeros, "x"}});
}

TEST_CASE("empty commands are skipped") {
  CHECK(commands_of("*0\r\n*-1\r\n*-5\r\n\r\n\n   \r\n*1\r\n$1\r\na\r\n") == Commands{{"a"}});
  RequestParser parser;
  CHECK(parser.next("*0\r\n\r\n*1", {}) == ParseStatus::kNeedMore);
  CHECK(parser.consumed() == 6);
  CHECK(parser.next("*1\r\n$1\r\na\r\n", {}) == ParseStatus::kCommand);
  CHECK(parser.consumed() == 11);
  CHECK(parser.next("", {}) == ParseStatus::kNeedMore);
  CHECK(parser.consumed() == 0);
}

// Redis looks at neither the LF behind a header's CR nor at the line end behind a payload.
TEST_CASE("line ends are not looked at closely") {
  CHECK(commands_of("*1\rX$4\rYPINGzz*1\r\n$1\r\na\r\n") == Commands{{"PING"}, {"a"}});
}

TEST_CASE("inline commands") {
  CHECK(commands_of("PING\r\n") == Commands{{"PING"}});
  CHECK(commands_of("PING\n") == Commands{{"PING"}});
  CHECK(commands_of("  SET \tk  v \r\n") == Commands{{"SET", "k", "v"}});
  CHECK(commands_of("ECHO \"\\x41\\n\\\"b\" 'c d' \"\"\r\n") ==
        Commands{{"ECHO", "A\n\"b", "c d", ""}});
  CHECK(commands_of("ECHO foo\"bar\"\r\nPING\r\n") == Commands{{"ECHO", "foobar"}, {"PING"}});
  CHECK(commands_of("PING\rX\n") == Commands{{"PING", "X"}});
  CHECK(commands_of(" *1\r\n") == Commands{{"*1"}});
  CHECK(commands_of(std::string("a\0b c\r\n", 7)) == Commands{{std::string("a\0b", 3), "c"}});
}

TEST_CASE("an inline argument with escapes has a block of its own") {
  RequestParser parser;
  REQUIRE(parser.next("ECHO \"a\\tb\" plain\r\n", {}) == ParseStatus::kCommand);
  REQUIRE(parser.owners().size() == 3);
  CHECK(!parser.owners()[0]);
  CHECK(parser.owners()[1].view() == "a\tb");
  CHECK(!parser.owners()[2]);
}

struct Refused {
  std::string bytes;
  const char* error;
};

// Each text and each limit was compared with redis-server.
TEST_CASE("protocol errors") {
  const std::string ones(65536, '1');
  const Refused cases[] = {
      {"*2147483648\r\n", "invalid multibulk length"},
      {"*03\r\n", "invalid multibulk length"},
      {"*+3\r\n", "invalid multibulk length"},
      {"*\r\n", "invalid multibulk length"},
      {"*1x\r\n", "invalid multibulk length"},
      {"*99999999999999999999\r\n", "invalid multibulk length"},
      {"*1\r\nX4\r\nPING\r\n", "expected '$', got 'X'"},
      {"*1\r\n\r\n", "expected '$', got '\r'"},
      {"*2\r\n$1\r\na\r\n:1\r\n", "expected '$', got ':'"},
      {"*1\r\n$-1\r\n", "invalid bulk length"},
      {"*1\r\n$536870913\r\n", "invalid bulk length"},
      {"*1\r\n$4a\r\n", "invalid bulk length"},
      {"*1\r\n$\r\n", "invalid bulk length"},
      {"*1\r\n$ 4\r\n", "invalid bulk length"},
      {"*1\r\n$04\r\n", "invalid bulk length"},
      {"\"abc\r\n", "unbalanced quotes in request"},
      {"\"PING\"x\r\n", "unbalanced quotes in request"},
      {"SET k 'v\r\n", "unbalanced quotes in request"},
      {"A" + ones, "too big inline request"},
      {"*" + ones, "too big mbulk count string"},
      {"*1\r\n$" + ones, "too big bulk count string"},
  };
  for (const Refused& refused : cases) {
    CAPTURE(refused.bytes.substr(0, 40));
    const Parsed whole = parse_in_steps("PING\r\n" + refused.bytes, 0);
    CHECK(whole.commands == Commands{{"PING"}});
    CHECK(whole.error == std::string("Protocol error: ") + refused.error);
    if (refused.bytes.size() < 100) {
      CHECK(parse_in_steps("PING\r\n" + refused.bytes, 1) == whole);
    }
  }
}

TEST_CASE("just within the limits there is no error") {
  const std::string ones(65535, '1');
  for (const std::string& bytes : {std::string("*2147483647\r\n"), "*" + ones, "A" + ones,
                                   "*1\r\n$" + ones, std::string("*1\r\n$536870912\r\n")}) {
    CAPTURE(bytes.substr(0, 40));
    CHECK(parse_in_steps(bytes, 0).error == "");
  }
}

TEST_CASE("before authentication the limits are narrow") {
  ParserLimits limits;
  limits.authenticated = false;
  const auto error = [&](std::string_view bytes) { return parse_in_steps(bytes, 0, limits).error; };
  CHECK(error("*10\r\n") == "");
  CHECK(error("*11\r\n") == "Protocol error: unauthenticated multibulk length");
  CHECK(error("*2147483648\r\n") == "Protocol error: invalid multibulk length");
  CHECK(error("*1\r\n$16384\r\n") == "");
  CHECK(error("*1\r\n$16385\r\n") == "Protocol error: unauthenticated bulk length");
  CHECK(error("*1\r\n$536870913\r\n") == "Protocol error: invalid bulk length");
  // The limits are those of the moment: AUTH may stand in front of a long command.
  RequestParser parser;
  CHECK(parser.next("*1", limits) == ParseStatus::kNeedMore);
  limits.authenticated = true;
  CHECK(parser.next("*11\r\n", limits) == ParseStatus::kNeedMore);
}

TEST_CASE("proto-max-bulk-len") {
  ParserLimits limits;
  limits.bulk_bytes_max = 5;
  CHECK(parse_in_steps("*1\r\n$5\r\nabcde\r\n", 0, limits).commands == Commands{{"abcde"}});
  CHECK(parse_in_steps("*1\r\n$6\r\n", 0, limits).error == "Protocol error: invalid bulk length");
}

TEST_CASE("a big argument gets a block of its own") {
  const std::string big(100'000, 'b');
  const std::string input = "*3\r\n$3\r\nSET\r\n$1\r\nk\r\n$100000\r\n";
  RequestParser parser;
  REQUIRE(parser.next("\r\n" + input + "bbb", {}) == ParseStatus::kBigArgument);
  CHECK(parser.consumed() == 2);
  CHECK(parser.big_argument_offset() == 2 + input.size());
  CHECK(parser.footprint() >= big.size());
  const std::span<char> room = parser.big_argument();
  REQUIRE(room.size() == big.size());
  std::memcpy(room.data(), big.data(), big.size());
  parser.big_argument_filled(99'999);
  CHECK(parser.next(input, {}) == ParseStatus::kBigArgument);
  CHECK(parser.big_argument().size() == 1);
  parser.big_argument_filled(1);
  CHECK(parser.next(input, {}) == ParseStatus::kNeedMore);
  CHECK(parser.next(input + "\r", {}) == ParseStatus::kNeedMore);
  const std::string complete = input + "\r\nPING";
  REQUIRE(parser.next(complete, {}) == ParseStatus::kCommand);
  CHECK(parser.consumed() == input.size() + 2);
  CHECK(parser.args()[1] == "k");
  CHECK(parser.args()[2] == big);
  REQUIRE(parser.owners().size() == 3);
  const SharedBytes block = std::move(parser.owners()[2]);
  CHECK(block.unique());
  CHECK(block.view() == big);
}

TEST_CASE("the block of a big argument grows as bytes arrive") {
  RequestParser parser;
  REQUIRE(parser.next("*1\r\n$500000000\r\n", {}) == ParseStatus::kBigArgument);
  CHECK(parser.footprint() < 2'000'000);
  size_t filled = 0;
  while (filled < 10'000'000) {
    const std::span<char> room = parser.big_argument();
    REQUIRE(!room.empty());
    std::memset(room.data(), 'x', room.size());
    filled += room.size();
    parser.big_argument_filled(room.size());
    CHECK(parser.footprint() <= 2 * filled + 2'000'000);
  }
  parser.reset();
  CHECK(parser.footprint() < 1000);
  CHECK(parser.next("PING\r\n", {}) == ParseStatus::kCommand);
}

TEST_CASE("a long command may move at every call") {
  Prng prng(11);
  constexpr size_t kArguments = 20'000;
  std::vector<std::string> expected;
  std::string input = "*" + std::to_string(kArguments) + "\r\n";
  for (size_t i = 0; i < kArguments; ++i) {
    expected.push_back(std::to_string(prng.next()));
    input += "$" + std::to_string(expected.back().size()) + "\r\n" + expected.back() + "\r\n";
  }
  RequestParser parser;
  for (size_t at = 0; at < input.size();) {
    const size_t piece = std::min(1 + prng.below(20'000), input.size() - at);
    at += piece;
    const std::string moved = input.substr(0, at);
    const ParseStatus status = parser.next(moved, {});
    if (at < input.size()) {
      REQUIRE(status == ParseStatus::kNeedMore);
      CHECK(parser.footprint() <= kArguments * sizeof(std::string_view));
      continue;
    }
    REQUIRE(status == ParseStatus::kCommand);
    REQUIRE(parser.args().size() == kArguments);
    for (size_t i = 0; i < kArguments; ++i)
      REQUIRE(parser.args()[i] == expected[i]);
  }
  // Announcing arguments takes no memory that would count.
  parser.reset();
  CHECK(parser.next("*1000000\r\n$3\r\nDEL\r\n", {}) == ParseStatus::kNeedMore);
  CHECK(parser.footprint() < 20'000);
}

TEST_CASE("arguments around the big limit") {
  for (const size_t length : {32 * 1024 - 1, 32 * 1024, 32 * 1024 + 1, 3'000'000}) {
    const TestCommand command = {"MSET", "a", std::string(length, 'x'), "b",
                                 std::string(length, 'y')};
    const std::string bytes = as_request(command) + as_request({"PING"});
    for (const size_t step : {size_t{0}, size_t{1000}, size_t{16 * 1024}}) {
      CHECK(parse_in_steps(bytes, step).commands == Commands{command, {"PING"}});
    }
  }
}

std::string random_argument(Prng& prng) {
  std::string arg(prng.one_in(30) ? 32'768 + prng.below(3000) : prng.below(30), '\0');
  for (char& c : arg)
    c = static_cast<char>(prng.one_in(4) ? "\r\n*$ \"'\\"[prng.below(8)] : prng.next());
  return arg;
}

// A pipeline of every kind of command; `commands` gets what it means.
std::string random_pipeline(Prng& prng, Commands& commands) {
  std::string bytes;
  const size_t count = 1 + prng.below(6);
  for (size_t i = 0; i < count; ++i) {
    if (prng.one_in(5)) bytes += prng.one_in(2) ? "\r\n" : "*0\r\n";
    TestCommand command(1 + prng.below(4));
    const bool as_line = prng.one_in(3);
    for (std::string& arg : command) {
      arg = random_argument(prng);
      if (as_line && arg.size() > 100) arg.resize(100);
      if (as_line) bytes += quoted(arg) + " ";
    }
    bytes += as_line ? "\r\n" : as_request(command);
    commands.push_back(std::move(command));
  }
  return bytes;
}

TEST_CASE("a pipeline split at any byte is the same pipeline") {
  Prng prng(41);
  for (int round = 0; round < 40; ++round) {
    Parsed expected;
    const std::string bytes = random_pipeline(prng, expected.commands);
    REQUIRE(parse_in_steps(bytes, 0) == expected);
    // Long pipelines are cut at some places only.
    const size_t stride = 1 + bytes.size() / 500;
    for (size_t cut = prng.below(stride); cut <= bytes.size(); cut += stride) {
      CAPTURE(cut);
      REQUIRE(parse_cut_at(bytes, cut) == expected);
    }
    if (bytes.size() < 2000) REQUIRE(parse_in_steps(bytes, 1) == expected);
    REQUIRE(parse_in_steps(bytes, 1 + prng.below(1000)) == expected);
  }
}

TEST_CASE("hostile bytes give the same commands and error however they are split") {
  Prng prng(42);
  constexpr std::string_view kBytes = "****$$$$0123456789-+\r\n\r\n\r\n\r\nabx \"'\\";
  ParserLimits limits;
  limits.inline_bytes_max = 12;
  limits.bulk_bytes_max = 40'000;
  for (int round = 0; round < 30'000; ++round) {
    std::string bytes(prng.below(60), '\0');
    for (char& c : bytes)
      c = kBytes[prng.below(kBytes.size())];
    CAPTURE(bytes);
    const Parsed whole = parse_in_steps(bytes, 0, limits);
    REQUIRE(parse_in_steps(bytes, 1, limits) == whole);
    REQUIRE(parse_cut_at(bytes, prng.below(bytes.size() + 1), limits) == whole);
  }
}

TEST_CASE("byte by byte takes linear time") {
  std::string bytes = "*200000\r\n";
  for (int i = 0; i < 200'000; ++i)
    bytes += "$1\r\na\r\n";
  RequestParser parser;
  for (size_t size = 0; size < bytes.size(); ++size) {
    REQUIRE(parser.next({bytes.data(), size}, {}) == ParseStatus::kNeedMore);
  }
  REQUIRE(parser.next(bytes, {}) == ParseStatus::kCommand);
  CHECK(parser.args().size() == 200'000);
  // The next command gives the memory back.
  REQUIRE(parser.next("PING\r\n", {}) == ParseStatus::kCommand);
  CHECK(parser.footprint() < 1000);
}

}  // namespace
}  // namespace rondo
