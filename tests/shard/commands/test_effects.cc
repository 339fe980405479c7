// What passes the shard's door: the events that keyspace notifications announce, as Redis does, and
// effects from which a second shard becomes equal to the first.
#include <map>
#include <string>
#include <vector>

#include "shard/effect.h"
#include "tests/shard/commands/fixture.h"
#include "tests/testing.h"

namespace rondo {
namespace {

// Writes down "db:event:key" for each event.
class EventLog final : public EffectSink {
 public:
  explicit EventLog(CommandFixture& fixture) : fixture_(fixture) {
    for (int i = 0; i < fixture_.shards(); i++)
      fixture_.shard(i).add_sink(this);
  }
  ~EventLog() {
    for (int i = 0; i < fixture_.shards(); i++)
      fixture_.shard(i).remove_sink(this);
  }

  void on_effect(const Effect& effect) override {
    for (const Event* event = &effect.event; event != nullptr; event = event->then) {
      if (!text_.empty()) text_ += ' ';
      text_ += std::to_string(effect.db) + ":" + event->name + ":" + std::string(effect.key);
    }
  }

  // The events since the last call.
  std::string take() { return std::exchange(text_, std::string()); }

 private:
  CommandFixture& fixture_;
  std::string text_;
};

// Each command on its own, after the same beginning.
void check_events(const std::map<std::string, std::string>& events) {
  for (const auto& row : events) {
    const auto& command = row.first;
    const auto& expected = row.second;
    CAPTURE(command);
    CommandFixture fixture;
    fixture.run("SET a 1x");
    fixture.run("SET e v EX 100");
    fixture.run("HSET h f x n 1");
    fixture.run("SADD s 1 2");
    fixture.run("SADD t 2");
    fixture.run("RPUSH l a b c");
    fixture.run("RPUSH one 1");
    fixture.run("ZADD z 0 m");
    EventLog log(fixture);
    fixture.run(command);
    CHECK_EQ(log.take(), expected);
  }
}

TEST_CASE("events of each command") {
  const std::map<std::string, std::string> events = {
      {"SET a v", "0:set:a"},
      {"SET a v EX 10", "0:set:a 0:expire:a"},
      {"SET a v PXAT 99999999999999 GET", "0:set:a 0:expire:a"},
      {"SET a v KEEPTTL", "0:set:a"},
      {"SET a v NX", ""},
      {"SET new v XX", ""},
      {"SETEX a 10 v", "0:set:a 0:expire:a"},
      {"PSETEX a 10 v", "0:set:a 0:expire:a"},
      {"SETNX a v", ""},
      {"SETNX new v", "0:set:new"},
      {"GETSET a v", "0:set:a"},
      {"GETDEL a", "0:del:a"},
      {"GETDEL new", ""},
      {"GETEX a", ""},
      {"GETEX a EX 10", "0:expire:a"},
      {"GETEX a PERSIST", ""},
      {"GETEX e PERSIST", "0:persist:e"},
      {"GETEX a EXAT 1", "0:del:a"},
      {"APPEND a v", "0:append:a"},
      {"SETRANGE a 1 v", "0:setrange:a"},
      {"MSET x 1 y 2", "0:set:x 0:set:y"},
      {"MSETNX x 1 y 2", "0:set:x 0:set:y"},
      {"MSETNX x 1 a 2", ""},
      {"INCR n", "0:incrby:n"},
      {"DECRBY n 3", "0:incrby:n"},
      {"INCRBYFLOAT n 1.5", "0:incrbyfloat:n"},
      {"INCR a", ""},
      {"EXPIRE a 10", "0:expire:a"},
      {"EXPIRE a -1", "0:del:a"},
      {"EXPIRE a 10 XX", ""},
      {"EXPIRE new 10", ""},
      {"PERSIST a", ""},
      {"PERSIST e", "0:persist:e"},
      {"DEL a new", "0:del:a"},
      {"UNLINK a", "0:del:a"},
      {"RENAME a b", "0:rename_from:a 0:rename_to:b"},
      {"RENAMENX a b", "0:rename_from:a 0:rename_to:b"},
      {"RENAMENX a e", ""},
      {"RENAME a a", ""},
      {"COPY a b", "0:copy_to:b"},
      {"COPY a a DB 3", "3:copy_to:a"},
      {"MOVE a 3", "0:move_from:a 3:move_to:a"},
      {"GET a", ""},
      {"TOUCH a", ""},
      {"TTL e", ""},
  };
  check_events(events);
}

TEST_CASE("events of hash commands") {
  check_events({
      {"HSET h f v", "0:hset:h"},
      {"HSET new f v g w", "0:hset:new"},
      {"HMSET h f v", "0:hset:h"},
      {"HSETNX h g v", "0:hset:h"},
      {"HSETNX h f v", ""},
      {"HINCRBY h n 1", "0:hincrby:h"},
      {"HINCRBYFLOAT h n 1.5", "0:hincrbyfloat:h"},
      {"HINCRBY h f 1", ""},
      {"HDEL h f", "0:hdel:h"},
      {"HDEL h g", ""},
      {"HDEL h f n", "0:hdel:h 0:del:h"},
      {"HSET a f v", ""},
      {"HGETALL h", ""},
  });
}

TEST_CASE("events of set commands") {
  check_events({
      {"SADD s 3", "0:sadd:s"},
      {"SADD s 1", ""},
      {"SADD new a b", "0:sadd:new"},
      {"SREM s 1", "0:srem:s"},
      {"SREM s 3", ""},
      {"SREM s 1 2", "0:srem:s 0:del:s"},
      {"SPOP s", "0:spop:s"},
      {"SPOP t", "0:spop:t 0:del:t"},
      {"SPOP s 1", "0:spop:s"},
      {"SPOP s 2", "0:spop:s 0:del:s"},
      {"SPOP s 0", ""},
      {"SPOP new", ""},
      {"SMOVE s t 1", "0:srem:s 0:sadd:t"},
      {"SMOVE s t 2", "0:srem:s"},
      {"SMOVE t s 2", "0:srem:t 0:del:t"},
      {"SMOVE t new 2", "0:srem:t 0:del:t 0:sadd:new"},
      {"SMOVE s s 2", ""},
      {"SMOVE s t 3", ""},
      {"SINTERSTORE d s t", "0:sinterstore:d"},
      {"SINTERSTORE d s new", ""},
      {"SINTERSTORE s s new", "0:del:s"},
      {"SUNIONSTORE d s t", "0:sunionstore:d"},
      {"SDIFFSTORE s s t", "0:sdiffstore:s"},
      {"SDIFFSTORE a t s", "0:del:a"},
      {"SADD a f", ""},
      {"SMEMBERS s", ""},
  });
}

TEST_CASE("events of list commands") {
  check_events({
      {"LPUSH l x", "0:lpush:l"},
      {"RPUSH new x y", "0:rpush:new"},
      {"LPUSHX l x", "0:lpush:l"},
      {"RPUSHX l x", "0:rpush:l"},
      {"RPUSHX new x", ""},
      {"LPOP l", "0:lpop:l"},
      {"RPOP l 2", "0:rpop:l"},
      {"RPOP l 3", "0:rpop:l 0:del:l"},
      {"LPOP l 0", ""},
      {"LPOP new", ""},
      {"LSET l 0 x", "0:lset:l"},
      {"LSET l 3 x", ""},
      {"LINSERT l BEFORE a x", "0:linsert:l"},
      {"LINSERT l BEFORE x y", ""},
      {"LREM l 0 a", "0:lrem:l"},
      {"LREM l 0 x", ""},
      {"LREM one 0 1", "0:lrem:one 0:del:one"},
      {"LTRIM l 0 1", "0:ltrim:l"},
      {"LTRIM l 0 -1", "0:ltrim:l"},
      {"LTRIM l 5 5", "0:ltrim:l 0:del:l"},
      {"LTRIM new 0 0", ""},
      {"LMOVE l new LEFT RIGHT", "0:rpush:new 0:lpop:l"},
      {"LMOVE one l RIGHT LEFT", "0:lpush:l 0:rpop:one 0:del:one"},
      {"LMOVE l l RIGHT LEFT", "0:lpush:l 0:rpop:l"},
      {"LMOVE one one LEFT LEFT", "0:lpush:one 0:lpop:one"},
      {"LMOVE l a LEFT LEFT", ""},
      {"RPOPLPUSH l l", "0:lpush:l 0:rpop:l"},
      {"LMPOP 2 new l RIGHT COUNT 2", "0:rpop:l"},
      {"LMPOP 2 one l LEFT COUNT 2", "0:lpop:one 0:del:one"},
      {"LRANGE l 0 -1", ""},
      {"SORT l ALPHA STORE new", "0:sortstore:new"},
      {"SORT new STORE l", "0:del:l"},
      {"SORT new STORE other", ""},
      {"SORT l STORE new", ""},
  });
}

TEST_CASE("events of sorted set commands") {
  check_events({
      {"ZADD z 1 a", "0:zadd:z"},
      {"ZADD new 1 a 2 b", "0:zadd:new"},
      {"ZADD z 0 m", ""},
      {"ZADD z XX 5 m", "0:zadd:z"},
      {"ZADD z XX 5 nothing", ""},
      {"ZADD new XX 5 m", ""},
      {"ZADD z INCR 1 m", "0:zincr:z"},
      {"ZINCRBY z 2 m", "0:zincr:z"},
      {"ZINCRBY z 0 m", ""},
      {"ZREM z m", "0:zrem:z 0:del:z"},
      {"ZREM z nothing", ""},
      {"ZPOPMIN z", "0:zpopmin:z 0:del:z"},
      {"ZPOPMAX z 3", "0:zpopmax:z 0:del:z"},
      {"ZPOPMAX z 0", ""},
      {"ZMPOP 2 new z MIN", "0:zpopmin:z 0:del:z"},
      {"ZREMRANGEBYRANK z 0 0", "0:zremrangebyrank:z 0:del:z"},
      {"ZREMRANGEBYSCORE z 0 1", "0:zremrangebyscore:z 0:del:z"},
      {"ZREMRANGEBYLEX z - +", "0:zremrangebylex:z 0:del:z"},
      {"ZREMRANGEBYSCORE z 1 2", ""},
      {"ZRANGESTORE d z 0 -1", "0:zrangestore:d"},
      {"ZRANGESTORE z z 5 6", "0:del:z"},
      {"ZUNIONSTORE d 2 z s", "0:zunionstore:d"},
      {"ZINTERSTORE d 1 s", "0:zinterstore:d"},
      {"ZDIFFSTORE d 2 z s", "0:zdiffstore:d"},
      {"ZINTERSTORE d 2 z s", ""},
      {"ZDIFFSTORE z 2 z z", "0:del:z"},
      {"ZADD a 1 m", ""},
      {"ZRANGE z 0 -1", ""},
  });
}

// Repeats the changes of collections in another fixture.
class Repeater final : public EffectSink {
 public:
  Repeater(CommandFixture& from, CommandFixture& to) : from_(from), to_(to) {
    from_.shard(0).add_sink(this);
  }
  ~Repeater() { from_.shard(0).remove_sink(this); }

