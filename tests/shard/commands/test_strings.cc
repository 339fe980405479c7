#include "shard/commands/strings.h"

#include <sys/uio.h>

#include "tests/shard/commands/fixture.h"
#include "tests/testing.h"

namespace rondo {
namespace {

// True when some piece of the last reply is these very bytes, not a copy.
bool refers_to(const CommandFixture& fixture, const char* bytes) {
  iovec pieces[16];
  const size_t count = fixture.last_reply().pieces(pieces, 16);
  for (size_t i = 0; i < count; i++) {
    if (pieces[i].iov_base == bytes) return true;
  }
  return false;
}

const char* stored_bytes(CommandFixture& fixture, std::string_view key) {
  char scratch[24];
  return fixture.shard_of(key).db(0).peek(make_key(key)).string(scratch).data();
}

TEST_CASE("a big argument becomes the value, and the value the reply, without a copy") {
  CommandFixture fixture;
  const std::string big(100'000, 'x');
  for (const char* command : {"SET", "SETNX", "APPEND", "GETSET"}) {
    CAPTURE(command);
    fixture.run("DEL k");
    fixture.run_with_owner({command, "k", big}, 2);
    CHECK_EQ(fixture.run_args({"GET", "k"}), "$100000\r\n" + big + "\r\n");
    CHECK(refers_to(fixture, stored_bytes(fixture, "k")));
  }
  fixture.run("DEL k");
  CHECK_EQ(fixture.run_with_owner({"SETEX", "k", "10", big}, 3), "+OK\r\n");
  CHECK_EQ(fixture.run("STRLEN k"), ":100000");
  fixture.verify();
}

TEST_CASE("a reply keeps the value that it was made of") {
  CommandFixture fixture;
  const std::string big(50'000, 'a');
  fixture.run_args({"SET", "k", big});
  // The old value is on its way out while the new one takes its place.
  CHECK_EQ(fixture.run_args({"SET", "k", "new", "GET"}), "$50000\r\n" + big + "\r\n");
  fixture.run_args({"SET", "k", big});
  CHECK_EQ(fixture.run_args({"GETSET", "k", "new"}), "$50000\r\n" + big + "\r\n");
  fixture.run_args({"SET", "k", big});
  CHECK_EQ(fixture.run_args({"GETDEL", "k"}), "$50000\r\n" + big + "\r\n");
  CHECK_EQ(fixture.run("EXISTS k"), ":0");
}

TEST_CASE("SET with an error changes nothing") {
  CommandFixture fixture;
  fixture.run("SET k v PX 5000");
  for (const char* command : {"SET k w EX 0", "SET k w NX XX", "SET k w EX x", "SET k w FOO",
                              "SETEX k 0 w", "PSETEX k x w", "GETEX k EX 0"}) {
    CAPTURE(command);
    CHECK_EQ(fixture.run(command)[0], '-');
    CHECK_EQ(fixture.run("GET k"), "$1 v");
    CHECK_EQ(fixture.run("PTTL k"), ":5000");
  }
}

TEST_CASE("null has the form of the protocol") {
  CommandFixture fixture(1, Resp::k3);
  for (const char* command : {"GET k", "GETDEL k", "GETEX k", "GETEX k EX bad", "SET k v XX",
                              "SET k v XX GET", "GETSET k v"}) {
    CAPTURE(command);
    CHECK_EQ(fixture.run(command), "_");
    fixture.run("DEL k");
  }
}

TEST_CASE("keys and values of any bytes") {
  CommandFixture fixture(3);
  std::string key;
  std::string value;
  for (int i = 0; i < 300; i++) {
    key += static_cast<char>(i * 7);
    value += static_cast<char>(i * 11);
    REQUIRE_EQ(fixture.run_args({"SET", key, value}), "+OK\r\n");
    REQUIRE_EQ(fixture.run_args({"GET", key}),
               "$" + std::to_string(value.size()) + "\r\n" + value + "\r\n");
  }
  CHECK_EQ(fixture.run("DBSIZE"), ":300");
  fixture.verify();
}

TEST_CASE("hits and misses are counted for reads only") {
  CommandFixture fixture;
  const ShardStats& stats = fixture.shard(0).stats();
  for (const char* command : {"SET k v", "SET k v NX", "SETNX k v", "APPEND k w", "DEL x", "INCR n",
                              "SETRANGE k 0 v", "EXPIRE k 100", "PERSIST x"}) {
    fixture.run(command);
    CAPTURE(command);
    CHECK_EQ(stats.hits + stats.misses, 0);
  }
  fixture.run("GET k");
  fixture.run("GET x");
  fixture.run("STRLEN k");
  fixture.run("MGET k x y");
  CHECK_EQ(stats.hits, 3);
  CHECK_EQ(stats.misses, 3);
}

}  // namespace
}  // namespace rondo
