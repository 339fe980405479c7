#include "shard/commands/hash_expired.h"

#include <string>
#include <vector>

#include "tests/shard/commands/effect_words.h"
#include "tests/shard/commands/fixture.h"
#include "tests/testing.h"

namespace rondo {
namespace {

struct Case {
  std::string command;
  std::string reply;
  std::string heard;        // When "a" and "b" have expired, and "c" has not.
  std::string heard_alone;  // When they are all that there was.
};

// For packed hashes and large ones.
void check_case(const Case& row, bool packed) {
  CAPTURE(row.command);
  CAPTURE(packed);
  for (const bool alone : {false, true}) {
    CommandFixture fixture;
    if (!packed) fixture.shard(0).limits().hash.entries_max = 0;
    fixture.run("HSET h a 1 b 2");
    fixture.run("HPEXPIRE h 10 FIELDS 2 a b");
    if (!alone) fixture.run("HSET h c 3");
    EffectWords words(fixture.shard(0));
    fixture.advance_ms(10);
    const std::string reply = fixture.run(row.command);
    if (!alone) CHECK_EQ(reply, row.reply);
    CHECK_EQ(words.take(), alone ? row.heard_alone : row.heard);
    fixture.verify();
  }
}

TEST_CASE("who looks for fields that have expired removes them") {
  const std::vector<Case> cases = {
      {"HGET h a", "$-1", "hexpired HDEL h a ", "hexpired HDEL h a "},
      {"HGET h c", "$1 3", "", ""},
      {"HGET h nothing", "$-1", "", ""},
      {"HMGET h a c b", "*3 $-1 $1 3 $-1", "hexpired HDEL h a b ", "hexpired del "},
      {"HEXISTS h b", ":0", "hexpired HDEL h b ", "hexpired HDEL h b "},
      {"HSTRLEN h b", ":0", "hexpired HDEL h b ", "hexpired HDEL h b "},
      {"HRANDFIELD h", "$1 c", "hexpired HDEL h a b ", "hexpired del "},
      {"HRANDFIELD h -2", "*2 $1 c $1 c", "hexpired HDEL h a b ", "hexpired del "},
      {"HSETNX h a 5", ":1", "hexpired HDEL h a hset HSETNX h a 5 ",
       "hexpired HDEL h a hset HSETNX h a 5 "},
      {"HINCRBY h a 5", ":5", "hexpired HDEL h a hincrby HSET h a 5 ",
       "hexpired HDEL h a hincrby HSET h a 5 "},
      {"HINCRBYFLOAT h a 5", "$1 5", "hexpired HDEL h a hincrbyfloat HSET h a 5 ",
       "hexpired HDEL h a hincrbyfloat HSET h a 5 "},
      {"HDEL h a b nothing", ":0", "hexpired HDEL h a b ", "hexpired del "},
      {"HDEL h a c", ":1", "hexpired HDEL h a hdel HDEL h a c ", "hexpired HDEL h a "},
      {"HGETDEL h FIELDS 3 a b c", "*3 $-1 $-1 $1 3", "hexpired HDEL h a b hdel del ",
       "hexpired del "},
      {"HGETEX h PERSIST FIELDS 1 a", "*1 $-1", "hexpired HDEL h a ", "hexpired HDEL h a "},
      {"HSETEX h FNX FIELDS 2 a 5 b 6", ":1", "hexpired HDEL h a b hset HSETEX h FIELDS 2 a 5 b 6 ",
       "hexpired del hset HSETEX h FIELDS 2 a 5 b 6 "},
      {"HSETEX h FXX FIELDS 2 a 5 b 6", ":0", "hexpired HDEL h a b ", "hexpired del "},
  };
  for (const Case& row : cases) {
    check_case(row, true);
    check_case(row, false);
  }
}

TEST_CASE("who does not look for them does not") {
  for (const char* command : {"HLEN h", "HGETALL h", "HKEYS h", "HVALS h", "HSCAN h 0",
                              "HTTL h FIELDS 1 a", "HPERSIST h FIELDS 1 a", "TYPE h"}) {
    CAPTURE(command);
    CommandFixture fixture;
    fixture.run("HSET h a 1 c 3");
    fixture.run("HPEXPIRE h 10 FIELDS 1 a");
    fixture.advance_ms(10);
    EffectWords words(fixture.shard(0));
    fixture.run(command);
    CHECK_EQ(words.take(), "");
    CHECK_EQ(fixture.run("HLEN h"), ":2");
  }
}

TEST_CASE("what has expired is counted, and is no change by a client") {
  CommandFixture fixture;
  fixture.run("HSET h a 1 b 2");
  fixture.run("HPEXPIRE h 10 FIELDS 2 a b");
  fixture.advance_ms(10);
  const uint64_t mutations = fixture.shard(0).stats().mutations;
  CHECK_EQ(fixture.run("HMGET h a b"), "*2 $-1 $-1");
  CHECK_EQ(fixture.run("EXISTS h"), ":0");
  CHECK_EQ(fixture.shard(0).stats().mutations, mutations);
  CHECK_EQ(fixture.shard(0).stats().expired_fields, 2);
}

TEST_CASE("expired fields stay while expired keys are kept") {
  CommandFixture fixture;
  fixture.run("HSET h a 1 b 2");
  fixture.run("HPEXPIRE h 10 FIELDS 1 a");
  fixture.shard(0).keep_expired_until(fixture.now_ms() + 100);
  fixture.advance_ms(10);
  CHECK_EQ(fixture.run("HGET h a"), "$-1");
  CHECK_EQ(fixture.run("HRANDFIELD h"), "$1 b");
  CHECK_EQ(fixture.run("HLEN h"), ":2");
  CHECK_EQ(fixture.run("HDEL h a"), ":0");
  fixture.advance_ms(90);
  CHECK_EQ(fixture.run("HGET h a"), "$-1");
  CHECK_EQ(fixture.run("HLEN h"), ":1");
  fixture.verify();
}

TEST_CASE("a random field of a large hash leaves expired ones to the sweep") {
  CommandFixture fixture;
  for (int i = 0; i < 600; ++i)
    fixture.run("HSETEX h PX 10 FIELDS 1 f" + std::to_string(i) + " v");
  fixture.run("HSET h c 3");
  fixture.advance_ms(10);
  CHECK_EQ(fixture.run("HRANDFIELD h"), "$1 c");
  CHECK_EQ(fixture.run("HLEN h"), ":601");
  CHECK_EQ(fixture.run("HGET h f7"), "$-1");
  CHECK_EQ(fixture.run("HLEN h"), ":600");
  fixture.verify();
}

}  // namespace
}  // namespace rondo
