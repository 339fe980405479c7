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

TEST_CASE("options of HGETEX that make no sense, after the key's type") {
  const std::string place =
      "-ERR Mandatory argument FIELDS is missing or not at the right position";
  const std::string match = "-ERR The `numfields` parameter must match the number of arguments";
  const std::string arity = "-ERR wrong number of arguments for 'hgetex' command";
  check_errors({
      {"HGETEX h EX 10 a b", place},
      {"HGETEX h EX 10 PERSIST FIELDS 1 a", place},
      {"HGETEX h EX 10 EX 10 FIELDS 1 a", place},
      {"HGETEX h KEEPTTL FIELDS 1 a", place},
      {"HGETEX h EX 10 FIELDS", arity},
      {"HGETEX h PX 10 PERSIST", arity},
      {"HGETEX h EX x FIELDS", "-ERR value is not an integer or out of range"},
      {"HGETEX h EX -1 FIELDS 1 a", "-ERR invalid expire time, must be >= 0"},
      {"HGETEX h PXAT 70368744177664 FIELDS 1 a", "-ERR invalid expire time in 'hgetex' command"},
      {"HGETEX h FIELDS 0 a", "-ERR Number of fields must be a positive integer"},
      {"HGETEX h FIELDS 2 a", match},
      {"HGETEX h FIELDS 1 a EX 10", match},
      {"HGETEX h EX 10 FIELDS 1", match},
      {"HGETEX h FIELDS 9223372036854775807 a", match},
      {"HGETEX s FIELDS 1 a", kWrongType},
      {"HGETEX s EX x a b", kWrongType},
  });
}

TEST_CASE("options of HSETEX that make no sense, before the key's type") {
  const std::string arity = "-ERR wrong number of arguments for 'hsetex' command";
  const std::string time =
      "-ERR Only one of EX, PX, EXAT, PXAT or KEEPTTL arguments can be specified";
  check_errors({
      {"HSETEX h FNX FXX FIELDS 1 a 1", "-ERR Only one of FXX or FNX arguments can be specified"},
      {"HSETEX h EX 1 KEEPTTL FIELDS 1 a 1", time},
      {"HSETEX h FNX EX 10 KEEPTTL", time},
      {"HSETEX h FNX FNX FNX EX", "-ERR Only one of FXX or FNX arguments can be specified"},
      {"HSETEX h FNX KEEPTTL EX 10", time},
      {"HSETEX h FNX EX 10 FOO", "-ERR unknown argument: FOO"},
      {"HSETEX h FNX FXY EX 10", "-ERR unknown argument: FXY"},
      {"HSETEX h PERSIST FIELDS 1 a 1", "-ERR unknown argument: PERSIST"},
      {"HSETEX h EX 10 FNX PX", time},
      {"HSETEX h FNX FNX PX 1", "-ERR Only one of FXX or FNX arguments can be specified"},
      {"HSETEX h PX 9223372036854775807 FIELDS 1 a 1",
       "-ERR invalid expire time in 'hsetex' command"},
      {"HSETEX h FIELDS 2 a 1 b", arity},
      {"HSETEX h FIELDS 1 a 1 FIELDS 1 b 1", arity},
      {"HSETEX h FIELDS 1 a 1 EX 10", arity},
      {"HSETEX h FIELDS 1 a 1 b", arity},
      {"HSETEX h FNX FXX FXX FIELDS 0", "-ERR Only one of FXX or FNX arguments can be specified"},
      {"HSETEX h FNX EX 1 FIELDS 0", arity},
      {"HSETEX h EX 1 FIELDS 0 FNX", arity},
      {"HSETEX h FIELDS 0 a 1", "-ERR invalid number of fields"},
      {"HSETEX h FIELDS 2147483648 a 1", "-ERR invalid number of fields"},
      {"HSETEX h FIELDS 2147483647 a 1", arity},
      {"HSETEX s FIELDS 1 a 1 b", arity},
      {"HSETEX s FIELDS 1 a 1", kWrongType},
  });
}

}  // namespace
}  // namespace rondo
