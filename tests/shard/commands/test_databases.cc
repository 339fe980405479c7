#include "shard/commands/databases.h"

#include "tests/shard/commands/fixture.h"
#include "tests/testing.h"

namespace rondo {
namespace {

void fill(CommandFixture& fixture, int db, int keys) {
  fixture.select(db);
  for (int i = 0; i < keys; i++) {
    fixture.run("SET k" + std::to_string(i) + " db" + std::to_string(db));
  }
}

std::string size_of(CommandFixture& fixture, int db) {
  fixture.select(db);
  return fixture.run("DBSIZE");
}

TEST_CASE("flushes empty all shards") {
  CommandFixture fixture(3);
  fill(fixture, 0, 50);
  fill(fixture, 7, 30);
  CHECK_EQ(size_of(fixture, 0), ":50");
  CHECK_EQ(fixture.run("FLUSHDB ASYNC"), "+OK");
  CHECK_EQ(size_of(fixture, 0), ":0");
  CHECK_EQ(size_of(fixture, 7), ":30");
  fill(fixture, 0, 10);
  CHECK_EQ(fixture.run("FLUSHALL NOW"), "-ERR syntax error");
  CHECK_EQ(fixture.run("FLUSHALL SYNC"), "+OK");
  CHECK_EQ(size_of(fixture, 0), ":0");
  CHECK_EQ(size_of(fixture, 7), ":0");
  fixture.verify();
}

TEST_CASE("a flush gives the memory back in slices") {
  CommandFixture fixture;
  const size_t before = fixture.shard(0).memory_bytes();
  fixture.run_args({"SET", "big", std::string(1'000'000, 'x')});
  fill(fixture, 0, 10'000);
  fixture.run("FLUSHALL");
  int slices = 0;
  while (fixture.shard(0).free_slice())
    REQUIRE_LT(++slices, 100'000);
  CHECK_LT(fixture.shard(0).memory_bytes(), before + 10'000);
  fixture.verify();
}

TEST_CASE("SWAPDB exchanges databases on all shards") {
  CommandFixture fixture(3);
  fill(fixture, 0, 20);
  fill(fixture, 1, 5);
  CHECK_EQ(fixture.run("SWAPDB 0 1"), "+OK");
  CHECK_EQ(size_of(fixture, 0), ":5");
  CHECK_EQ(fixture.run("GET k3"), "$3 db1");
  CHECK_EQ(size_of(fixture, 1), ":20");
  CHECK_EQ(fixture.run("GET k3"), "$3 db0");
  CHECK_EQ(fixture.run("SWAPDB 1 1"), "+OK");
  CHECK_EQ(fixture.run("SWAPDB 1 16"), "-ERR DB index is out of range");
  CHECK_EQ(fixture.run("SWAPDB 4294967296 1"), "-ERR invalid first DB index");
  CHECK_EQ(fixture.run("SWAPDB 0 x"), "-ERR invalid second DB index");
  fixture.verify();
}

}  // namespace
}  // namespace rondo
