#include "protocol/whole_command.h"

#include <algorithm>
#include <memory>
#include <string>
#include <vector>

#include "protocol/request_parser.h"
#include "reactor/base/prng.h"
#include "tests/protocol/feeder.h"
#include "tests/testing.h"

namespace rondo {
namespace {

using Arguments = std::vector<std::string_view>;

// The arguments, or none. The input stands in a block of exactly its size, so that a sanitizer sees
// any byte read behind it. An argument in front shows that the others are appended.
std::vector<std::string> read(std::string_view input, size_t& consumed) {
  const std::unique_ptr<char[]> block(new char[input.size()]);
  std::copy(input.begin(), input.end(), block.get());
  Arguments args = {"before"};
  consumed = parse_whole_command({block.get(), input.size()}, args);
  REQUIRE(!args.empty());
  CHECK(args[0] == "before");
  return {args.begin() + 1, args.end()};
}

bool takes(std::string_view input) {
  size_t consumed = 0;
  const bool found = !read(input, consumed).empty();
  CHECK(found == (consumed != 0));
  return found;
}

TEST_CASE("whole command: what clients send") {
  size_t consumed = 0;
  CHECK(read("*1\r\n$4\r\nPING\r\n", consumed) == std::vector<std::string>{"PING"});
  CHECK(consumed == 14);
  CHECK(read("*2\r\n$3\r\nGET\r\n$0\r\n\r\n*1\r\n", consumed) ==
        std::vector<std::string>{"GET", ""});
  CHECK(consumed == 19);
  for (size_t length : {1u, 9u, 10u, 99u, 100u, 999u, 1000u, 9999u, 10000u, 32767u}) {
    CAPTURE(length);
    const TestCommand command{"SET", std::string(length, 'k'), "v"};
    const std::string request = as_request(command);
    CHECK(read(request, consumed) == std::vector<std::string>(command.begin(), command.end()));
    CHECK(consumed == request.size());
  }
}

TEST_CASE("whole command: everything else is left to the parser") {
  CHECK_FALSE(takes(""));
  CHECK_FALSE(takes("PING\r\n"));
  CHECK_FALSE(takes("*0\r\n$4\r\nPING\r\n"));
  CHECK_FALSE(takes("*-1\r\n$4\r\nPING\r\n"));
  CHECK_FALSE(takes("*01\r\n$4\r\nPING\r\n"));
  CHECK_FALSE(takes("*1\r\n$04\r\nPING\r\n"));
  CHECK_FALSE(takes("*1\r\n$-1\r\nPING\r\n"));
  CHECK_FALSE(takes("*1\r\n+4\r\nPING\r\n"));
  CHECK_FALSE(takes("*1\rX$4\r\nPING\r\n"));
  CHECK_FALSE(takes("*1000000\r\n$4\r\nPING\r\n"));
  CHECK_FALSE(takes("*1\r\n$32768\r\n" + std::string(32768, 'x') + "\r\n"));
  CHECK_FALSE(takes("*1\r\n$99999999999999999999\r\nPING\r\n"));
}

TEST_CASE("whole command: a cut one is not whole, wherever the cut is") {
  for (const TestCommand& command :
       {TestCommand{"GET", "k"}, TestCommand{"SET", std::string(12345, 'k'), ""}}) {
    const std::string request = as_request(command);
    for (size_t cut = 0; cut < request.size(); cut += cut < 64 ? 1 : 97) {
      CAPTURE(cut);
      CHECK_FALSE(takes(std::string_view(request).substr(0, cut)));
    }
    CHECK(takes(request));
  }
}

TEST_CASE("whole command: the parser agrees on whatever is taken") {
  Prng prng(7);
  const std::string_view alphabet = "*$\r\n0123456789+-aG";
  size_t taken = 0;
  for (int round = 0; round < 20000; ++round) {
    std::string input = as_request({"SET", std::string(prng.below(120), 'k'), "12"});
    input += as_request({"GET", "k"});
    for (uint64_t flips = prng.below(3); flips > 0; --flips)
      input[prng.below(input.size())] = alphabet[prng.below(alphabet.size())];
    size_t consumed = 0;
    const std::vector<std::string> found = read(input, consumed);
    if (consumed == 0) continue;
    ++taken;
    RequestParser parser;
    REQUIRE(parser.next(input, {}) == ParseStatus::kCommand);
    CHECK(parser.consumed() == consumed);
    CHECK(std::ranges::equal(parser.args(), found));
  }
  CHECK(taken > 5000);
}

}  // namespace
}  // namespace rondo
