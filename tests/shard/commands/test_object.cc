#include "shard/commands/object.h"

#include <cstdlib>

#include "tests/shard/commands/fixture.h"
#include "tests/testing.h"

namespace rondo {
namespace {

TEST_CASE("OBJECT IDLETIME counts from the last use") {
  CommandFixture fixture;
  fixture.run("SET k v");
  fixture.advance_ms(12'000);
  CHECK_EQ(fixture.run("OBJECT IDLETIME k"), ":12");
  CHECK_EQ(fixture.run("OBJECT IDLETIME k"), ":12");
  fixture.run("GET k");
  CHECK_EQ(fixture.run("OBJECT IDLETIME k"), ":0");
}

TEST_CASE("OBJECT HELP lists the subcommands as simple strings") {
  CommandFixture fixture;
  const std::string help = fixture.run_args({"OBJECT", "HELP"});
  CHECK_EQ(help.substr(0, 5), "*11\r\n");
  for (const char* word : {"+ENCODING <key>\r\n", "+FREQ <key>\r\n", "+IDLETIME <key>\r\n",
                           "+REFCOUNT <key>\r\n", "+HELP\r\n"}) {
    CHECK_NE(help.find(word), std::string::npos);
  }
}

TEST_CASE("MEMORY USAGE follows the size of the value") {
  CommandFixture fixture;
  fixture.run("SET small v");
  fixture.run_args({"SET", "large", std::string(100'000, 'x')});
  const int small = std::atoi(fixture.run("MEMORY USAGE small").c_str() + 1);
  const int large = std::atoi(fixture.run("MEMORY USAGE large SAMPLES 0").c_str() + 1);
  CHECK_GT(small, 7);
  CHECK_LT(small, 100);
  CHECK_GE(large, 100'000);
  CHECK_LT(large, 140'000);
  CHECK_EQ(fixture.run("MEMORY USAGE missing"), "$-1");
}

TEST_CASE("DEBUG OBJECT is one line with the facts") {
  CommandFixture fixture;
  fixture.run("SET k hello");
  fixture.advance_ms(3000);
  const std::string reply = fixture.run("DEBUG OBJECT k");
  CHECK_EQ(reply.substr(0, 10), "+Value at:");
  CHECK_NE(reply.find(" refcount:1 encoding:embstr serializedlength:6 lru:"), std::string::npos);
  CHECK_NE(reply.find(" lru_seconds_idle:3"), std::string::npos);
  CHECK_EQ(fixture.run("DEBUG OBJECT missing"), "-ERR no such key");
  for (const auto& [value, length] :
       {std::pair{"100", " serializedlength:2 "}, std::pair{"-200", " serializedlength:3 "},
        std::pair{"40000", " serializedlength:5 "},
        std::pair{"4000000000", " serializedlength:11 "}}) {
    fixture.run(std::string("SET k ") + value);
    CHECK_NE(fixture.run("DEBUG OBJECT k").find(length), std::string::npos);
  }
}

}  // namespace
}  // namespace rondo
