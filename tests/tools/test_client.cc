#include "tools/client/client.h"

#include <optional>

#include "tests/tools/fake_server.h"

#include <doctest/doctest.h>

namespace rondo::client {
namespace {

TEST_CASE("client: a command goes out as an array and its reply comes back") {
  FakeServer server("+PONG\r\n");
  {
    Result<Client> client = Client::connect(server.address());
    REQUIRE(client);
    const Result<RespValue> reply = client->command({"PING", "a\r\nb", ""});
    REQUIRE(reply);
    CHECK(reply.value().type == RespValue::Type::kSimple);
    CHECK(reply.value().text == "PONG");
  }
  CHECK(server.received() == "*3\r\n$4\r\nPING\r\n$4\r\na\r\nb\r\n$0\r\n\r\n");
}

TEST_CASE("client: pushes are put aside until they are asked for") {
  FakeServer server(">2\r\n+one\r\n:1\r\n>1\r\n+two\r\n+OK\r\n>1\r\n+three\r\n");
  Result<Client> client = Client::connect(server.address());
  REQUIRE(client);
  const Result<RespValue> reply = client->command({"SET", "a", "1"});
  REQUIRE(reply);
  CHECK(reply.value().text == "OK");
  const std::optional<RespValue> first = client->next_push();
  REQUIRE(first);
  CHECK(first->elements.at(0).text == "one");
  const std::optional<RespValue> second = client->next_push();
  REQUIRE(second);
  CHECK(second->elements.at(0).text == "two");
  CHECK_FALSE(client->next_push());
  const Result<RespValue> third = client->read();
  REQUIRE(third);
  CHECK(third.value().is_push());
}

TEST_CASE("client: a server that closes is a failure, and so is one that is not there") {
  Address gone;
  {
    FakeServer server("", true);
    gone = server.address();
    Result<Client> client = Client::connect(server.address());
    REQUIRE(client);
    const Result<RespValue> reply = client->command({"PING"});
    REQUIRE_FALSE(reply);
    CHECK(reply.failure().code == ECONNRESET);
  }
  const Result<Client> nobody = Client::connect(gone);
  REQUIRE_FALSE(nobody);
  CHECK(nobody.failure().code == ECONNREFUSED);
  CHECK(nobody.failure().text == gone.text() + ": Connection refused");
}

TEST_CASE("client: a wait has a limit") {
  FakeServer server("");
  Result<Client> client = Client::connect(server.address());
  REQUIRE(client);
  client->set_timeout_ms(30);
  const Result<RespValue> reply = client->command({"PING"});
  REQUIRE_FALSE(reply);
  CHECK(reply.failure().code == ETIMEDOUT);
}

TEST_CASE("client: bytes that are no reply are a failure") {
  FakeServer server("HTTP/1.1 400 Bad Request\r\n\r\n");
  Result<Client> client = Client::connect(server.address());
  REQUIRE(client);
  const Result<RespValue> reply = client->command({"PING"});
  REQUIRE_FALSE(reply);
  CHECK(reply.failure().text.starts_with("protocol error"));
}

TEST_CASE("client: raw bytes, and the end of both directions") {
  FakeServer server("bytes", true);
  Result<Client> client = Client::connect(server.address());
  REQUIRE(client);
  REQUIRE(client->send("x"));
  const Result<std::string> bytes = client->receive();
  REQUIRE(bytes);
  CHECK(bytes.value() == "bytes");
  CHECK(client->is_closed_by_server());
}

TEST_CASE("client: addresses as text") {
  CHECK(Address{}.text() == "127.0.0.1:6379");
  CHECK(Address{.host = "::1", .port = 7, .unix_path = ""}.text() == "[::1]:7");
  CHECK(Address{.host = "x", .port = 7, .unix_path = "/a/b"}.text() == "/a/b");
}

}  // namespace
}  // namespace rondo::client
