// What the commands on the expiry of fields refuse: shard/commands/hash_expiry_options.cc.
#include "shard/commands/hash_expiry_options.h"

#include <map>
#include <string>

#include "tests/shard/commands/fixture.h"
#include "tests/shard/commands/parsed_reply.h"
#include "tests/testing.h"

namespace rondo {
namespace {

const std::string kWrongType = "-WRONGTYPE Operation against a key holding the wrong kind of value";

// Each command on its own is refused and changes nothing.
void check_errors(const std::map<std::string, std::string>& errors) {
  CommandFixture fixture;
  fixture.run("HSET h a 1");
  fixture.run("SET s v");
  for (const auto& row : errors) {
    const auto& command = row.first;
    const auto& error = row.second;
    CAPTURE(command);
    CHECK_EQ(fixture.run(command), error);
  }
  CHECK_EQ(fixture.run("HGETALL h"), "*2 $1 a $1 1");
  CHECK_EQ(parse(fixture.run_args({"OBJECT", "ENCODING", "h"})).text, "listpack");
}

TEST_CASE("a FIELDS block that makes no sense") {
  const std::string place =
      "-ERR Mandatory argument FIELDS is missing or not at the right position";
  const std::string match = "-ERR The `numfields` parameter must match the number of arguments";
  const std::string positive = "-ERR Number of fields must be a positive integer";
  check_errors({
      {"HEXPIRE h x FIELDS 1 a", "-ERR value is not an integer or out of range"},
      {"HEXPIRE h -1 FIELDS 1 a", "-ERR invalid expire time, must be >= 0"},
      {"HEXPIRE h 9223372036854775807 FIELDS 1 a", "-ERR invalid expire time in 'hexpire' command"},
      {"HPEXPIREAT h 70368744177664 FIELDS 1 a",
       "-ERR invalid expire time in 'hpexpireat' command"},
      {"HEXPIRE h 10 FOO 1 a", place},
      {"HEXPIRE h 10 NX XX FIELDS 1 a", place},
      {"HEXPIRE h 10 FIELDS 0 a", "-ERR Parameter `numFields` should be greater than 0"},
      {"HEXPIRE h 10 FIELDS x a", "-ERR Parameter `numFields` should be greater than 0"},
      {"HEXPIRE h 10 FIELDS 2 a", match},
      {"HEXPIRE h 10 FIELDS 1 a b", match},
      {"HEXPIRE h 10 NX FIELDS 1", match},
      {"HEXPIRE s 10 FIELDS 1 a", kWrongType},
      {"HTTL h FOO 1 a", place},
      {"HTTL h FIELDS 0 a", positive},
      {"HPTTL h FIELDS 2 a", match},
      {"HTTL s FIELDS 1 a", kWrongType},
      {"HPERSIST h FIELDS x a", positive},
      {"HPERSIST s FIELDS 1 a", kWrongType},
      {"HGETDEL h FOO 1 a", place},
      {"HGETDEL h FIELDS -1 a", positive},
      {"HGETDEL h FIELDS 1 a b", match},
      {"HGETDEL s FIELDS 1 a", kWrongType},
      {"HGETDEL s FOO 1 a", kWrongType},
  });
}

TEST_CASE("options of HGETEX and HSETEX that make no sense") {
  check_errors({
      {"HGETEX h EX 10 a b", "-ERR unknown argument: a"},
      {"HGETEX h EX 10 PERSIST FIELDS 1 a",
       "-ERR Only one of EX, PX, EXAT, PXAT or PERSIST arguments can be specified"},
      {"HGETEX h FIELDS 1 a EX", "-ERR missing expire time"},
      {"HGETEX h PERSIST PERSIST PERSIST",
       "-ERR Only one of EX, PX, EXAT, PXAT or PERSIST "
       "arguments can be specified"},
      {"HGETEX h EX 10 PERSIST",
       "-ERR Only one of EX, PX, EXAT, PXAT or PERSIST arguments can be "
       "specified"},
      {"HGETEX h FIELDS 0 a", "-ERR invalid number of fields"},
      {"HGETEX h FIELDS 2 a", "-ERR wrong number of arguments for 'hgetex' command"},
      {"HGETEX h KEEPTTL FIELDS 1 a", "-ERR unknown argument: KEEPTTL"},
      {"HGETEX h EX -1 FIELDS 1 a", "-ERR invalid expire time, must be >= 0"},
      {"HGETEX s FIELDS 1 a", kWrongType},
      {"HSETEX h FNX FXX FIELDS 1 a 1", "-ERR Only one of FXX or FNX arguments can be specified"},
      {"HSETEX h EX 1 KEEPTTL FIELDS 1 a 1",
       "-ERR Only one of EX, PX, EXAT, PXAT or KEEPTTL arguments can be specified"},
      {"HSETEX h FIELDS 2 a 1 b", "-ERR wrong number of arguments for 'hsetex' command"},
      {"HSETEX h FIELDS 1 a 1 FIELDS 1 b 1", "-ERR FIELDS keyword specified multiple times"},
      {"HSETEX h PERSIST FIELDS 1 a 1", "-ERR unknown argument: PERSIST"},
      {"HSETEX h PX 9223372036854775807 FIELDS 1 a 1",
       "-ERR invalid expire time in 'hsetex' command"},
      {"HSETEX h FNX EX 10 KEEPTTL",
       "-ERR Only one of EX, PX, EXAT, PXAT or KEEPTTL arguments can "
       "be specified"},
      {"HSETEX s FIELDS 1 a 1", kWrongType},
  });
}

}  // namespace
}  // namespace rondo
