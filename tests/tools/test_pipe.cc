#include "tools/cli/pipe.h"

#include <unistd.h>

#include <string>

#include "tests/tools/fake_server.h"

#include <doctest/doctest.h>

namespace rondo::cli {
namespace {

// The reading end of a pipe that holds `bytes` and then ends.
int input_with(const std::string& bytes) {
  int ends[2];
  REQUIRE(::pipe(ends) == 0);
  REQUIRE(::write(ends[1], bytes.data(), bytes.size()) == static_cast<ssize_t>(bytes.size()));
  ::close(ends[1]);
  return ends[0];
}

TEST_CASE("pipe: a server that does not answer the last command is given up") {
  client::FakeServer server("+OK\r\n");
  int code = 0;
  {
    Result<client::Client> client = client::Client::connect(server.address());
    REQUIRE(client);
    const int input = input_with("SET a 1\r\n");
    code = run_pipe(*client, input, 1);
    ::close(input);
  }
  CHECK(code == 1);
  // The closing ECHO carries twenty bytes that are as good as never in the data.
  const std::string& received = server.received();
  CHECK(received.starts_with("SET a 1\r\n\r\n*2\r\n$4\r\nECHO\r\n$20\r\n"));
  CHECK(received.size() == std::string("SET a 1\r\n\r\n*2\r\n$4\r\nECHO\r\n$20\r\n").size() + 22);
}

TEST_CASE("pipe: a server that closes is a failure") {
  client::FakeServer server("+OK\r\n", true);
  Result<client::Client> client = client::Client::connect(server.address());
  REQUIRE(client);
  const int input = input_with("SET a 1\r\n");
  CHECK(run_pipe(*client, input, 10) == 1);
  ::close(input);
}

}  // namespace
}  // namespace rondo::cli
