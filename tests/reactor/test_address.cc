#include "reactor/address.h"

#include <netdb.h>

#include "tests/testing.h"

namespace rondo {
namespace {

std::string round_trip(const std::string& host, uint16_t port) {
  auto address = tcp_address(host, port, Lookup::kNumeric);
  return address ? to_text(*address) : "failure: " + address.failure().text;
}

TEST_CASE("addresses go to text and back") {
  CHECK(round_trip("127.0.0.1", 6379) == "127.0.0.1:6379");
  CHECK(round_trip("0.0.0.0", 0) == "0.0.0.0:0");
  CHECK(round_trip("::1", 65535) == "[::1]:65535");
  CHECK(round_trip("2001:db8:0:0::5", 1) == "[2001:db8::5]:1");
}

TEST_CASE("a name needs the resolver") {
  CHECK(!tcp_address("localhost", 1, Lookup::kNumeric));
  // A bare system has no /etc/hosts, and then perhaps no localhost.
  addrinfo* found = nullptr;
  const bool exists = getaddrinfo("localhost", "1", nullptr, &found) == 0;
  if (exists) freeaddrinfo(found);
  CHECK(static_cast<bool>(tcp_address("localhost", 1, Lookup::kNames)) == exists);
  auto wrong = tcp_address("no host", 1, Lookup::kNumeric);
  REQUIRE(!wrong);
  CHECK(wrong.failure().text.starts_with("address no host can not be used: "));
}

TEST_CASE("paths of unix sockets have a limit") {
  auto address = unix_address("/tmp/a socket");
  REQUIRE(address);
  CHECK(to_text(*address) == "/tmp/a socket");
  CHECK(unix_address(std::string(107, 'x')));
  CHECK(!unix_address(std::string(108, 'x')));
  CHECK(!unix_address(""));
  SocketAddress unnamed;
  unnamed.storage.ss_family = AF_UNIX;
  unnamed.length = sizeof(sa_family_t);
  CHECK(to_text(unnamed).empty());
}

TEST_CASE("a descriptor that is no socket has no address") {
  CHECK(address_text(0, AddressEnd::kPeer).empty());
  CHECK(address_text(-1, AddressEnd::kLocal).empty());
}

}  // namespace
}  // namespace rondo
