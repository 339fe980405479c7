// Fields that expire: shard/commands/hash_expiry.cc, shard/commands/hash_expiry_change.cc, and the
// other hash commands on such fields.
#include "shard/commands/hash_expiry.h"

#include <string>
#include <vector>

#include "tests/shard/commands/effect_words.h"
#include "tests/shard/commands/fixture.h"
#include "tests/shard/commands/parsed_reply.h"
#include "tests/testing.h"

namespace rondo {
namespace {

constexpr PackedLimits kPacked = {512, 64};
constexpr PackedLimits kObject = {0, 64};

void set_limits(CommandFixture& fixture, PackedLimits limits) {
  for (int i = 0; i < fixture.shards(); i++)
    fixture.shard(i).limits().hash = limits;
}

// What the clock and the background do: all slices that are due, for 20 seconds.
void pass_time(CommandFixture& fixture) {
  for (int i = 0; i < 100; i++) {
    fixture.advance_ms(200);
    for (int shard = 0; shard < fixture.shards(); shard++) {
      while (fixture.shard(shard).expire_slice()) {
      }
    }
  }
}

std::string encoding(CommandFixture& fixture, const std::string& key) {
  return parse(fixture.run_args({"OBJECT", "ENCODING", key})).text;
}

TEST_CASE("HEXPIRE and its forms, and what they answer for each field") {
  for (const PackedLimits limits : {kPacked, kObject}) {
    CommandFixture fixture;
    set_limits(fixture, limits);
    fixture.run("HSET h a 1 b 2 c 3");
    CHECK_EQ(fixture.run("HEXPIRE h 100 FIELDS 2 a nothing"), "*2 :1 :-2");
    CHECK_EQ(fixture.run("HTTL h FIELDS 3 a b nothing"), "*3 :100 :-1 :-2");
    CHECK_EQ(fixture.run("HPTTL h FIELDS 1 a"), "*1 :100000");
    CHECK_EQ(fixture.run("HPEXPIRE h 1500 FIELDS 1 a"), "*1 :1");
    CHECK_EQ(fixture.run("HTTL h FIELDS 1 a"), "*1 :2");
    CHECK_EQ(fixture.run("HPEXPIREAT h 1900000009999 FIELDS 1 a"), "*1 :1");
    CHECK_EQ(fixture.run("HPEXPIRETIME h FIELDS 2 a b"), "*2 :1900000009999 :-1");
    CHECK_EQ(fixture.run("HEXPIRETIME h FIELDS 1 a"), "*1 :1900000010");
    CHECK_EQ(fixture.run("HEXPIREAT h 1900000020 FIELDS 1 a"), "*1 :1");
    CHECK_EQ(fixture.run("HPEXPIRETIME h FIELDS 1 a"), "*1 :1900000020000");
    CHECK_EQ(fixture.run("HPERSIST h FIELDS 3 a b nothing"), "*3 :1 :-1 :-2");
    CHECK_EQ(fixture.run("HTTL h FIELDS 1 a"), "*1 :-1");
    CHECK_EQ(fixture.run("HEXPIRE h 0 FIELDS 2 a nothing"), "*2 :2 :-2");
    CHECK_EQ(fixture.run("HGETALL h").substr(0, 2), "*4");
    CHECK_EQ(fixture.run("HEXPIREAT h 1 FIELDS 2 b c"), "*2 :2 :2");
    CHECK_EQ(fixture.run("EXISTS h"), ":0");
    for (const char* command : {"HEXPIRE missing 10 FIELDS 2 a b", "HTTL missing FIELDS 2 a b",
                                "HPERSIST missing FIELDS 2 a b"}) {
      CHECK_EQ(fixture.run(command), "*2 :-2 :-2");
    }
    fixture.verify();
  }
}

TEST_CASE("NX, XX, GT and LT compare with the field's expiry") {
  for (const PackedLimits limits : {kPacked, kObject}) {
    CommandFixture fixture;
    set_limits(fixture, limits);
    fixture.run("HSET h a 1 b 2");
    CHECK_EQ(fixture.run("HEXPIRE h 10 XX FIELDS 1 a"), "*1 :0");
    CHECK_EQ(fixture.run("HEXPIRE h 10 GT FIELDS 1 a"), "*1 :0");
    CHECK_EQ(fixture.run("HEXPIRE h 10 LT FIELDS 1 a"), "*1 :1");
    CHECK_EQ(fixture.run("HEXPIRE h 10 nx FIELDS 2 a b"), "*2 :0 :1");
    CHECK_EQ(fixture.run("HEXPIRE h 20 GT FIELDS 1 a"), "*1 :1");
    CHECK_EQ(fixture.run("HEXPIRE h 20 GT FIELDS 1 a"), "*1 :0");
    CHECK_EQ(fixture.run("HEXPIRE h 15 LT FIELDS 1 a"), "*1 :1");
    CHECK_EQ(fixture.run("HEXPIRE h 15 LT FIELDS 1 a"), "*1 :0");
    CHECK_EQ(fixture.run("HEXPIRE h 30 XX FIELDS 2 a b"), "*2 :1 :1");
    CHECK_EQ(fixture.run("HEXPIRE h 0 NX FIELDS 1 a"), "*1 :0");
    CHECK_EQ(fixture.run("HTTL h FIELDS 2 a b"), "*2 :30 :30");
    fixture.verify();
  }
}

TEST_CASE("writes of other commands take away the expiry, but not HINCRBY") {
  for (const PackedLimits limits : {kPacked, kObject}) {
    CommandFixture fixture;
    set_limits(fixture, limits);
    fixture.run("HSETEX h EX 10 FIELDS 3 a 1 b 2 c 3");
    CHECK_EQ(fixture.run("HSET h a 5"), ":0");
    CHECK_EQ(fixture.run("HINCRBY h b 5"), ":7");
    CHECK_EQ(fixture.run("HINCRBYFLOAT h c 0.5"), "$3 3.5");
    CHECK_EQ(fixture.run("HTTL h FIELDS 3 a b c"), "*3 :-1 :10 :10");
    fixture.advance_ms(10'000);
    // A field that has expired is a new one.
    CHECK_EQ(fixture.run("HINCRBY h b 5"), ":5");
    CHECK_EQ(fixture.run("HSETNX h c new"), ":1");
    CHECK_EQ(fixture.run("HTTL h FIELDS 3 a b c"), "*3 :-1 :-1 :-1");
    fixture.run("HPEXPIRE h 10 FIELDS 1 a");
    fixture.advance_ms(10);
    CHECK_EQ(fixture.run("HSET h a 5 d 6"), ":2");
    CHECK_EQ(fixture.run("HLEN h"), ":4");
    fixture.verify();
  }
}

TEST_CASE("HDEL counts no fields whose time has come") {
  for (const PackedLimits limits : {kPacked, kObject}) {
    CommandFixture fixture;
    set_limits(fixture, limits);
    fixture.run("HSET h a 1 b 2 c 3 d 4");
    fixture.run("HPEXPIRE h 10 FIELDS 2 a b");
    fixture.advance_ms(10);
    CHECK_EQ(fixture.run("HDEL h a"), ":0");
    CHECK_EQ(fixture.run("HDEL h b c nothing"), ":1");
    CHECK_EQ(fixture.run("HGETALL h"), "*2 $1 d $1 4");
    CHECK_EQ(fixture.run("HDEL h d a"), ":1");
  }
}

TEST_CASE("reads do not see fields whose time has come") {
  for (const PackedLimits limits : {kPacked, kObject}) {
    CommandFixture fixture;
    set_limits(fixture, limits);
    fixture.run("HSET h a 1 b 2 c 3");
    fixture.run("HPEXPIRE h 10 FIELDS 2 a b");
    // So that who looks for them leaves them there.
    fixture.shard(0).keep_expired_until(fixture.now_ms() + 21);
    fixture.advance_ms(9);
    CHECK_EQ(fixture.run("HGET h a"), "$1 1");
    fixture.advance_ms(1);
    CHECK_EQ(fixture.run("HGET h a"), "$-1");
    CHECK_EQ(fixture.run("HMGET h a c"), "*2 $-1 $1 3");
    CHECK_EQ(fixture.run("HEXISTS h b"), ":0");
    CHECK_EQ(fixture.run("HSTRLEN h b"), ":0");
    CHECK_EQ(fixture.run("HGETALL h"), "*2 $1 c $1 3");
    CHECK_EQ(fixture.run("HKEYS h"), "*1 $1 c");
    CHECK_EQ(fixture.run("HVALS h"), "*1 $1 3");
    CHECK_EQ(fixture.run("HSCAN h 0"), "*2 $1 0 *2 $1 c $1 3");
    CHECK_EQ(fixture.run("HRANDFIELD h"), "$1 c");
    CHECK_EQ(fixture.run("HRANDFIELD h 5"), "*1 $1 c");
    CHECK_EQ(fixture.run("HRANDFIELD h -2"), "*2 $1 c $1 c");
    CHECK_EQ(fixture.run("HTTL h FIELDS 2 a c"), "*2 :-2 :-1");
    CHECK_EQ(fixture.run("HEXPIRE h 10 FIELDS 1 a"), "*1 :-2");
    CHECK_EQ(fixture.run("HPERSIST h FIELDS 1 a"), "*1 :-2");
    CHECK_EQ(fixture.run("HGETEX h FIELDS 1 a"), "*1 $-1");
    CHECK_EQ(fixture.run("HSETEX h FXX FIELDS 1 a 1"), ":0");
    // They are counted until they are removed.
    CHECK_EQ(fixture.run("HLEN h"), ":3");
    fixture.run("HPEXPIRE h 10 FIELDS 1 c");
    fixture.advance_ms(10);
    CHECK_EQ(fixture.run("HGETALL h"), "*0");
    CHECK_EQ(fixture.run("HRANDFIELD h"), "$-1");
    CHECK_EQ(fixture.run("HRANDFIELD h -2"), "*0");
    CHECK_EQ(fixture.run("EXISTS h"), ":1");
    fixture.verify();
    pass_time(fixture);
    CHECK_EQ(fixture.run("EXISTS h"), ":0");
    fixture.verify();
  }
}

TEST_CASE("a packed hash with fields that expire is listpackex, and a large one a table") {
  CommandFixture fixture;
  set_limits(fixture, {3, 64});
  fixture.run("HSET h a 1 b 2");
  CHECK_EQ(encoding(fixture, "h"), "listpack");
  fixture.run("HEXPIRE h 100 FIELDS 1 a");
  CHECK_EQ(encoding(fixture, "h"), "listpackex");
  fixture.run("HSET h c 3");
  CHECK_EQ(encoding(fixture, "h"), "listpackex");
  fixture.run("HSET h d 4");
  CHECK_EQ(encoding(fixture, "h"), "hashtable");
  CHECK_EQ(fixture.run("HTTL h FIELDS 4 a b c d"), "*4 :100 :-1 :-1 :-1");
  fixture.verify();
  pass_time(fixture);
  CHECK_EQ(fixture.run("HLEN h"), ":4");
  for (int i = 0; i < 5; i++)
    pass_time(fixture);
  CHECK_EQ(fixture.run("HLEN h"), ":3");
  fixture.verify();
}

TEST_CASE("expiries move with their hash") {
  for (const PackedLimits limits : {kPacked, kObject}) {
    CommandFixture fixture(3);
    set_limits(fixture, limits);
    fixture.run("HSET h a 1 b 2");
    fixture.run("HEXPIRE h 10 FIELDS 1 a");
    CHECK_EQ(fixture.run("COPY h copied"), ":1");
    CHECK_EQ(fixture.run("RENAME h renamed"), "+OK");
    CHECK_EQ(fixture.run("COPY copied other DB 1"), ":1");
    CHECK_EQ(fixture.run("MOVE other 2"), ":0");
    for (const char* key : {"copied", "renamed"})
      CHECK_EQ(fixture.run("HTTL " + std::string(key) + " FIELDS 2 a b"), "*2 :10 :-1");
    fixture.verify();
    fixture.run("SET renamed string");
    fixture.run("DEL copied");
    fixture.run("HSET copied a 1");
    fixture.verify();
    pass_time(fixture);
    CHECK_EQ(fixture.run("GET renamed"), "$6 string");
    CHECK_EQ(fixture.run("HGETALL copied"), "*2 $1 a $1 1");
    fixture.select(1);
    CHECK_EQ(fixture.run("HLEN other"), ":1");
    fixture.run("HEXPIRE other 100 FIELDS 1 b");
    fixture.run("FLUSHALL");
    fixture.verify();
    pass_time(fixture);
  }
}

TEST_CASE("the background tells what it removed, and changes nothing else") {
  CommandFixture fixture;
  fixture.run("HSET h a 1 b 2");
  fixture.run("HSET g a 1");
  fixture.run("HEXPIRE h 10 FIELDS 1 a");
  fixture.run("HEXPIRE g 20 FIELDS 1 a");
  EffectWords removals(fixture.shard(0));
  const uint64_t mutations = fixture.shard(0).stats().mutations;
  fixture.advance_ms(10'000);
  while (fixture.shard(0).expire_slice()) {
  }
  CHECK_EQ(removals.text, "hexpired HDEL h a ");
  removals.text.clear();
  fixture.advance_ms(10'000);
  while (fixture.shard(0).expire_slice()) {
  }
  CHECK_EQ(removals.text, "hexpired del ");
  CHECK_EQ(fixture.shard(0).stats().mutations, mutations);
  CHECK_EQ(fixture.shard(0).stats().expired_fields, 2);
}

TEST_CASE("events and repeatable changes of the commands on expiries") {
  CommandFixture fixture;
  fixture.run("HSET h a 1 b 2 c 3 d 4");
  EffectWords changes(fixture.shard(0));
  const std::vector<std::pair<std::string, std::string>> commands = {
      {"HEXPIRE h 10 FIELDS 3 a b nothing", "hexpire HPEXPIREAT h 1900000010000 FIELDS 2 a b "},
      {"HEXPIRE h 10 NX FIELDS 1 a", ""},
      {"HPERSIST h FIELDS 2 a c", "hpersist HPERSIST h FIELDS 1 a "},
      {"HINCRBY h b 5", "hincrby HSETEX h KEEPTTL FIELDS 1 b 7 "},
      {"HINCRBY h c 5", "hincrby HSET h c 8 "},
      {"HGETEX h FIELDS 1 a", ""},
      {"HGETEX h PX 5 FIELDS 1 a", "hexpire HPEXPIREAT h 1900000000005 FIELDS 1 a "},
      {"HGETEX h PERSIST FIELDS 1 a", "hpersist HPERSIST h FIELDS 1 a "},
      {"HSETEX h PX 7 FIELDS 1 e 5", "hset hexpire HSETEX h PXAT 1900000000007 FIELDS 1 e 5 "},
      {"HSETEX h KEEPTTL FIELDS 1 e 6", "hset HSETEX h KEEPTTL FIELDS 1 e 6 "},
      {"HSETEX h FNX FIELDS 1 e 6", ""},
      {"HSETEX h EXAT 1 FIELDS 2 e 6 f 7", "hset HSETEX h FIELDS 2 e 6 f 7 hdel HDEL h e f "},
      {"HSETEX new PX 0 FIELDS 1 a 1", "hset HSETEX new FIELDS 1 a 1 hdel del "},
      {"HGETDEL h FIELDS 2 a nothing", "hdel HDEL h a "},
      {"HEXPIREAT h 1 FIELDS 1 b", "hdel HDEL h b "},
      {"HEXPIRE h 0 FIELDS 2 c d", "hdel del "},
  };
  for (const auto& row : commands) {
    const auto& command = row.first;
    const auto& expected = row.second;
    CAPTURE(command);
    fixture.run(command);
    CHECK_EQ(changes.text, expected);
    changes.text.clear();
  }
}

}  // namespace
}  // namespace rondo