  void on_effect(const Effect& effect) override {
    if (effect.kind == EffectKind::kErase) to_.run_args({"DEL", std::string(effect.key)});
    if (effect.kind != EffectKind::kChange) return;
    REQUIRE_EQ(effect.change[1], effect.key);
    to_.run_args({effect.change.begin(), effect.change.end()});
  }

 private:
  CommandFixture& from_;
  CommandFixture& to_;
};

TEST_CASE("the changes of collections can be repeated") {
  CommandFixture fixture;
  CommandFixture copy;
  const Repeater repeater(fixture, copy);
  for (const char* command : {"HSET h a 1 b 2",
                              "HSETNX h c 3",
                              "HSETNX h c 4",
                              "HINCRBY h a 41",
                              "HINCRBYFLOAT h b 0.5",
                              "HDEL h c nothing",
                              "HMSET g x y",
                              "HDEL g x",
                              "HINCRBYFLOAT f new 1e3",
                              "SADD s 1 2 3 4 5 6 7 8 9",
                              "SREM s 2 x",
                              "SPOP s",
                              "SPOP s 3",
                              "SADD gone 1 2",
                              "SPOP gone 2",
                              "SMOVE s to 1",
                              "SADD s 1 10",
                              "SMOVE s to 10",
                              "SADD words a b c d",
                              "SPOP words 2"}) {
    fixture.run(command);
  }
  for (const char* read : {"HGETALL h", "HGETALL f", "EXISTS g", "SMEMBERS s", "EXISTS gone",
                           "SMEMBERS to", "SMEMBERS words"})
    CHECK_EQ(copy.run(read), fixture.run(read));
  CHECK_EQ(copy.run("HGETALL h"), "*4 $1 a $2 42 $1 b $3 2.5");
}

TEST_CASE("the changes of lists can be repeated") {
  CommandFixture fixture;
  CommandFixture copy;
  const Repeater repeater(fixture, copy);
  for (const char* command :
       {"RPUSH l a b c d e f g h", "LPUSH l 1 2 3", "LPOP l", "RPOP l 2", "LMOVE l m LEFT RIGHT",
        "LMOVE l l LEFT RIGHT", "RPOPLPUSH l l", "RPOPLPUSH l m", "LSET l 0 set",
        "LINSERT l AFTER set behind", "LREM l -1 c", "LTRIM l 0 4", "LMPOP 2 none m LEFT",
        "RPUSH one x", "LMOVE one m LEFT LEFT", "LPUSHX none y", "LPUSHX m z"}) {
    fixture.run(command);
  }
  for (const char* read : {"LRANGE l 0 -1", "LRANGE m 0 -1", "EXISTS one none"})
    CHECK_EQ(copy.run(read), fixture.run(read));
  CHECK_EQ(copy.run("LRANGE m 0 -1"), "*3 $1 z $1 x $1 2");
}

TEST_CASE("the changes of sorted sets can be repeated") {
  CommandFixture fixture;
  CommandFixture copy;
  const Repeater repeater(fixture, copy);
  for (const char* command :
       {"ZADD z 1 a 2 b 3 c 4 d 5 e", "ZADD z INCR 0.1 a", "ZINCRBY z 0.1 a", "ZADD z GT 1 b 9 c",
        "ZADD z XX CH 7 d 8 nothing", "ZREM z e nothing", "ZPOPMAX z", "ZMPOP 1 z MIN COUNT 1",
        "ZADD y 1 a", "ZPOPMIN y 7", "ZADD x 1 a 2 b 3 c 4 d 5 e", "ZREMRANGEBYRANK x 0 0",
        "ZREMRANGEBYSCORE x 5 9"}) {
    fixture.run(command);
  }
  for (const char* read : {"ZRANGE z 0 -1 WITHSCORES", "ZRANGE x 0 -1", "EXISTS y"})
    CHECK_EQ(copy.run(read), fixture.run(read));
  CHECK_EQ(copy.run("ZRANGE z 0 -1 WITHSCORES"), "*4 $1 b $1 2 $1 d $1 7");
}

TEST_CASE("a key whose time has come is announced once") {
  CommandFixture fixture;
  fixture.run("SET k v PX 10");
  fixture.run("SET old v PXAT 1");
  EventLog log(fixture);
  fixture.advance_ms(10);
  fixture.run("GET k");
  fixture.run("GET k");
  fixture.run("SET old w");
  CHECK_EQ(log.take(), "0:expired:k 0:expired:old 0:set:old");
}

TEST_CASE("commands that fail have no effect") {
  CommandFixture fixture;
  fixture.run("SET k v EX 100");
  EventLog log(fixture);
  const uint64_t mutations = fixture.shard(0).stats().mutations;
  for (const char* command :
       {"INCR k", "INCRBYFLOAT k 1", "SETRANGE k -1 x", "SETRANGE k 536870912 x", "SET k w EX 0",
        "GETEX k EX 0", "EXPIRE k x", "RENAME x y", "MOVE k 0", "MOVE k 99", "COPY k k",
        "SWAPDB 0 99", "FLUSHALL x", "FLUSHDB x", "MSET k", "LCS k x FOO"}) {
    CAPTURE(command);
    CHECK_EQ(fixture.run(command)[0], '-');
    CHECK_EQ(log.take(), "");
  }
  CHECK_EQ(fixture.shard(0).stats().mutations, mutations);
}

}  // namespace
}  // namespace rondo
