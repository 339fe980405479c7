// Multi: what one session queues and watches.
#include "server/multi.h"

#include <string>

#include "tests/testing.h"

namespace rondo {
namespace {

Request request_of(std::string_view& arg) {
  Request request;
  request.args = Args(&arg, 1);
  return request;
}

TEST_CASE("multi: a queue knows its size, its one shard, and whether it writes") {
  Multi multi;
  CHECK_FALSE(multi.active());
  multi.begin(3, Resp::k3);
  CHECK(multi.active());
  CHECK_EQ(multi.db(), 3);
  CHECK(multi.resp() == Resp::k3);
  CHECK(multi.all_on(0));
  CHECK(multi.all_on(7));
  std::string_view arg = "GET";
  multi.queue(request_of(arg), false, 2);
  multi.queue(request_of(arg), false, 2);
  CHECK_EQ(multi.size(), 2);
  CHECK_EQ(multi.footprint(), 6);
  CHECK(multi.all_on(2));
  CHECK_FALSE(multi.all_on(1));
  CHECK_FALSE(multi.writes());
  multi.queue(request_of(arg), true, 1);
  CHECK_FALSE(multi.all_on(2));
  CHECK_FALSE(multi.all_on(1));
  CHECK(multi.writes());
  // Several shards stay several.
  multi.queue(request_of(arg), false, 2);
  CHECK_FALSE(multi.all_on(2));
  multi.reset();
  CHECK_FALSE(multi.active());
  CHECK_FALSE(multi.writes());
  CHECK_EQ(multi.size(), 0);
  CHECK_EQ(multi.footprint(), 0);
  CHECK(multi.all_on(0));
}

TEST_CASE("multi: a broken block is whole again after it ended; watches outlive it") {
  Multi multi;
  multi.watch(1, 100);
  multi.watch(1, 101);
  multi.watch(0, 102);
  multi.begin(0, Resp::k2);
  multi.mark_broken();
  CHECK(multi.broken());
  multi.reset();
  CHECK_FALSE(multi.broken());
  CHECK_EQ(multi.watched_shards(), std::vector<int>{1, 0});
  CHECK_EQ(multi.watched_keys(), std::vector<uint64_t>{100, 101, 102});
  multi.clear_watches();
  CHECK(multi.watched_shards().empty());
  CHECK(multi.watched_keys().empty());
}

}  // namespace
}  // namespace rondo
