// Random commands to this server and to redis-server, under fixed seeds.
#include "tests/differential/differential.h"

#include "tests/differential/comparison.h"
#include "tests/tools/redis_oracle.h"

#include "tests/testing.h"

namespace rondo {
namespace {

RespValue parse(std::string_view bytes) {
  RespReader reader;
  reader.feed(bytes);
  RespValue value;
  REQUIRE(reader.next(value) == RespReader::Status::kValue);
  return value;
}

TEST_CASE("differential: only what may differ is overlooked") {
  const auto alike = [](const std::vector<std::string>& args, std::string_view a,
                        std::string_view b) {
    return comparable(args, parse(a)) == comparable(args, parse(b));
  };
  CHECK(alike({"SMEMBERS", "k"}, "*2\r\n$1\r\na\r\n$1\r\nb\r\n", "*2\r\n$1\r\nb\r\n$1\r\na\r\n"));
  CHECK_FALSE(
      alike({"LRANGE", "k"}, "*2\r\n$1\r\na\r\n$1\r\nb\r\n", "*2\r\n$1\r\nb\r\n$1\r\na\r\n"));
  CHECK_FALSE(alike({"SMEMBERS", "k"}, "~1\r\n$1\r\na\r\n", "*1\r\n$1\r\na\r\n"));
  CHECK(alike({"hgetall", "k"}, "%2\r\n$1\r\na\r\n:1\r\n$1\r\nb\r\n:2\r\n",
              "%2\r\n$1\r\nb\r\n:2\r\n$1\r\na\r\n:1\r\n"));
  CHECK_FALSE(alike({"hgetall", "k"}, "%2\r\n$1\r\na\r\n:1\r\n$1\r\nb\r\n:2\r\n",
                    "%2\r\n$1\r\nb\r\n:1\r\n$1\r\na\r\n:2\r\n"));
  CHECK(alike({"ZSCORE", "k", "m"}, "$3\r\n0.1\r\n", "$19\r\n0.10000000000000001\r\n"));
  CHECK_FALSE(alike({"GET", "k"}, "$3\r\n0.1\r\n", "$19\r\n0.10000000000000001\r\n"));
  CHECK(alike({"TTL", "k"}, ":100\r\n", ":99\r\n"));
  CHECK_FALSE(alike({"TTL", "k"}, ":100\r\n", ":-1\r\n"));
  CHECK_FALSE(alike({"GET", "k"}, "-ERR a\r\n", "-ERR b\r\n"));
  const std::string_view ab = "*2\r\n$1\r\na\r\n$1\r\nb\r\n";
  const std::string_view ba = "*2\r\n$1\r\nb\r\n$1\r\na\r\n";
  const std::string_view bc = "*2\r\n$1\r\nb\r\n$1\r\nc\r\n";
  CHECK(alike({"SORT", "k", "by", "nosort"}, ab, ba));
  CHECK_FALSE(alike({"SORT", "k", "BY", "nosort"}, ab, bc));
  CHECK(alike({"SORT_RO", "k", "BY", "nosort", "LIMIT", "0", "2"}, ab, bc));
  CHECK_FALSE(alike({"SORT_RO", "k", "BY", "nosort", "LIMIT", "0", "2"}, ab, "*0\r\n"));
  CHECK_FALSE(alike({"SORT", "k", "BY", "w:*"}, ab, ba));
  CHECK_FALSE(alike({"SORT", "k", "ALPHA"}, ab, ba));
  CHECK(alike({"SORT", "k", "BY", "w:*", "ALPHA"}, ab, ba));
  const std::string_view negative = "-ERR timeout is negative\r\n";
  const std::string_view out_of_range = "-ERR timeout is out of range\r\n";
  CHECK(alike({"BLPOP", "k", "9223372036854775807"}, negative, out_of_range));
  CHECK(alike({"BZMPOP", "9223372036854775807", "1", "k", "MIN"}, negative, out_of_range));
  CHECK_FALSE(alike({"BLPOP", "k", "-1"}, negative, out_of_range));
  CHECK_FALSE(alike({"SRANDMEMBER", "k", "2"}, "*1\r\n$1\r\na\r\n", "*0\r\n"));
}

TEST_CASE("differential: replies are those of redis-server") {
  if (!has_redis()) {
    MESSAGE("redis-server is not installed: nothing to compare with");
    return;
  }
  const RedisOracle redis;
  DifferentialOptions options;
  options.redis_socket = redis.socket();
  options.commands = 1500;
  for (options.seed = 1; options.seed <= 6; ++options.seed) {
    for (const int cores : {1, 3}) {
      options.cores = cores;
      options.resp = options.seed % 2 == 0 ? 2 : 3;
      CHECK_EQ(run_differential(options), "");
    }
  }
}

TEST_CASE("differential: so are those of the program over sockets, with two threads") {
  if (!has_redis()) {
    MESSAGE("redis-server is not installed: nothing to compare with");
    return;
  }
  const RedisOracle redis;
  const RedisOracle rondo(RONDO_SERVER_PATH, {"--threads", "2"});
  DifferentialOptions options;
  options.redis_socket = redis.socket();
  options.rondo_socket = rondo.socket();
  options.cores = 2;
  options.commands = 1500;
  for (options.seed = 11; options.seed <= 14; ++options.seed) {
    options.resp = options.seed % 2 == 0 ? 2 : 3;
    CHECK_EQ(run_differential(options), "");
  }
}

}  // namespace
}  // namespace rondo
