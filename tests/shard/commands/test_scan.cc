// One call of SCAN that is handed from shard to shard.
#include "shard/commands/scan.h"

#include <string>
#include <vector>

#include "protocol/resp_reader.h"
#include "tests/shard/shard_fixture.h"
#include "tests/testing.h"

namespace rondo {
namespace {

std::string finish(Scan& scan) {
  OutBuffer out;
  Reply reply(out, Resp::k2);
  scan.write(reply);
  return out.to_string();
}

TEST_CASE("a scan goes on while it has looked at fewer keys than it may") {
  ShardFixture first;
  ShardFixture second;
  first.set("a", "v");
  second.set("b", "v");
  const std::vector<std::string_view> args = {"scan", "0", "count", "2"};
  Scan scan;
  CHECK_FALSE(scan.parse(args, 3));
  CHECK_EQ(scan.shard(), 0);
  scan.visit(first.db());
  REQUIRE_FALSE(scan.done());
  CHECK_EQ(scan.shard(), 1);
  scan.visit(second.db());
  // Two keys: enough, and the third shard is for the next call.
  CHECK(scan.done());
  CHECK_EQ(finish(scan), "*2\r\n$1\r\n2\r\n*2\r\n$1\r\na\r\n$1\r\nb\r\n");
}

TEST_CASE("a scan ends behind the last shard, and inside a large one") {
  ShardFixture empty;
  const std::vector<std::string_view> args = {"scan", "0", "match", "k*"};
  Scan scan;
  CHECK_FALSE(scan.parse(args, 2));
  scan.visit(empty.db());
  scan.visit(empty.db());
  CHECK(scan.done());
  CHECK_EQ(finish(scan), "*2\r\n$1\r\n0\r\n*0\r\n");
  ShardFixture large;
  for (int i = 0; i < 1000; ++i)
    large.set("k" + std::to_string(i), "v");
  Scan part;
  CHECK_FALSE(part.parse(args, 2));
  part.visit(large.db());
  CHECK(part.done());
  CHECK_FALSE(finish(part).starts_with("*2\r\n$1\r\n0\r\n"));
}

TEST_CASE("a scan refuses cursors and options that are none") {
  for (const std::vector<std::string_view>& args : {std::vector<std::string_view>{"scan", "x"},
                                                    {"scan", "0", "count"},
                                                    {"scan", "0", "count", "0"},
                                                    {"scan", "0", "nonsense", "1"},
                                                    {"scan", "3"}}) {
    Scan scan;
    CHECK(scan.parse(args, 3));
  }
}

}  // namespace
}  // namespace rondo
